"""The user's own rates: a CSV that beats list prices of the same instance type, in the same region, on the same term.

Columns: provider, region, instance_type (or gpu and count), term, usd_per_hour (or native_per_hour and currency),
valid_from, valid_until, note. All but the first two, term and a price may be left out.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from catalog import InvalidInputError, UnknownNameError, load_catalog
from pricing.importers.tables import header, rows
from pricing.offers import Term
from pricing.providers.base import Amount, Fetched, Payload, describe
from pricing.quotes import Quote, describe_quotes
from pricing.rows import Currency

SOURCE = "contract rates"

_Maybe = BeforeValidator(lambda text: None if text == "" else text)
_Price = Annotated[Annotated[Amount, Field(gt=0)] | None, _Maybe]


class Rate(Payload):
    """A row: one rate of one instance."""

    model_config = ConfigDict(extra="forbid")

    provider: Annotated[str, Field(min_length=1)]
    region: Annotated[str, Field(min_length=1)]
    instance_type: str = ""
    gpu: str = ""
    count: Annotated[Annotated[int, Field(ge=1, le=128)] | None, _Maybe] = None
    term: Term
    usd_per_hour: _Price = None
    native_per_hour: _Price = None
    currency: Annotated[Currency, BeforeValidator(lambda text: text or "USD")] = "USD"
    valid_from: Annotated[date | None, _Maybe] = None
    valid_until: Annotated[date | None, _Maybe] = None
    note: str = ""

    @model_validator(mode="after")
    def _says_what_and_how_much(self) -> "Rate":
        if bool(self.instance_type) == bool(self.gpu and self.count):
            raise ValueError("give instance_type, or gpu and count")
        if (self.usd_per_hour is None) == (self.native_per_hour is None):
            raise ValueError("give usd_per_hour, or native_per_hour and currency")
        if self.usd_per_hour is not None and self.currency != "USD":
            raise ValueError("usd_per_hour is in USD: give native_per_hour for another currency")
        return self


def is_contract_file(columns: Sequence[str]) -> bool:
    """Return whether columns are those of contract rates."""
    return {"provider", "region", "term"} <= set(columns)


def read_contracts(name: str, text: str, today: date) -> Fetched:
    """Return the quotes of contract rates, as they hold today. Raises InvalidInputError naming every bad row."""
    problems: list[str] = [] if is_contract_file(header(text)) else ["provider, region and term are needed"]
    quotes: list[Quote] = []
    for line, cells in rows(text):
        try:
            quotes.append(_quote(Rate.model_validate(cells), f"{name}:{line}", today))
        except ValidationError as error:
            problems.append(f"line {line}: {describe(error)}")
        except UnknownNameError as error:
            problems.append(f"line {line}: {error.message}; {error.hint}")
    if problems:
        raise InvalidInputError(f"{name}: {len(problems)} problem(s):\n" + "\n".join(problems), "correct these rows")
    return Fetched(describe_quotes(quotes))


def _quote(rate: Rate, origin: str, today: date) -> Quote:
    """Return the quote of a rate. Raises UnknownNameError for a GPU that is in no catalog."""
    gpu_id = load_catalog().gpu(rate.gpu).gpu_id if rate.gpu else None
    days = [f"valid {word} {day}" for word, day in (("from", rate.valid_from), ("until", rate.valid_until)) if day]
    return Quote(
        origin=origin,
        provider=rate.provider,
        region=rate.region,
        instance_type=rate.instance_type or f"{rate.count}x {gpu_id}",
        gpu_label=gpu_id,
        gpu_count=None if rate.count is None else Decimal(rate.count),
        term=rate.term,
        usd_per_hour=rate.usd_per_hour or (rate.native_per_hour if rate.currency == "USD" else None),
        currency=rate.currency,
        native_per_hour=rate.native_per_hour,
        observed_at=today,
        valid_from=rate.valid_from,
        valid_until=rate.valid_until,
        source=SOURCE,
        note="; ".join(["contract rate", *days, *filter(None, [rate.note])]),
    )
