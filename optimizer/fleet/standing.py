"""Standing: what is left after a loss serves everything by itself, and costs at least what serving everything costs.

So a fleet costs beside any of its offers at least what serving everything costs without the zone or provider that is
lost with it; and where instances are lost one by one, beside one instance of any offer. Two fleets that share nothing
that is lost at once, of which each serves everything, survive every loss together.
"""

import math
from collections.abc import Set
from dataclasses import dataclass, replace

from optimizer.fleet.clock import Clock
from optimizer.fleet.constraints import rows_of
from optimizer.fleet.constraints.survive import replicas_on_one_instance
from optimizer.fleet.goals import cost_terms
from optimizer.fleet.narrowing import TOLERANCE_USD_PER_HOUR, Narrowed, most_within, narrowed
from optimizer.fleet.problem import Column, FleetLimits, FleetProblem, instances
from optimizer.fleet.pruning import Choice, replaced_offers

FEW = 6


@dataclass(frozen=True, slots=True)
class Rest:
    """`beside[o]`: the least that a fleet costs beside offer o; `beside_one[o]`: beside one instance of it.

    `apart` has the offers of two cheap fleets of which each serves everything, or some where nothing may be lost; none
    where no such fleet is known.
    """

    beside: tuple[float, ...]
    beside_one: tuple[float, ...]
    apart: frozenset[int] = frozenset()

    def most(self, problem: FleetProblem, cost_usd_per_hour: float) -> tuple[int, ...]:
        """Return the most instances of each offer in a fleet that costs no more."""
        most = most_within(problem, cost_usd_per_hour, self.beside)
        allowed = cost_usd_per_hour + TOLERANCE_USD_PER_HOUR
        return tuple(
            count if offer.usd_per_hour + beside <= allowed else 0
            for count, offer, beside in zip(most, problem.offers, self.beside_one, strict=True)
        )


def rest_of(problem: FleetProblem, clock: Clock) -> Rest:
    """Return what any fleet costs beside each offer: without the zone or provider that is lost with it.

    Only the places of the cheapest fleet that serves everything have to be tried: without any other place, it costs the
    same.
    """
    nothing = (0.0,) * len(problem.offers)
    if not problem.survives_losses:
        return Rest(nothing, nothing, _cheapest_alone(problem))
    places = _places(problem)
    cost, first = _serving(problem, set(), clock)
    beside_one = tuple(cost if _goes_whole(problem, offer) else 0.0 for offer in range(len(problem.offers)))
    if problem.survive_loss == "none":
        return Rest(nothing, beside_one)
    taken = {places[offer] for offer in first}
    if problem.survive_loss not in ("zone", "provider"):
        return Rest(nothing, beside_one, _both(first, _serving(problem, taken, clock)[1]))
    without = {place: _serving(problem, {place}, clock) for place in sorted(taken)}
    second = without[min(taken)][1] if len(taken) == 1 else _serving(problem, taken, clock)[1]
    beside = tuple(without[place][0] if place in without else cost for place in places)
    return Rest(beside, beside_one, _both(first, second))


def _both(first: frozenset[int], second: frozenset[int]) -> frozenset[int]:
    return first | second if second else frozenset()


def _goes_whole(problem: FleetProblem, offer: int) -> bool:
    """Return whether a loss to survive takes a whole instance of an offer, or all that runs on one."""
    if problem.limits.spot_losses and problem.offers[offer].is_spot:
        return True
    if problem.survive_loss == "replica":
        return all(replicas_on_one_instance(problem, column) == 1 for column in problem.columns_of[offer])
    return problem.survive_loss != "none"


def _serving(problem: FleetProblem, gone: Set[str], clock: Clock) -> tuple[float, frozenset[int]]:
    """Return the least that serving everything costs without some places, infinite where they are needed; on what."""
    easy = _carefree(problem)
    here = zip(_places(problem), easy.most_instances, strict=True)
    part = narrowed(easy, [0 if place in gone else most for place, most in here])
    part = _undominated(_within(part, _cost_alone(part.problem)))
    if any(not servers for servers in part.problem.servers):
        return math.inf, frozenset()
    found = clock.solve(cost_terms(part.problem), rows_of(part.problem))
    if not found.values:
        return (math.inf if found.outcome == "infeasible" else 0.0), frozenset()
    used = (offer for n, offer in enumerate(part.offers) if found.count(instances(part.problem, n)))
    return found.bound, frozenset(used)


def _places(problem: FleetProblem) -> list[str]:
    """Return what is lost with each offer where a zone or a provider is; its own id for anything less."""
    match problem.survive_loss:
        case "zone":
            return [offer.zone for offer in problem.offers]
        case "provider":
            return [offer.provider for offer in problem.offers]
        case _:
            return [offer.offer_id for offer in problem.offers]


def _carefree(problem: FleetProblem) -> FleetProblem:
    """Return the problem of serving everything, with no limit and nothing to survive: what is left must solve it."""
    return replace(problem, limits=FleetLimits(), survive_loss="none", loss_weights=())


def _cheapest_alone(problem: FleetProblem) -> frozenset[int]:
    """Return the offers of which one column alone serves everything for the least money, FEW of many."""
    if len(problem.offers) <= 2 * FEW:
        return frozenset()
    costs = _costs_alone(problem)
    return frozenset(sorted(costs, key=lambda offer: (costs[offer], offer))[:FEW])


def _cost_alone(problem: FleetProblem) -> float:
    """Return the least that a fleet of a single column costs, infinite where none serves every size."""
    return min(_costs_alone(problem).values(), default=math.inf)


def _costs_alone(problem: FleetProblem) -> dict[int, float]:
    """Return {offer: the least that one of its columns costs which serves everything alone}."""
    costs: dict[int, float] = {}
    for column in problem.columns:
        if all(column.capacity):
            cost = problem.offers[column.offer].usd_per_hour * _instances_alone(problem, column)
            costs[column.offer] = min(cost, costs.get(column.offer, math.inf))
    return costs


def _instances_alone(problem: FleetProblem, column: Column) -> int:
    load = math.fsum(amount / served for amount, served in zip(problem.demand, column.capacity, strict=True))
    gpus = math.ceil(load * (1 + 1e-9)) * column.gpus_per_replica
    return math.ceil(gpus / problem.offers[column.offer].gpus)


def _within(part: Narrowed, cost_usd_per_hour: float) -> Narrowed:
    """Return a carefree problem with no more of any offer than the money buys."""
    return part.narrowed(most_within(part.problem, cost_usd_per_hour, (0.0,) * len(part.offers)))


def _undominated(part: Narrowed) -> Narrowed:
    """Return a carefree problem without the offers that others replace for no more money: no limit tells them apart."""
    problem, count = part.problem, len(part.offers)
    gone = replaced_offers(
        prices=[offer.usd_per_hour for offer in problem.offers],
        gpus=[offer.gpus for offer in problem.offers],
        machine=range(count),
        choices={offer: _choices(problem, offer) for offer in range(count)},
        group=[()] * count,
        several=[True] * count,
    )
    return part.narrowed([0 if offer in gone else most for offer, most in enumerate(problem.most_instances)])


def _choices(problem: FleetProblem, offer: int) -> tuple[Choice, ...]:
    columns = ((number, problem.columns[number]) for number in problem.columns_of[offer])
    return tuple(Choice(n, it.gpus_per_replica, it.instances_per_replica, it.capacity) for n, it in columns)
