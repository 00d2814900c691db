"""Read listed prices: every price cell of the raw tables becomes one Quote, not yet judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from catalog import InvalidDataError
from catalog.tables import Problem, Row, read_table
from pricing.offers import Term
from pricing.rows import Commitment, Listing, ZoneSpot

QUOTE_TABLES = ("listings", "zone_spot", "commitments")
ZONE_SPOT_SOURCE = "skypilot-catalog catalogs/v8/aws/vms.csv@00148f2a (spot per availability zone)"
_PRICE_COLUMNS: tuple[tuple[Term, str], ...] = (
    ("on_demand", "price_on_demand_usd_hr"),
    ("spot", "price_spot_usd_hr"),
    ("reserved_1y", "price_1y_reserved"),
    ("reserved_3y", "price_3y_reserved"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One price as its source prints it, for one listed instance-hour.

    Names are the source's own. `gpu_label` is None where the source names only the instance type.
    `usd_per_hour` is None where there is no price, and where the price is in another `currency`: then it is
    `native_per_hour`, and is converted when it is read. `on_demand_usd_per_hour` is the on-demand price of the same
    shape in the same source, where it has one. A committed price has its upfront fee spread over it already;
    `upfront_fee` is that fee, in `currency`. `rentable` is False where the source says that none could be had.
    """

    origin: str
    provider: str
    region: str
    zone: str | None = None
    instance_type: str
    gpu_label: str | None = None
    gpu_count: Decimal | None = None
    gpu_memory_gb: float | None = None
    interconnect: str | None = None
    network: str | None = None
    vcpus: float | None = None
    ram_gib: float | None = None
    term: Term
    usd_per_hour: Decimal | None
    on_demand_usd_per_hour: Decimal | None = None
    currency: str = "USD"
    native_per_hour: Decimal | None = None
    upfront_fee: Decimal | None = None
    rentable: bool = True
    observed_at: date
    observed_until: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    source: str
    note: str = ""


def load_quotes() -> tuple[Quote, ...]:
    """Return every listed price of the shipped raw tables. Raises InvalidDataError naming every bad row."""
    folder = files("pricing") / "data"
    return read_quotes({name: (folder / f"{name}.csv").read_text("utf-8") for name in QUOTE_TABLES})


def read_quotes(texts: Mapping[str, str]) -> tuple[Quote, ...]:
    """Return every listed price of CSV texts, one for each of QUOTE_TABLES. Raises InvalidDataError."""
    problems: list[Problem] = []

    def rows(name: str, row_type: type[Row]) -> list[tuple[str, Row]]:
        read = read_table(f"pricing/data/{name}.csv", texts[name], row_type, lambda row: row)
        problems.extend(read.problems)
        return [(f"{name}.csv:{line}", row) for line, row in read.lines]

    listings = rows("listings", Listing)
    zones = rows("zone_spot", ZoneSpot)
    commitments = rows("commitments", Commitment)
    if problems:
        raise InvalidDataError(problems)
    quotes = [quote for origin, row in listings for quote in listing_quotes(origin, row)]
    quotes += [_zone_quote(origin, row) for origin, row in zones if row.spot is not None]
    quotes += [_commitment_quote(origin, row) for origin, row in commitments]
    return _fill_shapes(quotes, _shapes(quotes))


def describe_quotes(quotes: Iterable[Quote]) -> tuple[Quote, ...]:
    """Return quotes; one that names only its instance type takes its shape from the shipped listings, if it can."""
    return _fill_shapes(quotes, _listed_shapes())


@lru_cache(maxsize=1)
def _listed_shapes() -> Mapping[tuple[str, str], Quote]:
    return _shapes(load_quotes())


def listing_quotes(origin: str, row: Listing) -> list[Quote]:
    """Return the quotes of a listing: one for each price it has, or one without a price where it has none."""
    prices: list[tuple[Term, Decimal | None]] = [(term, getattr(row, column)) for term, column in _PRICE_COLUMNS]
    listed = [(term, price) for term, price in prices if price is not None]
    observed_at, observed_until = _days(row.as_of_date)
    return [
        Quote(
            origin=origin,
            provider=row.provider,
            region=row.region,
            instance_type=row.instance_type,
            gpu_label=row.gpu_model,
            gpu_count=row.gpu_count,
            gpu_memory_gb=row.gpu_memory_gib,
            interconnect=row.intra_node_interconnect,
            network=row.inter_node_network,
            vcpus=row.vcpus,
            ram_gib=row.ram_gib,
            term=term,
            usd_per_hour=price,
            on_demand_usd_per_hour=row.price_on_demand_usd_hr,
            observed_at=observed_at,
            observed_until=observed_until,
            source=row.source,
        )
        for term, price in listed or prices[:1]
    ]


def _zone_quote(origin: str, row: ZoneSpot) -> Quote:
    shape = ("aws", row.region, row.instance_type, row.az_id)
    return _bare_quote(origin, shape, "spot", row.spot, row.on_demand, row.as_of, ZONE_SPOT_SOURCE, "")


def _commitment_quote(origin: str, row: Commitment) -> Quote:
    term: Term = "capacity_block" if row.commitment == "capacity_block" else "reserved_1y"
    if row.term_months == "36":
        term = "reserved_3y"
    payment = row.payment.replace("_", " ")
    note = f"{row.commitment.replace('_', ' ')}, {payment}; {row.note}"
    shape = (row.provider, row.region, row.instance_type_or_gpu, None)
    return _bare_quote(origin, shape, term, row.usd_per_hour_effective, None, row.as_of, row.source, note)


def _bare_quote(
    origin: str,
    shape: tuple[str, str, str, str | None],
    term: Term,
    price: Decimal | None,
    on_demand: Decimal | None,
    days: str,
    source: str,
    note: str,
) -> Quote:
    """Return a quote that names its instance type and nothing of its GPUs."""
    provider, region, instance_type, zone = shape
    observed_at, observed_until = _days(days)
    return Quote(
        origin=origin,
        provider=provider,
        region=region,
        zone=zone,
        instance_type=instance_type,
        term=term,
        usd_per_hour=price,
        on_demand_usd_per_hour=on_demand,
        observed_at=observed_at,
        observed_until=observed_until,
        source=source,
        note=note,
    )


def _shapes(quotes: Iterable[Quote]) -> Mapping[tuple[str, str], Quote]:
    """Return the first quote that describes each (provider, instance type)."""
    shapes: dict[tuple[str, str], Quote] = {}
    for quote in quotes:
        if quote.gpu_label:
            shapes.setdefault((quote.provider, quote.instance_type), quote)
    return shapes


def _fill_shapes(quotes: Iterable[Quote], shapes: Mapping[tuple[str, str], Quote]) -> tuple[Quote, ...]:
    """Return the quotes; a bare one takes the shape of a listing of the same provider and instance type."""
    found = ((quote, shapes.get((quote.provider, quote.instance_type))) for quote in quotes)
    return tuple(quote if quote.gpu_label or shape is None else _with_shape(quote, shape) for quote, shape in found)


def _with_shape(quote: Quote, shape: Quote) -> Quote:
    return replace(
        quote,
        gpu_label=shape.gpu_label,
        gpu_count=shape.gpu_count,
        gpu_memory_gb=shape.gpu_memory_gb,
        interconnect=shape.interconnect,
        network=shape.network,
        vcpus=shape.vcpus,
        ram_gib=shape.ram_gib,
    )


def _days(text: str) -> tuple[date, date | None]:
    first, _, last = text.partition("/")
    return date.fromisoformat(first), date.fromisoformat(last) if last else None
