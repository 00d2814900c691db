"""No zone, and no provider, has more than its share of the GPUs."""

from collections.abc import Iterator

from optimizer.fleet.problem import FleetProblem, Row, instances


def spread(problem: FleetProblem) -> Iterator[Row]:
    """spread[d]: sum_o gpus[o] (in[o,d] - most_fraction) n[o] <= 0, for every zone or provider d."""
    limits, offers = problem.limits, problem.offers
    for name, most, domain in (
        ("zone", limits.max_zone_fraction, [offer.zone for offer in offers]),
        ("provider", limits.max_provider_fraction, [offer.provider for offer in offers]),
    ):
        if most is None:
            continue
        for number, place in enumerate(sorted(set(domain))):
            terms = tuple(
                (offer.gpus * (float(domain[index] == place) - most), instances(problem, index))
                for index, offer in enumerate(offers)
            )
            yield Row(f"spread_{name}_{number}", terms, "<=", 0)
