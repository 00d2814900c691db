"""Showing: the offers a budget uses, and the staircase of hourly rents, as documents."""

from collections import Counter
from datetime import timedelta

import numpy as np

from optimizer.fleet.lines import kv_dtype_name
from optimizer.forecast.bill import Tally
from optimizer.forecast.budget import BudgetOffer, Cover, HistoryReport
from optimizer.forecast.covering import Covers
from optimizer.forecast.deciding import Decision
from optimizer.forecast.history import Outlook
from optimizer.forecast.limited import Limited
from optimizer.forecast.market import Rental, layout_id, rentals_of
from optimizer.performance.tables import Ints
from pricing.offers import Offer, Snapshot


def used_rentals(tally: Tally, decision: Decision) -> list[Rental]:
    """Return the rentals of every offer that a decision runs."""
    names = {name for month in decision.rented for rented in month for name in rented}
    names |= {name for name, _ in decision.purchases}
    names |= {existing.offer for existing in tally.asked.existing}
    offers = tally.market.columns.offers
    return [
        rental
        for number, offer in enumerate(offers)
        if offer.offer_id in names
        for rental in rentals_of(tally.market, number)
    ]


def used_rows(tally: Tally, decision: Decision) -> Ints:
    """Return the candidates' rows that run."""
    return np.array(sorted({rental.row for rental in used_rentals(tally, decision)}), dtype=np.int64)


def used_offers(tally: Tally, decision: Decision, limited: Limited | None) -> tuple[BudgetOffer, ...]:
    """Return the offers of a decision with the layouts on each, by id."""
    rentals = used_rentals(tally, decision)
    if limited is not None:
        columns = {
            column
            for month, load in enumerate(tally.loads)
            for hours in load.classes
            if (step := limited.stairs(decision.purchases, month).step(hours.amount)) is not None
            for column in step.replicas
        }
        run = [limited.ground.rental(column) for column in sorted(columns)]
        running = {rental.offer.offer_id for rental in run}
        rentals = [*run, *(rental for rental in rentals if rental.offer.offer_id not in running)]
    found = [_offer(tally, rental) for rental in rentals]
    return tuple(sorted(found, key=lambda offer: (offer.offer, offer.instances, offer.layout)))


def history_report(outlook: Outlook) -> HistoryReport:
    """Return how a history was read."""
    history = outlook.history
    form = {"month": "%Y-%m", "day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H:00:00Z"}[history.step]
    return HistoryReport(
        rows=history.rows,
        step=history.step,
        first=history.first.strftime(form),
        last=(history.end - timedelta(seconds=1)).strftime(form),
        trend_step=outlook.step,
        fitted=outlook.fitted.name,
        diurnal=outlook.diurnal,
        weekly=outlook.weekly,
        backtest=outlook.backtest,
    )


def shown_covers(covers: Covers) -> tuple[Cover, ...]:
    """Return the staircase, without its first step of nothing."""
    steps = []
    for step in range(1, len(covers.capacity)):
        instances: Counter[str] = Counter()
        place = step
        while place > 0:
            rental = covers.rentals[int(covers.last[place])]
            instances[rental.offer.offer_id] += rental.instances
            place = int(covers.before[place])
        usd, spot = float(covers.usd_per_hour[step]), float(covers.spot_usd_per_hour[step])
        steps.append(Cover(float(covers.capacity[step]), usd, spot, dict(sorted(instances.items()))))
    return tuple(steps)


def _offer(tally: Tally, rental: Rental) -> BudgetOffer:
    candidates, offer = tally.market.candidates, rental.offer
    layouts, catalog = candidates.grid.layouts, candidates.catalog
    engine = tuple(catalog.engines)[int(layouts.engine[rental.row])]
    return BudgetOffer(
        offer=offer.offer_id,
        provider=offer.provider,
        tier=offer.tier,
        region=offer.region,
        zone=offer.zone,
        instance_type=offer.instance_type,
        term=offer.term,
        usd_per_hour=float(offer.usd_per_hour),
        list_usd_per_hour=_list_price(candidates.snapshot, offer),
        currency=offer.currency,
        observed_at=offer.observed_at.isoformat(),
        source_url=offer.source_url,
        gpu=offer.gpu_id,
        gpus_per_instance=offer.gpu_count,
        link=offer.intra_link_id,
        inter_node_link=offer.inter_link_id if rental.instances > 1 else None,
        quantization=tuple(catalog.quantizations)[int(layouts.quantization[rental.row])],
        kv_dtype=kv_dtype_name(engine, int(layouts.kv_bits[rental.row])),
        kv_bits=int(layouts.kv_bits[rental.row]),
        engine=engine,
        tensor_parallel=int(layouts.tp[rental.row]),
        pipeline_parallel=int(layouts.pp[rental.row]),
        instances=rental.instances,
        replicas=rental.replicas,
        capacity=rental.capacity,
        layout=layout_id(offer, offer.gpu_count * rental.instances // rental.replicas),
    )


def _list_price(snapshot: Snapshot, offer: Offer) -> float | None:
    """Return the on-demand price of an offer's machine in its region."""
    listed = (float(o.usd_per_hour) for o in snapshot.offers if o.pool == offer.pool and o.term == "on_demand")
    return min(listed, default=None)
