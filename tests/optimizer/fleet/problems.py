"""Small fleet problems: one with every feature for the golden texts, and random ones for the properties."""

from hypothesis import strategies as st

from optimizer.fleet.hardware import replica_sizes
from optimizer.fleet.problem import Column, FleetLimits, FleetOffer, FleetProblem, Quota
from optimizer.request import LossScope


def offer(number: int, usd_per_hour: float, gpus: int, *, provider: str = "aws", spot: bool = False) -> FleetOffer:
    return FleetOffer(
        offer_id=f"offer-{number}",
        usd_per_hour=usd_per_hour,
        gpus=gpus,
        gpu_id="A100-SXM-80GB",
        provider=provider,
        zone=f"{provider}/zone-{number % 2}",
        pool=f"{provider}/pool-{number}",
        is_spot=spot,
        there_fraction=0.9 if spot else 1.0,
        vcpus=24.0 * gpus,
    )


def two_clouds(limits: FleetLimits | None = None, survive_loss: LossScope = "none") -> FleetProblem:
    """Two offers, three columns (two sizes on the larger offer), two sizes of request."""
    return FleetProblem(
        offers=(offer(0, 4.5, 4), offer(1, 10.25, 8, provider="gcp", spot=True)),
        columns=(
            Column("a", 0, 4, 1, (2.0, 0.5), 0),
            Column("b", 1, 4, 1, (2.5, 0.0), 1),
            Column("c", 1, 8, 1, (6.0, 1.5), 2),
        ),
        demand=(3.0, 1.0),
        limits=limits or FleetLimits(),
        survive_loss=survive_loss,
    )


def all_limits() -> FleetLimits:
    return FleetLimits(
        max_usd_per_hour=50,
        max_spot_fraction=0.5,
        max_instances=7,
        max_kinds=1,
        min_replicas=2,
        max_zone_fraction=0.75,
        max_provider_fraction=0.6,
        max_changes=4,
        spot_losses=2,
        current={0: 2},
        released=1,
        quotas={
            "aws": Quota(frozenset({0}), 3, "instances"),
            "A100-SXM-80GB": Quota(frozenset({0, 1}), 24, "gpus"),
            "aws/zone/P/on_demand vCPUs": Quota(frozenset({0}), 480, "vcpus"),
        },
    )


@st.composite
def small_problems(draw: st.DrawFn, buckets: int = 1, survive_loss: LossScope = "none") -> FleetProblem:
    """Up to three offers and five columns; demand that a few replicas serve; prices in cents."""
    offers = []
    columns: list[Column] = []
    for number in range(draw(st.integers(1, 3))):
        gpus = draw(st.sampled_from([1, 2, 4, 6, 8]))
        cents = draw(st.integers(50, 3000))
        provider = draw(st.sampled_from(["aws", "gcp"]))
        offers.append(offer(number, cents / 100, gpus, provider=provider, spot=draw(st.booleans())))
        sizes = draw(st.lists(st.sampled_from(replica_sizes(gpus)), min_size=1, max_size=2, unique=True))
        for size in sizes:
            capacity = tuple(draw(st.integers(1, 40)) / 4 for _ in range(buckets))
            columns.append(Column(f"c{len(columns)}", number, size, 1, capacity, len(columns)))
    demand = tuple(draw(st.integers(1, 40)) / 4 for _ in range(buckets))
    return FleetProblem(tuple(offers), tuple(columns), demand, FleetLimits(), survive_loss)
