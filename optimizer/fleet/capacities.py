"""Capacities: what one replica of each layout serves of a load, for any targets."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimizer.demand import Demand, Size
from optimizer.fleet.confidence import shortfall, slowdown
from optimizer.performance.capacity import Rates, Target, Users
from optimizer.performance.intervals import METRIC_OF_FIELD
from optimizer.performance.layouts import Layouts
from optimizer.performance.options import Options
from optimizer.performance.own.corrected import modelled_limit, real_rate, trust_in_map
from optimizer.performance.own.correction import Map, maps
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
        what the replica then carries; own runs make both less so. Layouts outside `rows` are not looked at and get 0.
        """
        served = np.zeros((len(self.layouts), len(demand.sizes)))
        for column, (size, trial, found) in enumerate(zip(demand.sizes, self._trials, self._maps, strict=True)):
            own = _Asked(self.layouts, size, trial, found)
            if demand.confidence is None:
                served[:, column] = own.within(demand.tpot_s, demand.ttft_s, rows)
            else:
                served[:, column] = own.surely(demand.tpot_s, demand.ttft_s, demand.confidence, rows)
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
    def _maps(self) -> tuple[dict[str, Map], ...]:
        """The corrections by the user's own runs for each size, empty without any."""
        return tuple(maps(self.layouts, size.input_tokens, size.output_tokens) for size in self.load.sizes)

    def _most_rate(self, size: Size, found: dict[str, Map]) -> Floats | float:
        """Return the modelled rate from which more changes no fleet; own runs change what a rate is worth."""
        if self.useful_times == np.inf or len(self.load.sizes) > 1 or found:
            return np.inf
        sure = self.load.confidence
        return (
            size.amount
            * self.useful_times
            / (1.0 if sure is None else shortfall(self.layouts, "output_tok_per_s", sure))
        )

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
                self._most_rate(size, found),
            )
            for size, found in zip(demand.sizes, self._maps, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one replica of each layout serves of one size, asked of the model with targets as own runs have them."""

    layouts: Layouts
    size: Size
    trial: Users | Rates
    found: dict[str, Map]

    def within(self, tpot_s: Target, ttft_s: Target, rows: Bools | None) -> Floats:
        """Return what is served within the targets."""
        tpot_limit = modelled_limit(self.found, "tpot", tpot_s, self.layouts)
        ttft_limit = modelled_limit(self.found, "ttft", ttft_s, self.layouts)
        served = self.trial.within(tpot_limit, ttft_limit, rows).astype(float)
        return served if isinstance(self.trial, Users) else real_rate(self.found, served, self.size.output_tokens)

    def surely(self, tpot_s: float | None, ttft_s: float | None, confidence: float, rows: Bools | None) -> Floats:
        """Return what is served with a confidence."""
        sure = self.within(self._tight("tpot_s", tpot_s, confidence), self._tight("ttft_s", ttft_s, confidence), rows)
        if isinstance(self.trial, Users):
            return sure
        point = self.within(tpot_s, ttft_s, rows)
        trust = self._trust("output_tok_per_s", point * self.size.output_tokens)
        return np.minimum(sure, shortfall(self.layouts, "output_tok_per_s", confidence, trust) * point)

    def _tight(self, metric: str, target: float | None, confidence: float) -> Target:
        if target is None:
            return None
        return target / slowdown(self.layouts, metric, confidence, self._trust(metric, target))

    def _trust(self, field: str, real: Floats | float) -> Floats | None:
        return trust_in_map(self.found.get(METRIC_OF_FIELD[field]), real, len(self.layouts))


def replica_capacity(layouts: Layouts, demand: Demand) -> Floats:
    """Return [layout, size]: the users, or requests per second, that one replica serves within the targets."""
    return Capacities(layouts, replicas(layouts), demand, np.inf).within(demand)


def _load(demand: Demand) -> Demand:
    return replace(demand, tpot_s=None, ttft_s=None, assumptions=())
