"""Preemption: how often a spot instance is taken back, and the part of the time that it is there."""

from catalog import Catalog
from optimizer.request import PlanRequest
from pricing.offers import Offer

HOURS_PER_MONTH = 730
MINUTES_PER_HOUR = 60


def interruptions_per_month(offer: Offer, request: PlanRequest, catalog: Catalog) -> float:
    """Return the interruptions of one instance in a month of 730 hours; none but of spot."""
    if offer.term != "spot":
        return 0.0
    if request.spot.interruptions_per_month is not None:
        return request.spot.interruptions_per_month
    return catalog.interruption(offer.provider, offer.region, offer.instance_type).per_hour * HOURS_PER_MONTH


def there_fraction(offer: Offer, request: PlanRequest, catalog: Catalog) -> float:
    """Return 1 - p, the part of the time that an instance is there.

    An instance runs 1 / rate hours on average, then is away until it is replaced: 1 - p = 1 / (1 + rate x hours away),
    the availability of a renewal process.
    """
    rate_per_hour = interruptions_per_month(offer, request, catalog) / HOURS_PER_MONTH
    return 1 / (1 + rate_per_hour * request.spot.replace_minutes / MINUTES_PER_HOUR)


def useful_times(request: PlanRequest, catalog: Catalog, nodes: int) -> float:
    """Return how many times the demand a replica may serve before more changes no fleet: once, of what is sure.

    Where averages count, capacity that is there for a part of the time serves that part: 1 / (1 - p) times, for the
    most often interrupted replica on so many nodes.
    """
    if request.spot.losses is None:
        return 1.0
    often = max(row.per_hour for row in catalog.interruptions.values())
    if request.spot.interruptions_per_month is not None:
        often = request.spot.interruptions_per_month / HOURS_PER_MONTH
    return float((1 + often * request.spot.replace_minutes / MINUTES_PER_HOUR) ** nodes)
