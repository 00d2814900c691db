"""What a provider is, what it hands over, and how it gathers that item by item."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel, to_pascal

from pricing.errors import ProviderError
from pricing.offers import AccountQuota
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote, describe_quotes

Item = TypeVar("Item")
Part = TypeVar("Part")
Model = TypeVar("Model", bound=BaseModel)
Progress = Callable[[int], None]
Amount = Annotated[Decimal, Field(gt=-(10**12), lt=10**12)]
"""An amount of money as it came: zero and less are kept, for a reason to be given later."""


class Payload(BaseModel):
    """A part of a provider's answer. Numbers may come as strings, null is a field that is not there.

    Fields that are not asked for are ignored.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class CamelPayload(Payload):
    """A payload whose names are written `likeThis`."""

    model_config = ConfigDict(alias_generator=to_camel)


class PascalPayload(Payload):
    """A payload whose names are written `LikeThis`."""

    model_config = ConfigDict(alias_generator=to_pascal)


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """One item that could not be read; the others went on."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a provider has today. `partial`: some region or page could not be read, so a missing price says nothing.

    `quotas` are those of the account; a region without any was not read.
    """

    quotes: tuple[Quote, ...]
    problems: tuple[ItemProblem, ...] = ()
    partial: bool = False
    quotas: tuple[AccountQuota, ...] = ()


class Provider(Protocol):
    """One cloud. `fetch` raises ProviderError where it has nothing to give; its text never holds a key."""

    @property
    def name(self) -> str:
        """Return the provider's id in providers.csv."""

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return today's quotes; `progress` is told how many more items were read."""


@dataclass(slots=True)
class Basket:
    """Gathers quotes and problems. `items` counts what was there to read, `unread` what could not be."""

    provider: str
    progress: Progress = lambda items: None
    quotes: list[Quote] = field(default_factory=list)
    problems: list[ItemProblem] = field(default_factory=list)
    partial: bool = False
    items: int = 0
    unread: int = 0

    def problem(self, where: str, reason: str) -> None:
        """Note an item that could not be read, or makes no sense."""
        self.problems.append(ItemProblem(where, reason))

    def gap(self, where: str, error: ProviderError) -> None:
        """Note a region or page that could not be read."""
        self.partial = True
        self.problem(where, error.message)

    def add(self, part: "Basket") -> None:
        """Take what was gathered for one region, and tell the progress."""
        self.quotes += part.quotes
        self.problems += part.problems
        self.partial |= part.partial
        self.items += part.items
        self.unread += part.unread
        self.progress(part.items)

    def each(self, payloads: Iterable[Any], model: type[Model], where: str) -> Iterable[tuple[str, Model]]:
        """Yield (place, item) for each payload that is a `model`; the others become problems."""
        for number, payload in enumerate(payloads, 1):
            place = f"{where}:{number}"
            self.items += 1
            try:
                item = model.model_validate(payload)
            except ValidationError as error:
                self.unread += 1
                self.problem(place, describe(error))
                continue
            yield place, item

    def check(self) -> None:
        """Raise ProviderError where there were items and none could be read."""
        if self.items and self.items == self.unread:
            reason = self.problems[0].reason
            raise ProviderError(
                f"{self.provider}: none of {self.items} items could be read: {reason}",
                "the provider may have changed its API; its last good prices stay",
            )

    def fetched(self, quotas: tuple[AccountQuota, ...] = ()) -> Fetched:
        """Return what was gathered. Raises ProviderError where there were items and none could be read."""
        self.check()
        return Fetched(describe_quotes(self.quotes), tuple(self.problems), self.partial, quotas)


def in_parallel(
    parts: Sequence[Part], read: Callable[[Part], Item], basket: Basket, workers: int = 8
) -> list[tuple[Part, Item]]:
    """Return (part, what `read` makes of it) for each part that can be read, in order; the others become gaps.

    Raises the first ProviderError where no part can be read.
    """
    with ThreadPoolExecutor(workers) as pool:
        futures = [(part, pool.submit(read, part)) for part in parts]
    done: list[tuple[Part, Item]] = []
    errors: list[tuple[Part, ProviderError]] = []
    for part, future in futures:
        error = future.exception()
        if isinstance(error, ProviderError):
            errors.append((part, error))
        else:
            done.append((part, future.result()))
    if errors and not done:
        raise errors[0][1]
    for part, failed in errors:
        basket.gap(str(part), failed)
    return done


def per_hour(total: Decimal, hours: int) -> Decimal:
    """Return a total spread over hours, to the millionth."""
    return (total / hours).quantize(Decimal("0.000001"))


def describe(error: ValidationError) -> str:
    """Return which fields are wrong and why, without their values."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, detail['loc'])) or 'item'}: {detail['msg']}" for detail in details)
