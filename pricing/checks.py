"""Hold an answer against the one before it: what changed too much to be believed at once.

Nothing here drops a price. A suspicious answer becomes partial, so that what it lacks stays with its old date; a
suspicious price is quarantined, so that the one before it stays. `accept` believes the answer as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from pricing.offers import Offer, Term
from pricing.rejections import Reason, Rejection
from pricing.store.batches import offer_key

DROP_FRACTION = Decimal("0.5")
COMPARABLE = timedelta(days=90)
JUMP_FACTORS: Mapping[Term, Decimal] = {
    "on_demand": Decimal(3),  # the largest genuine step in the shipped history is AWS's of June 2025: 1.8 times
    "reserved_1y": Decimal(3),
    "reserved_3y": Decimal(3),
    "capacity_block": Decimal(3),
    "spot": Decimal(8),  # AWS spot moved 5 times between two looks
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The offers to believe, those to look at, and what makes the whole answer doubtful (empty: nothing)."""

    offers: tuple[Offer, ...]
    quarantined: tuple[Rejection, ...]
    doubts: tuple[str, ...]


def check_answer(
    offers: Iterable[Offer], rejections: Iterable[Rejection], previous: Iterable[Offer], accept: bool = False
) -> Checked:
    """Return what to make of an answer, given the stored offers of the same provider and regions."""
    offers, previous = tuple(offers), tuple(previous)
    if accept:
        return Checked(offers, (), ())
    before = {offer_key(offer): offer for offer in previous}
    jumps = [row for offer in offers if (row := jumped(offer, before.get(offer_key(offer))))]
    struck = {(row.region, row.zone or "", row.instance_type, row.term) for row in jumps}
    kept = tuple(offer for offer in offers if offer_key(offer) not in struck)
    doubts = (*dropped(offers, previous), *missing_regions(offers, rejections, previous))
    return Checked(kept, tuple(jumps), doubts)


def jumped(offer: Offer, before: Offer | None) -> Rejection | None:
    """Return the record of quarantining an offer whose price is a multiple, or a part, of what it was."""
    if before is None or offer.observed_at - before.observed_at > COMPARABLE:
        return None
    ratio = max(offer.usd_per_hour / before.usd_per_hour, before.usd_per_hour / offer.usd_per_hour)
    if ratio <= JUMP_FACTORS[offer.term]:
        return None
    detail = f"{offer.usd_per_hour:f} USD per hour after {before.usd_per_hour:f} on {before.observed_at}"
    return Rejection.of(offer, Reason.JUMP, detail)


def dropped(offers: tuple[Offer, ...], previous: tuple[Offer, ...]) -> tuple[str, ...]:
    """Return a doubt where less than half of the offers are left."""
    if len(offers) >= len(previous) * DROP_FRACTION:
        return ()
    return (f"{len(offers):,} offers after {len(previous):,}",)


def missing_regions(
    offers: Iterable[Offer], rejections: Iterable[Rejection], previous: Iterable[Offer]
) -> tuple[str, ...]:
    """Return a doubt where regions say nothing at all any more; hosts of a marketplace come and go with theirs."""
    heard = {offer.region for offer in offers} | {row.region for row in rejections}
    expected = {offer.region for offer in previous if offer.tier != "marketplace"}
    missing = sorted(expected - heard)
    if not missing:
        return ()
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return (f"nothing from {', '.join(missing[:5])}{more}",)
