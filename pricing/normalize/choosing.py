"""Choose among drafts: what the rules of a market and newer or better listings leave standing.

Each rule takes all drafts still standing and yields (draft, reason, detail) for those it strikes out. Their order
matters: mistakes go first, so that they supersede nothing, and the test against the on-demand cap comes last, so that
an older spot price never comes back because the newest is at the cap.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from pricing.normalize.drafts import Draft
from pricing.references import References
from pricing.rejections import Reason

Strike = tuple[Draft, Reason, str]
Rule = Callable[[Iterable[Draft], References], Iterator[Strike]]

SPOT_CAP_FRACTION = Decimal("0.95")
SCALE_TOLERANCE = Decimal("0.25")
LEAST_SHARE = Decimal("0.6")

_LIST_TERMS = frozenset({"on_demand", "reserved_1y", "reserved_3y"})
_LIST_TIERS = frozenset({"hyperscaler", "neocloud"})


def out_of_band(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike prices outside min..max USD per GPU-hour of their GPU (bands.csv): a wrong field or unit."""
    for draft in drafts:
        band = references.bands.get(draft.offer.gpu_id)
        if band and not band.min_usd_per_gpu_hour <= float(draft.usd_per_gpu_hour) <= band.max_usd_per_gpu_hour:
            bounds = f"{band.min_usd_per_gpu_hour:g} to {band.max_usd_per_gpu_hour:g}"
            yield draft, Reason.OUT_OF_BAND, f"{draft.usd_per_gpu_hour:.4f} USD per GPU-hour, {bounds} is plausible"


