"""Ask one provider over HTTP: with time limits, a size limit, and retries that do as the provider says.

Redirects are not followed: a key must not travel to another host. Keys travel in headers only, and no error, log or
repr of this module holds one: errors name the provider, the path and the status, never a header or a body.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any

import httpx
import stamina

from pricing.errors import ProviderError
from pricing.providers.settings import ProviderSettings

_RETRIED = frozenset({429, 500, 502, 503, 504})
_MIB = 2**20
MOST_HANGS = 2


class _TryAgainError(ProviderError):
    """A failure that may pass; `wait_s` is how long the provider asks to be left alone, if it says."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message, "the provider's last good prices stay; try again later")
        self.wait_s = wait_s


class _HangsError(_TryAgainError):
    """No answer in time: tried once more and no oftener, since every try costs the whole of that time."""


class HttpApi:
    """One provider's HTTP API. `host` is the public scheme and host, which the settings may replace.

    Close it, or use it in a `with`. It may be shared by threads. A provider that let one request hang and has answered
    none is not asked again: forty regions would hang one after the other.
    """

    def __init__(
        self,
        provider: str,
        host: str,
        settings: ProviderSettings,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        settings.check_online(provider)
        self._provider = provider
        self._limits = settings.limits
        self._clock = clock
        self._ends = clock() + settings.limits.deadline_s
        self._host = _host(provider, settings.hosts.get(provider, host))
        self._answered = self._hangs = False
        loopback = self._host.host in ("127.0.0.1", "localhost", "::1")
        self._client = httpx.Client(
            headers={"User-Agent": "gpumix", **(headers or {})}, follow_redirects=False, trust_env=not loopback
        )

    def __repr__(self) -> str:
        return f"HttpApi({self._provider!r})"

    def __enter__(self) -> "HttpApi":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of a path, or of a link of the provider's own: only its path and query are used.

        Raises ProviderError.
        """
        return self._ask("GET", self._url(path), params=params or None, headers=headers)

    def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON answer to a JSON body. Raises ProviderError."""
        return self._ask("POST", self._url(path), json=body, headers=headers)

    def _url(self, link: str) -> httpx.URL:
        """Return a path or link on this API's host, whatever host it names. Raises ProviderError."""
        try:
            return self._host.copy_with(raw_path=httpx.URL(link).raw_path)
        except httpx.InvalidURL:
            raise ProviderError(f"{self._provider}: a link that it gave cannot be read") from None

    def _ask(self, method: str, url: httpx.URL, **given: Any) -> Any:
        limits = self._limits
        if self._hangs and not self._answered:
            raise ProviderError(f"{self._at(url)} is not asked: {self._provider} does not answer")
        for attempt in stamina.retry_context(
            on=_wait_of(limits.longest_wait_s),
            attempts=limits.attempts,
            timeout=self._left(),
            wait_initial=limits.first_wait_s,
            wait_max=limits.longest_wait_s,
            wait_jitter=limits.first_wait_s,
        ):
            with attempt:
                try:
                    return self._decode(url, self._once(method, url, **given))
                except _HangsError as error:
                    if attempt.num < min(MOST_HANGS, limits.attempts):
                        raise
                    self._hangs = True
                    raise ProviderError(error.message, error.hint) from None
        raise AssertionError("a retry ends by returning or raising")

    def _once(self, method: str, url: httpx.URL, **given: Any) -> bytes:
        left, limits = self._left(), self._limits
        timeout = httpx.Timeout(min(limits.read_timeout_s, left), connect=min(limits.connect_timeout_s, left))
        given["headers"] = given.get("headers") or {}
        try:
            with self._client.stream(method, url, timeout=timeout, **given) as response:
                self._answered = True
                self._check_status(url, response)
                return b"".join(self._chunks(url, response))
        except httpx.TimeoutException:
            raise _HangsError(f"{self._at(url)} did not answer in time") from None
        except httpx.TransportError as error:
            raise _TryAgainError(f"{self._at(url)} broke the connection ({type(error).__name__})") from None
        except httpx.HTTPError as error:
            raise ProviderError(f"{self._at(url)} cannot be read ({type(error).__name__})") from None

    def _check_status(self, url: httpx.URL, response: httpx.Response) -> None:
        status = response.status_code
        if status in _RETRIED:
            raise _TryAgainError(f"{self._at(url)} answered {status}", _retry_after(response.headers))
        if status in (401, 403):
            raise ProviderError(f"{self._at(url)} answered {status}: the key is missing or not accepted")
        if status != 200:
            moved = ": redirects are not followed" if response.is_redirect else ""
            raise ProviderError(f"{self._at(url)} answered {status}{moved}")

    def _chunks(self, url: httpx.URL, response: httpx.Response) -> Iterator[bytes]:
        """Yield a body as long as it is in time and not too large."""
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._limits.response_mib * _MIB:
                raise ProviderError(f"{self._at(url)} answered with more than {self._limits.response_mib:g} MiB")
            self._left()
            yield chunk

    def _decode(self, url: httpx.URL, body: bytes) -> Any:
        """Return JSON with its numbers exactly as printed: Decimal, not float."""
        try:
            return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise ProviderError(f"{self._at(url)} answered with broken JSON ({len(body)} bytes)") from None

    def _left(self) -> float:
        """Return how many seconds are left. Raises ProviderError where none are."""
        left = self._ends - self._clock()
        if left <= 0:
            raise ProviderError(f"{self._provider}: no complete answer within {self._limits.deadline_s:g} s")
        return left

    def _at(self, url: httpx.URL) -> str:
        return f"{self._provider}: {url.host}{url.path}"


def _host(provider: str, text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ProviderError(f"{provider}: its URL is no http(s) URL", f"correct GPUMIX_{provider.upper()}_URL")
    return url


def _wait_of(longest_wait_s: float) -> Callable[[Exception], bool | float]:
    """Return what says whether to try again: no, yes, or yes after so many seconds."""

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, _TryAgainError):
            return False
        return True if error.wait_s is None else min(error.wait_s, longest_wait_s)

    return wait


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of a Retry-After; a date in it counts as not given."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
