"""Capacities: what one replica of each layout serves of a load, for any targets."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimizer.demand import Demand
from optimizer.fleet.confidence import shortfall, slowdown
from optimizer.performance.capacity import Rates, Users
from optimizer.performance.layouts import Layouts
from optimizer.performance.options import Options
from optimizer.performance.replicas import Replicas, replicas
from optimizer.performance.tables import Bools, Floats, Ints

MOST_TIMES = 1e4


@dataclass(frozen=True)
class Capacities:
    """The capacity of layouts for a load; that of `load` is answered for, whatever its targets.

    Capacity is cut off where more changes no fleet: with one size of request at `useful_times` the whole demand, as a
    replica that serves everything serves everything (more is useful where it counts only for the part of the time that
    it is there); it makes replicas that are each more than enough equal, so that the cheapest replaces the rest. With
    several sizes it is cut off at MOST_TIMES the demand of each, to keep a small share within a solver's tolerance.
    With infinite `useful_times` it is not cut off at all.
    """

    layouts: Layouts
    fleet: Replicas
    load: Demand
    useful_times: float

    def answers(self, demand: Demand) -> bool:
        """Return whether another demand is the same load, if with other targets."""
        return _load(self.load) == _load(demand)

    def within(self, demand: Demand, rows: Bools | None = None) -> Floats:
        """Return [layout, size]: the users, or requests per second, that one replica serves within the targets.

        With a confidence the targets are tightened by the slowdown that is not exceeded with it, and a rate stays below
        what the replica then carries. Layouts outside `rows` are not looked at and get 0.
        """
        longer, later, less = self._factors
        tight = (_over(demand.tpot_s, longer), _over(demand.ttft_s, later))
        served = np.zeros((len(self.layouts), len(demand.sizes)))
        for column, trial in enumerate(self._trials):
            served[:, column] = trial.within(*tight, rows)
            if demand.confidence is not None and isinstance(trial, Rates):
                carried = less * trial.within(demand.tpot_s, demand.ttft_s, rows)
                served[:, column] = np.minimum(served[:, column], carried)
        if self.useful_times == np.inf:
            return served
        amounts = np.array(demand.amounts)
        return np.minimum(served, amounts * (self.useful_times if len(amounts) == 1 else MOST_TIMES))

    def fleet_of(self, rows: Ints) -> Replicas:
        """Return some of the replicas, with the load's prefix cache."""
        return self._cached.take(rows)

    @cached_property
    def _cached(self) -> Replicas:
        options = Options(prefix_cache_hit_fraction=self.load.prefix_cache_hit_fraction)
        return replace(self.fleet, options=options)

    @cached_property
    def _factors(self) -> tuple[Floats | float, Floats | float, Floats | float]:
        """Return how much longer a token and a first token may take, and how much less is carried."""
        sure = self.load.confidence
        if sure is None:
            return 1.0, 1.0, 1.0
        longer, later = (slowdown(self.layouts, metric, sure) for metric in ("tpot_s", "ttft_s"))
        return longer, later, shortfall(self.layouts, "output_tok_per_s", sure)

    @cached_property
    def _trials(self) -> tuple[Users | Rates, ...]:
        demand, fleet = self.load, self._cached
        times = self.useful_times if len(demand.sizes) == 1 else np.inf
        if demand.unit == "users":
            return tuple(
                Users(
                    fleet,
                    size.input_tokens,
                    size.output_tokens,
                    *([int(np.ceil(size.amount * times))] if times < np.inf else []),
                )
                for size in demand.sizes
            )
        return tuple(
            Rates(
                fleet,
                size.input_tokens,
                size.output_tokens,
                demand.percentile,
                size.amount * times / self._factors[2],
            )
            for size in demand.sizes
        )


def replica_capacity(layouts: Layouts, demand: Demand) -> Floats:
    """Return [layout, size]: the users, or requests per second, that one replica serves within the targets."""
    return Capacities(layouts, replicas(layouts), demand, np.inf).within(demand)


def _load(demand: Demand) -> Demand:
    return replace(demand, tpot_s=None, ttft_s=None, assumptions=())


def _over(target: float | None, factor: Floats | float) -> Floats | float | None:
    return None if target is None else target / factor
