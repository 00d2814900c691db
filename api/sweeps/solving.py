"""Solving a point: the plan alone, without alternatives, what-ifs or proof of conflicts. What runs in a worker."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from api.sweeps.outcomes import Outcome
from api.sweeps.prices import PackedPrices
from catalog import Catalog, GpumixError, InvalidDataError, load_catalog
from optimizer.demand import demand_of
from optimizer.fleet.candidates import Candidates, find_candidates, refit
from optimizer.fleet.choosing import Chosen, choose
from optimizer.fleet.eligible import check_prices
from optimizer.fleet.lines import plan_lines
from optimizer.fleet.names import check_names
from optimizer.fleet.planning import plan_id
from optimizer.performance.coefficients import shipped_coefficients
from optimizer.request import PlanRequest, read_request
from pricing import PricesMissingError, Snapshot

MOST_KEPT = 4
LOOK_SECONDS = 1.0
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Points of one snapshot that go to a worker together. `parent` is the process that waits for them, if near."""

    points: tuple[tuple[int, Mapping[str, Any]], ...]
    prices: PackedPrices
    catalog_id: str
    calibration_id: str
    seconds_per_point: float
    parent: int | None


def solve_chunk(chunk: Chunk) -> tuple[Outcome, ...]:
    """Return the outcome of every point. Raises InvalidDataError in a worker whose facts are not those of the sweep."""
    if chunk.parent is not None:
        _end_with(chunk.parent)
    catalog = load_catalog()
    if (catalog.catalog_id, shipped_coefficients().calibration_id) != (chunk.catalog_id, chunk.calibration_id):
        raise InvalidDataError([("worker", 0, "version", "its catalog or calibration is not that of this gpumix")])
    with _one_at_a_time:  # threads of one worker would only wait for each other
        solver = _solver(chunk.prices)
        return tuple(solver.outcome(number, document, chunk.seconds_per_point) for number, document in chunk.points)


class PointSolver:
    """Solves points on one snapshot; keeps the candidates of the last few grids, which most neighbours share."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog) -> None:
        self._snapshot = snapshot
        self._catalog = catalog
        self._kept: OrderedDict[object, Candidates] = OrderedDict()

    def outcome(self, point: int, document: Mapping[str, Any], seconds: float) -> Outcome:
        """Return what comes of a point; whatever goes wrong with it is its outcome too."""
        try:
            return self._planned(point, read_request(dict(document)), seconds)
        except GpumixError as error:
            return Outcome(point=point, status="error", error=error.message)
        except Exception as error:  # a bug at one point must not end the others
            return Outcome(point=point, status="error", error=f"internal error: {type(error).__name__}: {error}")

    def choose(self, request: PlanRequest, seconds: float) -> tuple[Candidates, Chosen]:
        """Return the candidates of a request and the cheapest fleet of them. Raises as `make_plan` does."""
        if not self._snapshot.offers:
            raise PricesMissingError(f"no price had been seen by {request.as_of}", "choose a later day")
        check_names(request, self._snapshot, self._catalog)
        candidates = self._candidates(request)
        check_prices(candidates.eligible, self._snapshot)
        return candidates, choose(candidates, seconds=seconds, break_ties=True)

    def _planned(self, point: int, request: PlanRequest, seconds: float) -> Outcome:
        candidates, chosen = self.choose(request, seconds)
        identity = plan_id(request, self._snapshot, self._catalog)
        if chosen.fleet.outcome == "time limit":
            late = f"no fleet was found in {seconds:g} s"
            return Outcome(point=point, status="error", plan_id=identity, error=late)
        if not chosen.parts:
            return Outcome(point=point, status="infeasible", plan_id=identity)
        line = plan_lines(candidates, chosen.parts[:1])[0]
        return Outcome(
            point=point,
            status="optimal" if chosen.fleet.outcome == "optimal" else "feasible",
            plan_id=identity,
            cost_usd_per_hour=chosen.exact_usd_per_hour,
            lines=len(chosen.parts),
            provider=line.provider,
            region=line.region,
            instance_type=line.instance_type,
            term=line.term,
            gpu=line.gpu,
            gpus_per_instance=line.gpus_per_instance,
            count=line.count,
            quantization=line.quantization,
            engine=line.engine,
            tensor_parallel=line.tensor_parallel,
            pipeline_parallel=line.pipeline_parallel,
            replicas=line.replicas,
            tok_per_s_per_user=line.performance.tok_per_s_per_user.value,
            output_tok_per_s=line.performance.output_tok_per_s.value,
        )

    def _candidates(self, request: PlanRequest) -> Candidates:
        """Return the candidates of a request, from those of another one with the same grid where there are any."""
        shortest = demand_of(request, self._catalog.model(request.model)).shortest_tokens
        key = (request.model, request.allow.engines, request.deny.engines, shortest)
        known = self._kept.pop(key, None)
        found = find_candidates(request, self._snapshot, self._catalog) if known is None else refit(known, request)
        self._kept[key] = found
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


@lru_cache(maxsize=2)
def _solver_of(snapshot_id: str, content: bytes) -> PointSolver:
    return PointSolver(PackedPrices(snapshot_id, content).unpack(), load_catalog())


def _solver(prices: PackedPrices) -> PointSolver:
    return _solver_of(prices.snapshot_id, prices.content)


@lru_cache(maxsize=1)
def _end_with(parent: int) -> None:
    """End this process soon after the one it works for, which a kill gives no chance to say so."""
    if os.getpid() == parent:
        return

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=look, daemon=True, name="gpumix-sweep-parent").start()
