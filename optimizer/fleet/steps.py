"""Steps from the fleet that runs already to the planned one: everything is rented before anything is released."""

from collections import Counter
from collections.abc import Sequence

from optimizer.fleet.plan import FleetStep, Line
from optimizer.request import PlanRequest

Place = tuple[str, str, str | None, str, str]


def steps(request: PlanRequest, lines: Sequence[Line]) -> tuple[FleetStep, ...]:
    """Return the steps in the order in which capacity never falls below both fleets; none where nothing runs yet."""
    if not request.current:
        return ()
    now: Counter[Place] = Counter()
    for one in request.current:
        now[one.provider, one.region, one.zone, one.instance_type, one.term] += one.count
    planned: Counter[Place] = Counter()
    for line in lines:
        planned[line.provider, line.region, line.zone, line.instance_type, line.term] += line.count
    places = sorted({*now, *planned}, key=lambda place: tuple(part or "" for part in place))
    up = [
        FleetStep("rent", *place, count=planned[place] - now[place]) for place in places if planned[place] > now[place]
    ]
    down = [
        FleetStep("release", *place, count=now[place] - planned[place])
        for place in places
        if planned[place] < now[place]
    ]
    return (*up, *down)
