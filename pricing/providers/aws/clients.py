"""AWS through boto3: clients with time limits, paging, and errors that say what failed and hold no credential.

Credentials and endpoints are boto3's own affair (`AWS_PROFILE`, `AWS_ENDPOINT_URL_PRICING`, ...).
"""

import time
from collections.abc import Callable, Iterator
from threading import Lock
from types import TracebackType
from typing import Any, cast

import boto3.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from pricing.errors import NotConfiguredError, ProviderError
from pricing.providers.base import Basket
from pricing.providers.paging import pages
from pricing.providers.settings import ProviderSettings

MOST_ATTEMPTS = {"service-quotas": 2}  # asked in every region, and prices are whole without it
HOME_REGION = "us-east-1"  # where prices and savings plans of every region are served


class AwsApi:
    """The services of AWS that prices are read from. It may be shared by threads.

    A service that let a call hang and has answered none is not asked again: forty types would hang one after the other.
    """

    def __init__(self, settings: ProviderSettings, clock: Callable[[], float] = time.monotonic) -> None:
        settings.check_online("aws")
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()  # a session makes one client at a time
        self._answered: set[str] = set()
        self._hangs: set[str] = set()
        self._limits = settings.limits
        self._clock = clock
        self._ends = clock() + settings.limits.deadline_s

    def __enter__(self) -> "AwsApi":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()

    def call(self, service: str, region: str, operation: str, **request: Any) -> dict[str, Any]:
        """Return the answer of one operation. Raises ProviderError."""
        where = f"aws: {service} {operation} in {region}"
        if self._clock() >= self._ends:
            raise ProviderError(f"aws: no complete answer within {self._limits.deadline_s:g} s")
        if service in self._hangs - self._answered:
            raise ProviderError(f"{where} is not asked: {service} does not answer")
        try:
            answer = cast(dict[str, Any], getattr(self._client(service, region), operation)(**request))
            self._answered.add(service)
            return answer
        except (NoCredentialsError, PartialCredentialsError):
            hint = "give boto3 credentials that may read prices, or leave aws out"
            raise NotConfiguredError("aws: no credentials", hint) from None
        except ClientError as error:
            self._answered.add(service)
            code = error.response.get("Error", {}).get("Code", "an error")
            raise ProviderError(f"{where} answered {code}") from None
        except (ConnectTimeoutError, ReadTimeoutError):
            self._hangs.add(service)
            raise ProviderError(f"{where} did not answer in time") from None
        except (BotoCoreError, ResponseParserError, ValueError) as error:
            raise ProviderError(f"{where} cannot be read ({type(error).__name__})") from None

    def items(
        self, service: str, region: str, operation: str, key: str, basket: Basket, **request: Any
    ) -> Iterator[Any]:
        """Yield the `key` of each page of an operation, until none follows. Raises ProviderError on the first page."""
        token_name = "nextToken" if service == "savingsplans" else "NextToken"

        def read(token: str | None) -> Any:
            answer = self.call(service, region, operation, **request, **({token_name: token} if token else {}))
            if key not in answer:
                raise ProviderError(f"aws: {service} {operation} in {region} answered without {key}")
            return {key: answer[key], token_name: answer.get(token_name)}

        for page in pages(
            read, lambda page: cast(str | None, page[token_name]), basket, f"aws {operation} in {region}"
        ):
            yield from page[key]

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                limits = self._limits
                attempts = min(limits.attempts, MOST_ATTEMPTS.get(service, limits.attempts))
                config = Config(
                    connect_timeout=limits.connect_timeout_s,
                    read_timeout=limits.read_timeout_s,
                    retries={"total_max_attempts": attempts, "mode": "standard"},
                    max_pool_connections=16,
                )
                client = cast(Any, self._session).client(service, region_name=region, config=config)
                self._clients[service, region] = client
            return self._clients[service, region]
