"""The tables that prices are read from and judged by: one frozen type per CSV file, one field per column."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from catalog.fields import Flag, Id, Maybe, MaybePositive, MaybeText, Names, Positive, Text
from pricing.offers import Tier
from pricing.rejections import Reason

Money = Annotated[Decimal | None, Maybe]
Days = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?$", description="a day, or first/last")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Continent = Literal["africa", "asia", "europe", "middle-east", "north-america", "oceania", "south-america"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A row of listings.csv, as somebody read it: up to four prices of one instance in one region, USD per hour.

    `gpu_memory_gib` is what the source printed, decimal GB or GiB. Blank means not found, never zero.
    """

    provider: Text
    region: Text
    instance_type: Text
    gpu_model: Text
    gpu_count: Annotated[Annotated[Decimal, Field(gt=0)] | None, Maybe]
    gpu_memory_gib: MaybePositive
    intra_node_interconnect: MaybeText
    inter_node_network: MaybeText
    vcpus: MaybePositive
    ram_gib: MaybePositive
    price_on_demand_usd_hr: Money
    price_spot_usd_hr: Money
    price_1y_reserved: Money
    price_3y_reserved: Money
    as_of_date: Days
    source: Text


@dataclass(frozen=True, slots=True)
class ZoneSpot:
    """A row of zone_spot.csv: the AWS spot price of one availability zone, USD per instance-hour."""

    instance_type: Text
    region: Text
    az_id: Text
    on_demand: Money
    spot: Money
    spot_over_od: MaybePositive
    as_of: Days


@dataclass(frozen=True, slots=True)
class Commitment:
    """A row of commitments.csv: one effective hourly rate under a commitment."""

    provider: Text
    region: Text
    instance_type_or_gpu: Text
    commitment: Literal["reserved", "capacity_block", "savings_plan_compute"]
    term_months: Literal["", "12", "36"]
    payment: Literal["no_upfront", "all_upfront", "monthly"]
    usd_per_hour_effective: Money
    discount_vs_on_demand_fraction: Annotated[float | None, Maybe]
    as_of: Days
    source: Text
    note: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Who rents the GPUs out. `tier` says how far its prices and capacity can be relied on."""

    provider: Id
    spellings: Names
    name: Text
    tier: Tier
    price_url: Text
    source: Text
    note: str


@dataclass(frozen=True, slots=True)
class Region:
    """A place of one provider: as listed, and as an offer names it. `tier` overrides the provider's.

    `global`: the source names no region; `any`: the same list price in every region.
    """

    provider: Id
    listed_region: Text
    region: Text
    continent: Annotated[Continent | None, Maybe]
    country: MaybeText
    in_eu: Annotated[Flag | None, Maybe]
    tier: Annotated[Tier | None, Maybe]
    note: str


@dataclass(frozen=True, slots=True)
class PriceSource:
    """Where prices were read: the row whose `match` comes first in a listing's source text describes it.

    `kind` is `tracker` for an aggregator of other people's pages, `contract` for the user's own rates. With `unit` gpu,
    a one-GPU row is a price per GPU. `committed_*` are for its reserved prices, where those were read on another day or
    page. Every offer tells `caveat`.
    """

    match: Text
    kind: Literal["provider", "tracker", "contract"]
    unit: Literal["gpu", "instance"]
    url: Text
    committed_observed_at: Annotated[date | None, Maybe]
    committed_url: MaybeText
    caveat: str
    note: str


@dataclass(frozen=True, slots=True)
class GpuSpelling:
    """A GPU as listings spell it; no `gpu_id` where the catalog has no such GPU."""

    spelling: Text
    gpu_id: MaybeText
    note: str


@dataclass(frozen=True, slots=True)
class InstanceName:
    """A name that only a price source uses, and the catalog's instance it means."""

    provider: Id
    listed_name: Text
    instance_type: Text
    source: Text


@dataclass(frozen=True, slots=True)
class Size:
    """The GPU count of an instance type whose price source does not give it; fractions are shares of one GPU."""

    provider: Id
    instance_type: Text
    gpus: Annotated[Decimal, Field(gt=0)]
    source: Text
    note: str


@dataclass(frozen=True, slots=True)
class LaunchRule:
    """Instance types (a shell pattern) that have a price on a term (`*`: every term) but cannot be rented on it."""

    provider: Id
    instance_type_pattern: Text
    term: Text
    reason: Reason
    source: Text


@dataclass(frozen=True, slots=True)
class Band:
    """The plausible price of one GPU on any term, USD per GPU-hour."""

    gpu_id: Id
    min_usd_per_gpu_hour: Positive
    max_usd_per_gpu_hour: Positive
    source: Text


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """What one unit of a currency was worth on a day, USD."""

    currency: Currency
    usd_per_unit: Annotated[Decimal, Field(gt=0)]
    rate_date: date
    source: Text
