"""The lean way to a plan: the fleet and what runs on it, without alternatives, what-ifs, reasons or the verifier.

It is the way of `make_plan` and ends in the same fleet. It is quicker in two ways: neighbours of a sweep share the grid
of layouts and the offers that are allowed, and the physics is asked only about layouts that could be chosen.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from api.account import with_account_quotas
from api.sweeps.outcomes import Outcome
from catalog import Catalog, GpumixError
from optimizer.demand import demand_of
from optimizer.fleet.candidates import Candidates, find_candidates, refit
from optimizer.fleet.choosing import Chosen, choose
from optimizer.fleet.eligible import check_prices
from optimizer.fleet.lines import brief_lines
from optimizer.fleet.names import check_names
from optimizer.fleet.planning import plan_id
from optimizer.fleet.running import load_of, shown_amounts
from optimizer.request import PlanRequest, read_request
from pricing import PricesMissingError, Snapshot

MOST_KEPT = 4


class PointSolver:
    """Solves points on one snapshot; keeps the candidates of the last few grids, which most neighbours share."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog) -> None:
        self._snapshot = snapshot
        self._catalog = catalog
        self._kept: OrderedDict[object, Candidates] = OrderedDict()

    def outcome(self, point: int, document: Mapping[str, Any], seconds: float) -> Outcome:
        """Return what comes of a point; whatever goes wrong with it is its outcome too. Raises MemoryError."""
        try:
            request = with_account_quotas(read_request(dict(document)), self._snapshot, self._catalog)
            return self._planned(point, request, seconds)
        except GpumixError as error:
            return Outcome(point=point, status="error", error=error.message)
        except MemoryError:
            raise  # of this machine, not of the point
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
        status = "optimal" if chosen.fleet.outcome == "optimal" else "feasible"
        return _found(point, status, identity, candidates, chosen)

    def _candidates(self, request: PlanRequest) -> Candidates:
        """Return the candidates of a request, with capacities of 0 where a layout could not be chosen anyway."""
        demand = demand_of(request, self._catalog.model(request.model))
        key = (request.model, request.allow.engines, request.deny.engines, demand.shortest_tokens)
        known = self._kept.pop(key, None)
        if known is None:
            known = find_candidates(request, self._snapshot, self._catalog)
        self._kept[key] = found = refit(known, request)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def _found(point: int, status: str, identity: str, candidates: Candidates, chosen: Chosen) -> Outcome:
    """Return the outcome of a plan, with its costliest line."""
    part = chosen.parts[0]
    line = brief_lines(candidates, (part,))[0]
    does = load_of(candidates, np.array([part.row]), np.array([part.replicas]), shown_amounts(candidates, part))
    return Outcome(
        point=point,
        status=status,
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
        tok_per_s_per_user=float(does.tok_per_s_per_user[0]),
        output_tok_per_s=float(does.output_tok_per_s[0]),
    )
