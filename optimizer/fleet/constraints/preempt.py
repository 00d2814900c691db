"""The fleet still serves everything after any so many of its spot instances are taken back at once."""

from collections.abc import Iterator

from optimizer.fleet.constraints.survive import replica_values, replicas_on_one_instance, weightings
from optimizer.fleet.problem import FleetProblem, Row, Variable, replicas

Weights = tuple[float, ...]


def preempt(problem: FleetProblem) -> Iterator[Row]:
    """preempt[u]: sum_c v[u,c] r[c] - worst[u,last,k] >= 1, for k losses and weightings u of the sizes (see `survive`).

    worst[u,o,j] >= worst[u,o-1,j-i] + sum_{c on o} v[u,c] away[c,i] for i = 0..j, over the spot offers o in order:
    the most that j losses on the offers up to o can take, whichever way they fall.
    away[c,i] >= min(i k[c], r[c]), with k[c] replicas of c on one instance: where i instances of its offer are lost.
    With whole[c,i] in {0, 1}: away >= i k whole and r - away <= (most - i k) whole.
    """
    most_lost = problem.limits.spot_losses or 0
    spot = [index for index, offer in enumerate(problem.offers) if offer.is_spot and problem.columns_of[index]]
    if most_lost == 0 or not spot:
        return
    for offer in spot:
        for column in problem.columns_of[offer]:
            for count in range(1, most_lost + 1):
                yield from _away_rows(problem, column, count)
    for number, weights in enumerate(weightings(problem)):
        value = replica_values(problem, weights)
        for place, offer in enumerate(spot):
            for lost in range(1, most_lost + 1):
                yield from _worst_rows(problem, number, value, place, offer, lost)
        held = tuple((worth, replicas(problem, column)) for column, worth in enumerate(value) if worth > 0)
        if held:
            worst = _worst(problem, number, len(spot) - 1, most_lost)
            yield Row(f"preempt_{number}", (*held, (-1.0, worst)), ">=", sum(weights))


def _worst_rows(
    problem: FleetProblem, number: int, value: list[float], place: int, offer: int, lost: int
) -> Iterator[Row]:
    """worst[o,j] >= worst[o-1,j-i] + what i instances of o take, for every i."""
    for here in range(lost + 1):
        terms = [(1.0, _worst(problem, number, place, lost))]
        if place > 0 and lost > here:
            terms.append((-1.0, _worst(problem, number, place - 1, lost - here)))
        if here > 0:
            terms += [(-value[c], _away(problem, c, here)) for c in problem.columns_of[offer] if value[c] > 0]
        if len(terms) > 1:
            yield Row(f"preempt_worst_{number}_{place}_{lost}_{here}", tuple(terms), ">=", 0)


def _away_rows(problem: FleetProblem, column: int, count: int) -> Iterator[Row]:
    lost = count * replicas_on_one_instance(problem, column)
    whole = Variable("whole", (column, count), integer=True, upper=1)
    away = _away(problem, column, count)
    rest = max(0.0, float(problem.most_replicas[column] - lost))
    yield Row(f"preempt_whole_{column}_{count}", ((float(lost), whole), (-1.0, away)), "<=", 0)
    terms = ((1.0, replicas(problem, column)), (-1.0, away), (-rest, whole))
    yield Row(f"preempt_rest_{column}_{count}", terms, "<=", 0)


def _away(problem: FleetProblem, column: int, count: int) -> Variable:
    """away[c,i]: the replicas of a column that go with i instances of its offer."""
    return Variable("away", (column, count), integer=False, upper=float(problem.most_replicas[column]))


def _worst(problem: FleetProblem, number: int, place: int, lost: int) -> Variable:
    """worst[u,o,j]: the most that j losses on the spot offers up to o take."""
    top = 1.0 + sum(float(most) for most in problem.most_replicas)
    return Variable("worst", (number, place, lost), integer=False, upper=top)