def out_of_scale(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike |price(n) / (n price(1)) - 1| > 25 % where the source claims that prices go with the GPU count."""
    scaling = [draft for draft in drafts if draft.scales and not draft.multiplied]
    singles: dict[object, list[Decimal]] = defaultdict(list)
    for draft in scaling:
        if draft.quote.gpu_count == 1:
            singles[_price_list(draft)].append(draft.usd_per_gpu_hour)
    for draft in scaling:
        ratios = [draft.usd_per_gpu_hour / single for single in singles[_price_list(draft)]]
        if draft.offer.gpu_count > 1 and ratios and all(abs(ratio - 1) > SCALE_TOLERANCE for ratio in ratios):
            nearest = min(ratios, key=lambda ratio: abs(ratio - 1))
            detail = (
                f"{nearest:.2f} times the price of one GPU, by the same source, for each of {draft.offer.gpu_count}"
            )
            yield draft, Reason.OUT_OF_SCALE, detail


def too_cheap_for_its_gpus(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike price(n) < 0.6 n price(1) of a list price: a row of n GPUs that carries the price of fewer.

    Hosts differ, so a source that lists whole machines may be a little under, never that far. Spot and the hosts of a
    market set their own prices.
    """
    listed = [draft for draft in drafts if draft.offer.term in _LIST_TERMS and draft.offer.tier in _LIST_TIERS]
    singles: dict[object, Decimal] = {}
    for draft in listed:
        if draft.offer.gpu_count == 1 and not draft.contract:
            key = _price_list(draft)
            singles[key] = min(singles.get(key, draft.usd_per_gpu_hour), draft.usd_per_gpu_hour)
    for draft in listed:
        single = singles.get(_price_list(draft))
        if single and not draft.contract and draft.usd_per_gpu_hour < LEAST_SHARE * single:
            detail = f"{draft.usd_per_gpu_hour:.4f} USD for each of {draft.offer.gpu_count}, one alone is {single:f}"
            yield draft, Reason.OUT_OF_SCALE, detail


def listed_by_zone(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike a region's spot price where its zones are listed at least as recently, and zones where it is newer."""
    groups: dict[object, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.offer.term == "spot":
            groups[draft.offer.pool].append(draft)
    for group in groups.values():
        zones = [draft for draft in group if draft.offer.zone]
        regional = [draft for draft in group if not draft.offer.zone]
        if not zones or not regional:
            continue
        newest_zone, newest_region = max(map(_recency, zones)), max(map(_recency, regional))
        if newest_region > newest_zone:
            detail = f"the region's minimum was seen on {newest_region[0]}"
            yield from ((draft, Reason.NEWER, detail) for draft in zones)
        else:
            yield from ((draft, Reason.LISTED_BY_ZONE, "each zone has its own price") for draft in regional)


def multiplied_beside_explicit(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike n x a price per GPU where the whole shape of n GPUs is listed, in that region or for every region."""
    explicit: dict[object, set[str]] = defaultdict(set)
    drafts = tuple(drafts)
    for draft in drafts:
        if not draft.multiplied:
            explicit[_shape_key(draft)].add(draft.offer.region)
    for draft in drafts:
        regions = explicit[_shape_key(draft)]
        if draft.multiplied and ("any" in regions or draft.offer.region in regions):
            yield draft, Reason.EXPLICIT, f"{draft.offer.gpu_count} GPUs are listed at one price"


def superseded(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike all but one of each key: contract rates first, trackers last, then the newest, then the cheapest.

    Contract rates that begin on different days stand beside each other: the store knows which of them holds on a day.
    """
    groups: dict[object, list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[draft.key].append(draft)
    for group in groups.values():
        first, *others = sorted(group, key=_rank)
        begun = {first.offer.valid_from}
        for draft in others:
            if first.contract and draft.contract and draft.offer.valid_from not in begun:
                begun.add(draft.offer.valid_from)
                continue
            yield draft, _why_superseded(first, draft), f"{first.quote.origin} has {first.offer.usd_per_hour:f}"


def spot_cap(drafts: Iterable[Draft], references: References) -> Iterator[Strike]:
    """Strike spot >= 0.95 on demand of the same shape and region: a cap, where nothing is spare."""
    drafts = tuple(drafts)
    on_demand = {draft.offer.pool: draft.offer.usd_per_hour for draft in drafts if draft.offer.term == "on_demand"}
    for draft in drafts:
        offer, quote = draft.offer, draft.quote
        if offer.term != "spot" or quote.usd_per_hour is None:
            continue
        listed = quote.on_demand_usd_per_hour
        cap = listed * offer.usd_per_hour / quote.usd_per_hour if listed else on_demand.get(offer.pool)
        if cap and offer.usd_per_hour >= SPOT_CAP_FRACTION * cap:
            yield draft, Reason.SPOT_CAP, f"{offer.usd_per_hour:f} of {cap.normalize():f} USD per hour on demand"


RULES: tuple[Rule, ...] = (
    out_of_band,
    out_of_scale,
    too_cheap_for_its_gpus,
    listed_by_zone,
    multiplied_beside_explicit,
    superseded,
    spot_cap,
)


def _recency(draft: Draft) -> tuple[date, bool]:
    """Return what orders observations: a known day is newer than a range that began on it or before."""
    return draft.offer.observed_at, draft.offer.observed_until is None


def _rank(draft: Draft) -> tuple[object, ...]:
    """Return the order of preference among drafts of one key; the quote's own words break the last ties."""
    day, known = _recency(draft)
    newest_first = (-day.toordinal(), not known)
    quote = draft.quote
    words = (quote.source, quote.instance_type, quote.vcpus or 0, quote.origin)
    holds = draft.holds_now
    contract_first = (not (draft.contract and holds), not holds, draft.offer.valid_from or date.min)
    price = draft.offer.usd_per_hour
    return (*contract_first, not draft.first_hand, *newest_first, draft.multiplied, price, *words)


def _why_superseded(first: Draft, other: Draft) -> Reason:
    if first.holds_now != other.holds_now:
        return Reason.NOT_VALID
    if first.contract != other.contract:
        return Reason.CONTRACT
    if first.first_hand != other.first_hand:
        return Reason.OWN_LISTING
    if _recency(first) != _recency(other):
        return Reason.NEWER
    return Reason.REPEATED if first.offer.usd_per_hour == other.offer.usd_per_hour else Reason.DEARER


def _price_list(draft: Draft) -> tuple[str, str, str, str, bool]:
    offer = draft.offer
    return offer.provider, offer.region, offer.gpu_id, offer.term, draft.first_hand


def _shape_key(draft: Draft) -> tuple[str, str, int, str]:
    offer = draft.offer
    return offer.provider, offer.gpu_id, offer.gpu_count, offer.term
