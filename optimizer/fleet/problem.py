"""The fleet problem as data: offers, replicas on them, demand and limits, with no solver in sight.

    minimise   sum_o usd_per_hour[o] n[o]
    n[o]       instances of offer o, integer
    r[c]       replicas of column c, integer
    x[b,c]     share of bucket b that column c serves, in [0, 1]

A constraint is a function from a FleetProblem to Rows over these variables; `constraints` has one per file.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from optimizer.performance.tables import Floats
from optimizer.request import LossScope

VariableKind = Literal["n", "r", "x", "used", "full", "gone", "spare", "moved", "whole", "away", "worst", "u", "v", "t"]
Sense = Literal["<=", "=", ">="]


@dataclass(frozen=True, slots=True)
class FleetOffer:
    """What the program knows of an offer: price, GPUs, and the groups that limits and losses speak of.

    `there_fraction` is the part of the time that an instance is there, below 1 for spot.
    """

    offer_id: str
    usd_per_hour: float
    gpus: int
    gpu_id: str
    provider: str
    zone: str
    pool: str
    is_spot: bool
    there_fraction: float = 1.0
    vcpus: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One way to run replicas on one offer.

    `capacity[b]` is what one replica serves of bucket b alone, in the unit of `FleetProblem.demand` (requests per
    second, or users); 0 where it cannot. `gpus_per_replica` counts whole instances where a replica spans several.
    `preference` orders columns that cost the same: 0, 1, ... in a problem, lower is better.
    """

    column_id: str
    offer: int
    gpus_per_replica: int
    instances_per_replica: int
    capacity: tuple[float, ...]
    preference: int


