"""Word of a check to a webhook: JSON with a `text`, as chat tools read it. No message of this file holds the URL.

The address of a webhook is often its only secret, so errors name its host and nothing else.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import stamina

from catalog import InvalidInputError
from pricing.errors import ProviderError

URL_SETTING = "GPUMIX_WEBHOOK_URL"
TOKEN_SETTING = "GPUMIX_WEBHOOK_TOKEN"  # the name of a setting
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


class _TryAgainError(ProviderError):
    """A failure that may pass."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait and how often to try."""

    connect_s: float = 5.0
    read_s: float = 10.0
    attempts: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0


class Webhook:
    """Where alerts go. Raises InvalidInputError on an address that is no http(s) URL."""

    def __init__(self, url: str, token: str = "", limits: Limits | None = None) -> None:
        self._url, self._limits = _checked(url), limits or Limits()
        self._headers = {"User-Agent": "gpumix", **({"Authorization": f"Bearer {token}"} if token else {})}

    def __repr__(self) -> str:
        return f"Webhook({self._url.host!r})"

    @classmethod
    def from_settings(cls, url: str | None, environment: Mapping[str, str] = os.environ) -> "Webhook | None":
        """Return the webhook of an option or the environment, None where neither names one."""
        address = url or environment.get(URL_SETTING, "")
        return cls(address, environment.get(TOKEN_SETTING, "").strip()) if address else None

    def send(self, body: Mapping[str, Any]) -> None:
        """Post a body. Raises ProviderError where it is not taken; what may pass is tried again."""
        limits = self._limits
        loopback = self._url.host in {"127.0.0.1", "localhost", "::1"}
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
        with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=not loopback) as client:
            for attempt in stamina.retry_context(
                on=_TryAgainError,
                attempts=limits.attempts,
                wait_initial=limits.first_wait_s,
                wait_max=limits.longest_wait_s,
                wait_jitter=limits.first_wait_s,
            ):
                with attempt:
                    self._once(lambda: client.post(self._url, json=body, headers=self._headers))

    def _once(self, post: Callable[[], httpx.Response]) -> None:
        at, hint = f"the webhook at {self._url.host}", f"check {URL_SETTING} or --webhook"
        try:
            status = post().status_code
        except httpx.TimeoutException:
            raise _TryAgainError(f"{at} did not answer in time", hint) from None
        except httpx.TransportError as error:
            raise _TryAgainError(f"{at} cannot be reached ({type(error).__name__})", hint) from None
        if status in RETRIED:
            raise _TryAgainError(f"{at} answered {status}", hint)
        if not 200 <= status < 300:
            raise ProviderError(f"{at} answered {status}", hint)


def _checked(url: str) -> httpx.URL:
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        found = httpx.URL()
    if found.scheme not in {"http", "https"} or not found.host:
        raise InvalidInputError("the webhook is no http(s) URL", f"correct {URL_SETTING} or --webhook")
    return found
