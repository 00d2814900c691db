"""The cheapest fleet by trying every one: shares no code with the program, packs replicas into real instances."""

import itertools
import math

from scipy.optimize import linprog

from optimizer.fleet.problem import FleetProblem


def cheapest_by_trying(problem: FleetProblem) -> float:
    """Return the least $/h over all replica counts, renting the fewest instances that hold them one by one."""
    most = [
        sum(math.ceil(amount / served) for amount, served in zip(problem.demand, column.capacity, strict=True))
        for column in problem.columns
    ]
    best = math.inf
    for counts in itertools.product(*(range(top + 1) for top in most)):
        cost = sum(
            offer.usd_per_hour * _instances(problem, number, counts) for number, offer in enumerate(problem.offers)
        )
        if cost < best and _serves(problem, counts):
            best = cost
    return best


def _instances(problem: FleetProblem, offer: int, counts: tuple[int, ...]) -> int:
    """First-fit by falling size into instances, each of which is a bin of its own."""
    sizes = [
        column.gpus_per_replica
        for column, count in zip(problem.columns, counts, strict=True)
        for _ in range(count)
        if column.offer == offer
    ]
    rooms: list[int] = []
    for size in sorted(sizes, reverse=True):
        for place, room in enumerate(rooms):
            if room >= size:
                rooms[place] -= size
                break
        else:
            rooms.append(problem.offers[offer].gpus - size)
    return len(rooms)


def _serves(problem: FleetProblem, counts: tuple[int, ...]) -> bool:
    if len(problem.demand) == 1:
        served = sum(column.capacity[0] * count for column, count in zip(problem.columns, counts, strict=True))
        return served >= problem.demand[0] - 1e-9
    return _routes(problem, counts)


def _routes(problem: FleetProblem, counts: tuple[int, ...]) -> bool:
    """Ask an LP whether the demand of several sizes can be routed over these replicas."""
    buckets, columns = len(problem.demand), len(problem.columns)
    serve = [[1.0 if place // columns == b else 0.0 for place in range(buckets * columns)] for b in range(buckets)]
    load = [
        [
            problem.demand[place // columns] / column.capacity[place // columns] if place % columns == c else 0.0
            for place in range(buckets * columns)
        ]
        for c, column in enumerate(problem.columns)
    ]
    answer = linprog([0.0] * (buckets * columns), load, list(counts), serve, [1.0] * buckets, bounds=(0, 1))
    return bool(answer.status == 0)