@dataclass(frozen=True, slots=True)
class FleetLimits:
    """Limits of the whole fleet; `quotas` maps a name to (offer indices, most, what is counted).

    `spot_losses` spot instances may be taken back at once, and the average capacity counts; None asks for neither.
    `current` has the instances that run already, by offer; `released` those of offers that are not in the problem.
    """

    max_usd_per_hour: float | None = None
    max_spot_fraction: float | None = None
    max_instances: int | None = None
    max_kinds: int | None = None
    min_replicas: int | None = None
    max_zone_fraction: float | None = None
    max_provider_fraction: float | None = None
    max_changes: int | None = None
    spot_losses: int | None = None
    current: Mapping[int, int] = field(default_factory=dict)
    released: int = 0
    quotas: Mapping[str, "Quota"] = field(default_factory=dict)

    @property
    def counts_parts(self) -> bool:
        """Return whether a limit holds a part of the fleet against the whole, so that empty instances loosen it."""
        parts = (self.max_spot_fraction, self.max_zone_fraction, self.max_provider_fraction, self.max_changes)
        return any(part is not None for part in parts)


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `most` instances, GPUs or vCPUs of these offers together."""

    offers: frozenset[int]
    most: int
    unit: Literal["instances", "gpus", "vcpus"]

    def weight(self, offer: FleetOffer) -> float:
        """Return what one instance of an offer takes; of vCPUs that nobody tells, more than there are."""
        if self.unit == "vcpus":
            return float(offer.vcpus or self.most + 1)
        return float(offer.gpus) if self.unit == "gpus" else 1.0


@dataclass(frozen=True)
class FleetProblem:
    """Everything the mixed-integer program needs. `demand[b]` is in the unit of `Column.capacity`.

    `loss_weights` are weightings of the sizes under which losses are held against the demand (see `survive`), beside
    those of each size alone. `ceilings` are the most instances of each offer that a fleet may have to be of interest;
    none are known where it is empty.
    """

    offers: tuple[FleetOffer, ...]
    columns: tuple[Column, ...]
    demand: tuple[float, ...]
    limits: FleetLimits = FleetLimits()
    survive_loss: LossScope = "none"
    loss_weights: tuple[tuple[float, ...], ...] = ()
    ceilings: tuple[int, ...] = ()

    @property
    def survives_losses(self) -> bool:
        """Return whether there is anything to lose and survive."""
        return self.survive_loss != "none" or self._risks_spot

    @cached_property
    def _risks_spot(self) -> bool:
        return self.limits.spot_losses is not None and any(offer.is_spot for offer in self.offers)

    @cached_property
    def there_fraction(self) -> tuple[float, ...]:
        """Return, per column, the part of the time that every instance of a replica is there."""
        return tuple(self.offers[c.offer].there_fraction ** c.instances_per_replica for c in self.columns)

    @cached_property
    def capacities(self) -> Floats:
        """Return [column, size]: what one replica serves of each size alone."""
        return np.array([column.capacity for column in self.columns]).reshape(len(self.columns), len(self.demand))

    @cached_property
    def columns_of(self) -> tuple[tuple[int, ...], ...]:
        """Return the column indices of each offer."""
        found: list[list[int]] = [[] for _ in self.offers]
        for index, column in enumerate(self.columns):
            found[column.offer].append(index)
        return tuple(tuple(indices) for indices in found)

    @cached_property
    def servers(self) -> tuple[tuple[int, ...], ...]:
        """Return the column indices that can serve each bucket."""
        return tuple(
            tuple(index for index, column in enumerate(self.columns) if column.capacity[bucket] > 0)
            for bucket in range(len(self.demand))
        )

    @cached_property
    def most_replicas(self) -> tuple[int, ...]:
        """Return, per column, more replicas than any cheapest fleet has: all demand alone, twice where losses count.

        Of spot, what serves all on average, and the instances that may be taken back. Where a limit counts parts of the
        fleet, or instances stay, it may have as many GPUs again to make up the whole.
        """
        spare = 2 if self.survive_loss != "none" else 1
        alone = [
            sum(
                math.ceil(amount / capacity)
                for amount, capacity in zip(self.demand, column.capacity, strict=True)
                if capacity > 0
            )
            for column in self.columns
        ]
        gpus = max(
            (count * column.gpus_per_replica for count, column in zip(alone, self.columns, strict=True)), default=0
        )
        bounds = []
        for index, (count, column) in enumerate(zip(alone, self.columns, strict=True)):
            whole = max(1, self.offers[column.offer].gpus // column.gpus_per_replica)
            bound = spare * count + (spare - 1) * whole + (self.limits.min_replicas or 0)
            if self.limits.spot_losses is not None and self.offers[column.offer].is_spot:
                bound += math.ceil(count / self.there_fraction[index]) - count + self.limits.spot_losses * whole
            if self.limits.counts_parts:
                bound += math.ceil(gpus / column.gpus_per_replica) + whole * self.limits.current.get(column.offer, 0)
            if self.ceilings:
                held = self.ceilings[column.offer] * self.offers[column.offer].gpus // column.gpus_per_replica
                bound = min(bound, held)
            bounds.append(bound)
        return tuple(bounds)

    @cached_property
    def most_instances(self) -> tuple[int, ...]:
        """Return, per offer, more instances than any cheapest fleet has."""
        needed = (
            sum(
                math.ceil(self.columns[c].gpus_per_replica * self.most_replicas[c] / offer.gpus)
                for c in self.columns_of[o]
            )
            for o, offer in enumerate(self.offers)
        )
        return tuple(map(min, needed, self.ceilings)) if self.ceilings else tuple(needed)

    @cached_property
    def instance_variables(self) -> tuple["Variable", ...]:
        """Return n[o] of every offer."""
        return tuple(Variable("n", (o,), integer=True, upper=most) for o, most in enumerate(self.most_instances))

    @cached_property
    def replica_variables(self) -> tuple["Variable", ...]:
        """Return r[c] of every column."""
        return tuple(Variable("r", (c,), integer=True, upper=most) for c, most in enumerate(self.most_replicas))


@dataclass(frozen=True, slots=True)
class Variable:
    """A decision; `index` is (offer,), (column,), (bucket, column), or those with a loss scenario in front."""

    kind: VariableKind
    index: tuple[int, ...]
    integer: bool
    upper: float

    @property
    def name(self) -> str:
        """Return a name that every LP format accepts."""
        return "_".join((self.kind, *(str(part) for part in self.index)))


@dataclass(frozen=True, slots=True)
class Row:
    """`sum(coefficient * variable) sense bound`."""

    name: str
    terms: tuple[tuple[float, Variable], ...]
    sense: Sense
    bound: float


def instances(problem: FleetProblem, offer: int) -> Variable:
    """n[o]: instances of an offer."""
    return problem.instance_variables[offer]


def replicas(problem: FleetProblem, column: int) -> Variable:
    """r[c]: replicas of a column."""
    return problem.replica_variables[column]


def share(bucket: int, column: int) -> Variable:
    """x[b,c]: the share of a bucket that a column serves."""
    return Variable("x", (bucket, column), integer=False, upper=1)


def used(offer: int) -> Variable:
    """used[o]: 1 when the fleet has any instance of an offer."""
    return Variable("used", (offer,), integer=True, upper=1)
