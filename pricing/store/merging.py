"""Stored rows over shipped ones, and of several feeds the one to believe."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from catalog import Catalog
from pricing.files import by_frequency, write_offers
from pricing.offers import AccountQuota, Offer, Snapshot
from pricing.rejections import Reason, Rejection
from pricing.shipped import load_rejections, load_snapshot
from pricing.store.batches import LIVE, is_contract

SHIPPED = "shipped"
_Key = tuple[str, str, str, str, str]
Hardware = tuple[str, str | None, str | None]
"""(GPU, link inside the instance, link between instances), ids of the catalog."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Prices that hold where nothing is stored, and what they leave out."""

    snapshot_id: str
    offers: tuple[Offer, ...]
    rejections: tuple[Rejection, ...] = ()


def shipped_baseline() -> Baseline:
    """Return the prices that ship with gpumix."""
    shipped = load_snapshot()
    return Baseline(shipped.snapshot_id, shipped.offers, load_rejections())


def baseline_at(baseline: Baseline, as_of: datetime | None) -> Baseline:
    """Return a baseline without what was seen after a moment."""
    day = None if as_of is None else as_of.astimezone(UTC).date()
    if day is None or all(offer.observed_at <= day for offer in baseline.offers):
        return baseline
    known = tuple(offer for offer in baseline.offers if offer.observed_at <= day)
    return Baseline(snapshot_id(known), known, baseline.rejections)


@dataclass(frozen=True, slots=True)
class InForce:
    """Stored offers by feed as they hold on a day: without contract rates that ended, or begin later.

    Nor is there what nobody can plan with: a GPU or link that the catalog does not have, as a newer gpumix may have
    stored. `fixed`: what holds changes with the batches alone, and not with days or catalogs.
    """

    offers: Mapping[str, list[Offer]]
    outside: tuple[Rejection, ...]
    fixed: bool

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many are left out, by reason."""
        return Counter(row.reason.value for row in self.outside)


def in_force(stored: Mapping[str, list[Offer]], day: date, strange: frozenset[Hardware] = frozenset()) -> InForce:
    """Return what holds on a day; only contract rates have a first and a last day. `strange` hardware is left out."""
    own = {feed: rates for feed, rates in stored.items() if is_contract(feed)}
    rates = [rate for found in own.values() for rate in found]
    dated = any(rate.valid_from or rate.valid_until for rate in rates)
    if not dated and not strange:
        return InForce(stored, (), fixed=True)
    outside = [_outside(rate, day) for rate in rates if not rate.holds_on(day)]
    holding = {**stored, **{feed: [rate for rate in found if rate.holds_on(day)] for feed, found in own.items()}}
    if strange:
        outside += [_unknown(offer) for found in holding.values() for offer in found if hardware_of(offer) in strange]
        holding = {feed: [row for row in found if hardware_of(row) not in strange] for feed, found in holding.items()}
    return InForce(holding, tuple(outside), fixed=False)


def hardware_of(offer: Offer) -> Hardware:
    """Return what an offer names of the catalog."""
    return offer.gpu_id, offer.intra_link_id, offer.inter_link_id


def strangers(named: Iterable[Hardware], catalog: Catalog) -> frozenset[Hardware]:
    """Return the hardware of which the catalog lacks the GPU or a link."""
    return frozenset(
        (gpu, intra, inter)
        for gpu, intra, inter in named
        if gpu not in catalog.gpus or not {intra, inter} <= {None, *catalog.links}
    )


def merge(stored: Mapping[str, list[Offer]], baseline: Iterable[Offer], complete: frozenset[str]) -> list[Offer]:
    """Return one offer for each key, in the order of their keys, from offers by feed in that order.

    The user's contract beats every list price, of two rates the one that began last; else the latest sighting wins, the
    provider's own word first. Of a
    provider that has told all there is of it (`complete`) neither imported nor baseline offers are kept.
    """
    feeds = {feed: offers for feed, offers in stored.items() if offers and (feed == LIVE or is_contract(feed))}
    for feed, offers in (*stored.items(), (SHIPPED, baseline)):
        if (
            feed != LIVE
            and not is_contract(feed)
            and (others := [offer for offer in offers if offer.provider not in complete])
        ):
            feeds[feed] = others
    if len(feeds) < 2:
        return next(iter(feeds.values()), [])
    rows = sorted(((feed, offer) for feed, offers in feeds.items() for offer in offers), key=_key)
    return [max(group, key=_belief)[1] for _, group in groupby(rows, key=_key)]


def snapshot_id(offers: Iterable[Offer]) -> str:
    """Return the id of offers: the hash of their rows as `prices export` writes them."""
    return hashlib.sha256(write_offers(offers).encode()).hexdigest()[:16]


def make_snapshot(
    offers: list[Offer],
    rejected: Mapping[str, int],
    identity: str | None = None,
    quotas: tuple[AccountQuota, ...] = (),
) -> Snapshot:
    """Return the snapshot of offers that are in the order of their keys; `identity` where their id is known."""
    return Snapshot(identity or snapshot_id(offers), tuple(offers), rejected, quotas)


def rejected_in_all(
    stored: Mapping[str, int], baseline: Iterable[Rejection], complete: frozenset[str]
) -> Mapping[str, int]:
    """Return how many prices were left out by reason, most frequent first."""
    counts = defaultdict(int, stored)
    for row in baseline:
        if row.provider not in complete:
            counts[row.reason.value] += 1
    return by_frequency(reason for reason, count in counts.items() for _ in range(count))


def _outside(rate: Offer, day: date) -> Rejection:
    """Return the record of leaving out a contract rate that does not hold on a day."""
    ended = rate.valid_until is not None and rate.valid_until < day
    detail = f"valid until {rate.valid_until}" if ended else f"valid from {rate.valid_from}"
    return Rejection.of(rate, Reason.NOT_VALID, detail)


def _unknown(offer: Offer) -> Rejection:
    """Return the record of leaving out an offer with hardware that the catalog does not have."""
    names = ", ".join(name for name in hardware_of(offer) if name)
    return Rejection.of(offer, Reason.STRANGE, f"one of these is not known here: {names}")


def _key(row: tuple[str, Offer]) -> _Key:
    offer = row[1]
    return offer.provider, offer.region, offer.zone or "", offer.instance_type, offer.term


def _belief(row: tuple[str, Offer]) -> tuple[object, ...]:
    feed, offer = row
    began = offer.valid_from or date.min
    return is_contract(feed), began, offer.observed_at, feed == LIVE, feed != SHIPPED, feed


EMPTY = Baseline(snapshot_id(()), ())
