"""How providers are reached: from which host, with which key, how long and how often."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from catalog import InvalidInputError
from pricing.errors import NotConfiguredError

_PREFIX = "GPUMIX_"
_HOST = re.compile(rf"^{_PREFIX}(?P<provider>[A-Z]+)_URL$")
_KEY = re.compile(rf"^{_PREFIX}(?P<name>[A-Z]+_(API_KEY|CLIENT_ID|CLIENT_SECRET))$")
_OPTION = re.compile(rf"^{_PREFIX}(?P<name>[A-Z]+_(PROJECTS|CREDENTIALS_FILE))$")
_PRINTABLE = re.compile(r"^[\x21-\x7e]+$")

Seconds = Annotated[float, Field(gt=0)]


class Limits(BaseModel):
    """How long and how often a provider is asked; `deadline_s` is for all that is asked of one provider.

    `first_wait_s` doubles with each retry; a Retry-After is honoured up to `longest_wait_s`.
    """

    model_config = ConfigDict(frozen=True)

    connect_timeout_s: Seconds = 5
    read_timeout_s: Seconds = 20
    deadline_s: Seconds = 300
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    first_wait_s: Annotated[float, Field(ge=0)] = 0.5
    longest_wait_s: Annotated[float, Field(ge=0)] = 30
    response_mib: Annotated[float, Field(gt=0)] = 64


class ProviderSettings(BaseModel):
    """What a fetch needs to know. Keys are held so that no print, log or error shows them.

    `regions` are the only ones to fetch; empty means every one. `options` are what one provider alone needs.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    now: datetime
    regions: tuple[str, ...] = ()
    offline: bool = False
    hosts: Mapping[str, str] = Field(default_factory=dict)
    keys: Mapping[str, SecretStr] = Field(default_factory=dict)
    options: Mapping[str, str] = Field(default_factory=dict)
    limits: Limits = Limits()

    @property
    def today(self) -> date:
        """Return the day that prices are seen on."""
        return self.now.date()

    def key(self, name: str) -> SecretStr:
        """Return a key by name (`gcp_api_key`). Raises NotConfiguredError saying which setting lacks."""
        found = self.keys.get(name)
        if found is None:
            provider = name.partition("_")[0]
            raise NotConfiguredError(f"{provider}: no key", f"set {_PREFIX}{name.upper()}, or leave {provider} out")
        return found

    def redact(self, text: str) -> str:
        """Return a text of a provider's own, cut short and without any key that it may repeat."""
        for key in self.keys.values():
            text = text.replace(key.get_secret_value(), "***")
        return text[:200]

    def check_online(self, provider: str) -> None:
        """Raise NotConfiguredError where the network must not be touched."""
        if self.offline:
            raise NotConfiguredError(f"{provider}: {_PREFIX}OFFLINE is set", f"unset {_PREFIX}OFFLINE to fetch prices")

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], now: datetime, regions: tuple[str, ...] = ()
    ) -> "ProviderSettings":
        """Return the settings of an environment. Raises InvalidInputError naming what cannot be read."""
        hosts = {m["provider"].lower(): text for name, text in environment.items() if text and (m := _HOST.match(name))}
        keys = {m["name"].lower(): text.strip() for name, text in environment.items() if (m := _KEY.match(name))}
        for name, key in keys.items():
            if key and not _PRINTABLE.match(key):
                raise InvalidInputError(f"{_PREFIX}{name.upper()} holds characters that no key has")
        options = {m["name"].lower(): text for name, text in environment.items() if text and (m := _OPTION.match(name))}
        limits = {
            name: environment[setting]
            for name in Limits.model_fields
            if (setting := f"{_PREFIX}FETCH_{name.upper()}") in environment
        }
        try:
            return cls(
                now=now,
                regions=regions,
                offline=environment.get(f"{_PREFIX}OFFLINE", "").lower() in ("1", "true", "yes", "on"),
                hosts=hosts,
                options=options,
                keys={name: SecretStr(key) for name, key in keys.items() if key},
                limits=Limits.model_validate(limits),
            )
        except ValidationError as error:
            names = ", ".join(f"{_PREFIX}FETCH_{str(detail['loc'][-1]).upper()}" for detail in error.errors())
            raise InvalidInputError(f"these settings cannot be read: {names}") from None
