"""What a line serves, asked of the physics anew: its layout, its part of the demand, its load."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from catalog import Catalog, InvalidInputError
from optimizer.demand import Demand, demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.coefficients import calibration_id
from optimizer.performance.intervals import interval
from optimizer.performance.layouts import Layouts
from optimizer.performance.options import Options
from optimizer.performance.own.corrected import at_rate, load, max_rate, max_users, trust_at
from optimizer.performance.service import Load
from optimizer.performance.tables import Floats

ROUNDING = 1e-6
STANDBY_REQUESTS_PER_S = 1e-6
CAPACITIES_KEPT = 256


def layouts_of(line: Line, model_id: str, catalog: Catalog) -> Layouts:
    """Return the layout that a line names, as one row. Raises InvalidInputError on one that cannot be."""
    return Layouts.one(
        catalog,
        model=model_id,
        gpu=line.gpu,
        quantization=line.quantization,
        engine=line.engine,
        kv_dtype=line.kv_dtype if line.kv_dtype != "auto" else "bf16",
        link=line.link,
        inter_link=line.inter_node_link,
        tp=line.tensor_parallel,
        pp=line.pipeline_parallel,
        nodes=line.nodes_per_replica,
    )


class _Asked:
    """A layout and a demand, told apart by their names: the physics is asked once for each."""

    def __init__(self, line: Line, demand: Demand, model_id: str, catalog: Catalog) -> None:
        self.line, self.demand, self.model_id, self.catalog = line, demand, model_id, catalog
        where = (line.gpu, line.link, line.inter_node_link, line.nodes_per_replica)
        what = (line.quantization, line.kv_dtype, line.engine, line.tensor_parallel, line.pipeline_parallel)
        self.parts = (where, what, demand, model_id, catalog.catalog_id, calibration_id(catalog))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


def capacity_of_line(line: Line, demand: Demand, model_id: str, catalog: Catalog) -> tuple[float, ...]:
    """Return what one replica of a line serves of each size alone, as `capacity_of`."""
    return _capacity(_Asked(line, demand, model_id, catalog))


@lru_cache(maxsize=CAPACITIES_KEPT)
def _capacity(asked: _Asked) -> tuple[float, ...]:
    return capacity_of(layouts_of(asked.line, asked.model_id, asked.catalog), asked.demand)


def capacity_of(layouts: Layouts, demand: Demand) -> tuple[float, ...]:
    """Return what one replica serves of each size alone within the targets, held with the confidence asked for."""
    point = (demand.tpot_s, demand.ttft_s)
    if demand.confidence is None:
        return _served(layouts, demand, *point)
    return tuple(_surely(layouts, replace(demand, sizes=(size,)), demand.confidence) for size in demand.sizes)


def _surely(layouts: Layouts, demand: Demand, confidence: float) -> float:
    """Return what one replica serves of the one size of a demand with a confidence."""
    (size,) = demand.sizes
    lengths = (size.input_tokens, size.output_tokens)

    def tight(metric: str, target: float | None) -> float | None:
        if target is None:
            return None
        trust = trust_at(layouts, *lengths, metric, target)
        return target / math.exp(max(0.0, quantiles(layouts, metric, trust)(confidence)))

    (sure,) = _served(layouts, demand, tight("tpot_s", demand.tpot_s), tight("ttft_s", demand.ttft_s))
    if demand.unit == "users":
        return sure
    (most,) = _served(layouts, demand, demand.tpot_s, demand.ttft_s)
    trust = trust_at(layouts, *lengths, "output_tok_per_s", most * size.output_tokens)
    return min(sure, most * math.exp(min(0.0, quantiles(layouts, "output_tok_per_s", trust)(1 - confidence))))


def quantiles(layouts: Layouts, metric: str, trust: Floats | None = None) -> Callable[[float], float]:
    """Return the quantiles of ln(measured / predicted) of one layout, normal through those of 10% and 90%."""
    low, high = (math.log(float(ratio[0])) for ratio in interval(layouts, metric, np.ones(1), trust=trust))
    normal = NormalDist()
    return lambda probability: (low + high) / 2 + (high - low) / 2 * normal.inv_cdf(probability) / normal.inv_cdf(0.9)


def _served(layouts: Layouts, demand: Demand, tpot_s: float | None, ttft_s: float | None) -> tuple[float, ...]:
    served = []
    for size in demand.sizes:
        asked = (size.input_tokens, size.output_tokens, tpot_s, ttft_s)
        if demand.unit == "users":
            served.append(float(max_users(layouts, *asked, options=options_of(demand))[0]))
        else:
            percentile, options = demand.percentile, options_of(demand)
            served.append(float(max_rate(layouts, *asked, percentile=percentile, options=options)[0]))
    return tuple(served)


def amounts_of(line: Line, demand: Demand) -> tuple[float, ...]:
    """Return a line's part of each size of the demand."""
    return tuple(size.amount * share for size, share in zip(demand.sizes, line.routing, strict=True))


def shown_amounts_of(line: Line, demand: Demand, layouts: Layouts) -> tuple[float, ...]:
    """Return the load that a line's figures are of: its own, or one request of what it can serve where it stands by."""
    amounts = amounts_of(line, demand)
    if math.fsum(amounts) > 0:
        return amounts
    able = [
        size.amount if most > 0 else 0.0 for size, most in zip(demand.sizes, capacity_of(layouts, demand), strict=True)
    ]
    total = math.fsum(able)
    if total <= 0:
        raise InvalidInputError(f"{line.instance_type} serves nothing within the targets", "rent it for nothing")
    single = 1.0 if demand.unit == "users" else STANDBY_REQUESTS_PER_S
    return tuple(single * amount / total for amount in able)


def load_of_line(line: Line, demand: Demand, layouts: Layouts) -> Load:
    """Return what the fullest replica of a line does, or would do with a single request where it stands by."""
    amounts = shown_amounts_of(line, demand, layouts)
    total = math.fsum(amounts)
    inputs = math.fsum(s.input_tokens * a for s, a in zip(demand.sizes, amounts, strict=True)) / total
    outputs = math.fsum(s.output_tokens * a for s, a in zip(demand.sizes, amounts, strict=True)) / total
    if demand.unit == "users":
        users = float(math.ceil(total / line.replicas - ROUNDING))
        return load(layouts, inputs, outputs, users, options=options_of(demand))
    rate = total / line.replicas
    return at_rate(layouts, inputs, outputs, rate, percentile=demand.percentile, options=options_of(demand))


def users_per_replica(line: Line, demand: Demand) -> float:
    """Return the whole users on the fullest replica of a line."""
    return float(math.ceil(math.fsum(amounts_of(line, demand)) / line.replicas - ROUNDING))


def running_sequences(line: Line, plan: Plan, catalog: Catalog) -> int:
    """Return how many sequences the fullest replica of a line holds at a time, at least one."""
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    done = load_of_line(line, demand, layouts_of(line, plan.request.model, catalog))
    return max(1, math.ceil(float(done.concurrency[0]) - 1e-9))


def options_of(demand: Demand) -> Options:
    """Return the switches of a replica that a demand asks for."""
    return Options(prefix_cache_hit_fraction=demand.prefix_cache_hit_fraction)
