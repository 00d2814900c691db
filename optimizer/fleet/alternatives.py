"""Alternatives: the cheapest fleet per quantization, GPU, trust tier and term, and the runner-up."""

from collections.abc import Iterator, Sequence

from catalog import QUALITY_TIERS
from optimizer.fleet.candidates import Candidates, refit
from optimizer.fleet.changes import changed
from optimizer.fleet.choosing import Chosen, Patience
from optimizer.fleet.lines import brief_lines
from optimizer.fleet.plan import Alternative, AlternativeLine
from optimizer.performance.tables import Bools, Ints
from optimizer.request import PlanRequest, Term, Tier

TIERS: tuple[Tier, ...] = ("hyperscaler", "neocloud", "marketplace", "tracker")
TERMS: tuple[Term, ...] = ("on_demand", "spot", "reserved_1y", "reserved_3y", "capacity_block")


def alternatives(candidates: Candidates, plan: Chosen, patience: Patience) -> tuple[Alternative, ...]:
    """Return the cheapest fleet under each other choice; a choice without any fleet is left out."""
    found = [
        *_runner_up(candidates, plan, patience),
        *_by_gpu(candidates, patience),
        *_by_quantization(candidates, patience),
        *_by_market(candidates, patience),
    ]
    return tuple(sorted(found, key=lambda alternative: (alternative.label, alternative.cost_usd_per_hour)))


def summary(lines: Sequence[AlternativeLine]) -> str:
    """Return a fleet in one line of words."""
    return " + ".join(
        f"{line.count} x {line.instance_type} ({line.provider} {line.region}, {line.term.replace('_', ' ')}): "
        f"{line.count * line.gpus_per_instance} x {line.gpu}, {line.quantization} on {line.engine}"
        for line in lines
    )


def _runner_up(candidates: Candidates, plan: Chosen, patience: Patience) -> Iterator[Alternative]:
    """The cheapest fleet without any instance type of the plan."""
    taken = {(part.offer.provider, part.offer.instance_type) for part in plan.parts}
    kept = [(offer.provider, offer.instance_type) not in taken for offer in candidates.eligible.offers]
    others = candidates.eligible.positions[kept]
    yield from _alternative(patience, "runner-up", candidates, others)


def _by_gpu(candidates: Candidates, patience: Patience) -> Iterator[Alternative]:
    stock, positions = candidates.ground.stock, candidates.eligible.positions
    for gpu_id in sorted({offer.gpu_id for offer in candidates.eligible.offers}):
        offers = positions[stock.among("gpu_id", (gpu_id,))[positions]]
        yield from _alternative(patience, f"gpu: {gpu_id}", candidates, offers)


def _by_quantization(candidates: Candidates, patience: Patience) -> Iterator[Alternative]:
    """Every format that fits somewhere, also below the quality that was asked for: its summary says so."""
    worst = QUALITY_TIERS.index(candidates.request.quality.min_tier)
    for position, row in enumerate(candidates.catalog.quantizations.values()):
        below = QUALITY_TIERS.index(row.quality_tier) > worst
        note = f"; quality {row.quality_tier}, below the floor" if below else ""
        rows = candidates.grid.layouts.quantization == position
        label = f"quantization: {row.quantization_id}"
        yield from _alternative(patience, label, candidates, candidates.eligible.positions, rows, note)


def _by_market(candidates: Candidates, patience: Patience) -> Iterator[Alternative]:
    for tier in TIERS:
        request = changed(candidates.request, "allow", tiers=(tier,))
        yield from _refitted(patience, f"tier: {tier}", candidates, request)
    for term in TERMS:
        request = changed(candidates.request, "allow", terms=(term,))
        yield from _refitted(patience, f"term: {term}", candidates, request)


def _refitted(patience: Patience, label: str, candidates: Candidates, request: PlanRequest) -> Iterator[Alternative]:
    other = refit(candidates, request)
    yield from _alternative(patience, label, other, other.eligible.positions)


def _alternative(
    patience: Patience,
    label: str,
    candidates: Candidates,
    offers: Ints,
    rows: Bools | None = None,
    note: str = "",
) -> Iterator[Alternative]:
    chosen = patience.choose(candidates, offers=offers, rows=rows)
    if chosen is not None and chosen.parts:
        lines = brief_lines(candidates, chosen.parts)
        yield Alternative(label, chosen.exact_usd_per_hour, summary(lines) + note, lines)
