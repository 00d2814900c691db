"""The prices of a past day: the last look at each offer by then, on the machines that are known now."""

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

from pricing import Offer, Snapshot, Term
from pricing.spans import PriceSpan

_Machine = tuple[str, str]
"""(provider, instance type)."""


class PastPrices:
    """Prices over time. A price holds on the days on which it was seen, and for `carry_days` after the last of them.

    History tells prices; what an instance is comes from the offers of today, so a type that none of them has is left
    out and counted in `unknown_machines`.
    """

    def __init__(self, history: Iterable[PriceSpan], today: Snapshot, carry_days: int) -> None:
        self._carry = timedelta(days=carry_days)
        self._machines: dict[_Machine, Offer] = {(it.provider, it.instance_type): it for it in today.offers}
        self._continents = {(it.provider, it.region): it.continent for it in today.offers}
        spans: dict[tuple[str, ...], list[PriceSpan]] = defaultdict(list)
        unknown: set[_Machine] = set()
        for span in history:
            machine = span.provider, span.instance_type
            if _is(span, self._machines.get(machine)):
                spans[span.key].append(span)
            else:
                unknown.add(machine)
        self.unknown_machines = len(unknown)
        self._spans: Mapping[tuple[str, ...], tuple[PriceSpan, ...]] = {
            key: tuple(sorted(found, key=lambda span: span.first_seen)) for key, found in spans.items()
        }

    def on(self, day: date) -> Snapshot:
        """Return the offers that had a price on a day; of several series of one offer, the one seen last holds."""
        latest: dict[tuple[str, ...], tuple[date, PriceSpan]] = {}
        for key, spans in self._spans.items():
            place = bisect_right(spans, day, key=lambda span: span.first_seen)
            if not place:
                continue
            span = spans[place - 1]
            seen = min(day, span.last_seen)
            if day - seen > self._carry:
                continue
            known = latest.get(key[:5])
            if known is None or (seen, -span.usd_per_hour) > (known[0], -known[1].usd_per_hour):
                latest[key[:5]] = seen, span
        offers = tuple(self._offer(span, seen) for _, (seen, span) in sorted(latest.items()))
        text = "\n".join(f"{offer.offer_id} {offer.usd_per_hour}" for offer in offers)
        return Snapshot(hashlib.sha256(text.encode()).hexdigest()[:16], offers, {})

    def _offer(self, span: PriceSpan, seen: date) -> Offer:
        machine = self._machines[span.provider, span.instance_type]
        return replace(
            machine,
            region=span.region,
            zone=span.zone,
            continent=self._continents.get((span.provider, span.region)),
            term=cast(Term, span.term),
            usd_per_hour=span.usd_per_hour,
            currency="USD",
            native_per_hour=span.usd_per_hour,
            observed_at=seen,
            observed_until=None,
            source=span.source,
            source_url="",
        )


def _is(span: PriceSpan, machine: Offer | None) -> bool:
    """Return whether a price is of a machine, by the GPUs that its source tells, if it does."""
    return machine is not None and span.gpu_id in (None, machine.gpu_id) and span.gpu_count in (None, machine.gpu_count)
