"""The parts that Google sells: each SKU names one in free text, and its names differ from region to region."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from catalog import InvalidDataError
from catalog.fields import MaybeText, Text
from catalog.tables import read_table
from pricing.offers import Term
from pricing.providers.base import Amount, Basket, CamelPayload

HOURS_PER_MONTH = 730  # Google's own: SSD is sold by the GiB-month

_OTHER_PRODUCTS = re.compile(r"Sole Tenancy|Reserved|Premium|Custom|suspended|DWS", re.IGNORECASE)
_NOISE = re.compile(r"^(spot preemptible|commitment v1:) |\b(nvidia|tesla) | attached to .*$| (running )?in .*$", re.I)
_USAGE: dict[str, Term] = {
    "OnDemand": "on_demand",
    "Preemptible": "spot",
    "Commit1Yr": "reserved_1y",
    "Commit3Yr": "reserved_3y",
}


class Money(CamelPayload):
    """An amount: whole units, which come as a string, and billionths."""

    currency_code: str
    units: Amount = Decimal(0)
    nanos: Amount = Decimal(0)


class Rate(CamelPayload):
    """The price from an amount of use on."""

    unit_price: Money


class Expression(CamelPayload):
    """What a unit is, and what it costs."""

    usage_unit: str
    tiered_rates: tuple[Rate, ...]


class Pricing(CamelPayload):
    """The price since some time."""

    pricing_expression: Expression


class Category(CamelPayload):
    """What kind of thing a SKU is, and how it is used."""

    resource_family: str = ""
    resource_group: str = ""
    usage_type: str = ""


class Sku(CamelPayload):
    """One thing sold in some regions."""

    sku_id: str
    description: str
    category: Category
    service_regions: tuple[str, ...] = ()
    pricing_info: tuple[Pricing, ...] = ()


@dataclass(frozen=True, slots=True)
class Spelling:
    """A row of gcp_skus.csv: what is left of a description, and the part it means; none is a part not used here."""

    spelling: Text
    part: MaybeText
    note: str


@lru_cache(maxsize=1)
def load_spellings() -> Mapping[str, str | None]:
    """Return the part that each spelling means. Raises InvalidDataError."""
    text = (files("pricing") / "data" / "gcp_skus.csv").read_text("utf-8")
    table = read_table("pricing/data/gcp_skus.csv", text, Spelling, lambda row: row.spelling)
    if table.problems:
        raise InvalidDataError(table.problems)
    return {spelling: row.part for spelling, row in table.by_key.items()}


class PartPrices:
    """What one part costs by the hour, in each region and on each term."""

    def __init__(self, spellings: Mapping[str, str | None], basket: Basket) -> None:
        self._spellings = spellings
        self._basket = basket
        self._prices: dict[tuple[str, str, Term], tuple[str, Decimal]] = {}
        self._unknown: set[str] = set()

    def add(self, sku: Sku, where: str) -> None:
        """Take a SKU. A GPU that nobody spelled yet is a problem; of two prices of a part the dearer stands."""
        term = _term(sku)
        if term is None or _OTHER_PRODUCTS.search(sku.description):
            return
        spelling = _spelling(sku.description)
        part = self._spellings.get(spelling)
        if part is None:
            self._note_unknown(sku, spelling, where)
            return
        hourly = _hourly(sku)
        if hourly is None:
            self._basket.problem(where, f"{sku.sku_id} ({spelling}): no price by the hour or the month")
            return
        for region in sku.service_regions:
            key = part, region, term
            self._prices[key] = max(self._prices.get(key, hourly), hourly, key=lambda money: money[1])

    def get(self, part: str, region: str, term: Term) -> tuple[str, Decimal] | None:
        """Return (currency, price by the hour) of a part."""
        return self._prices.get((part, region, term))

    def places(self, part: str) -> set[tuple[str, Term]]:
        """Return every (region, term) that a part is sold in."""
        return {(region, term) for known, region, term in self._prices if known == part}

    def _note_unknown(self, sku: Sku, spelling: str, where: str) -> None:
        is_gpu = sku.category.resource_group == "GPU" or "gpu slice" in spelling
        if is_gpu and spelling not in self._spellings and spelling not in self._unknown:
            self._unknown.add(spelling)
            self._basket.problem(where, f"a GPU in no table: {sku.description!r} ({sku.sku_id})")


def _term(sku: Sku) -> Term | None:
    """Return the term; some spot SKUs of B200 say OnDemand, and only their description tells."""
    if sku.description.lower().startswith("spot preemptible"):
        return "spot"
    return _USAGE.get(sku.category.usage_type)


def _spelling(description: str) -> str:
    """Return what names the part: lower case, without vendor, place or way of buying."""
    return " ".join(_NOISE.sub("", description).lower().split())


def _hourly(sku: Sku) -> tuple[str, Decimal] | None:
    """Return (currency, price of one unit by the hour); None where there is none, or it is 0, or it has tiers."""
    if not sku.pricing_info:
        return None
    expression = sku.pricing_info[-1].pricing_expression
    unit = expression.usage_unit.rpartition(".")[2]
    hours = {"h": 1, "mo": HOURS_PER_MONTH}.get(unit)
    if len(expression.tiered_rates) != 1 or hours is None:
        return None
    money = expression.tiered_rates[0].unit_price
    price = (money.units + money.nanos / 10**9) / hours
    return (money.currency_code, price) if price > 0 else None
