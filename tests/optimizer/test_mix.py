"""The mix: against recorded costs, against Mélange's own program with slices, and with bad files."""

import json
from pathlib import Path

import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import InvalidInputError
from optimizer.mix import MixProfile, cheapest_mix, read_profile

DATA = Path(__file__).parents[1] / "data"
SLICES = 2


def profile(name: str) -> MixProfile:
    return read_profile(json.loads((DATA / f"{name}.json").read_text()))


@pytest.mark.parametrize(
    ("rate", "cost"),
    [(0.5, 1.01), (2, 1.01), (4, 2.02), (8, 3.67), (16, 3.67), (30, 4.68), (32, 5.69), (64, 11.01), (256, 36.70)],
)
def test_the_worked_example_costs_what_exact_routing_costs(rate: float, cost: float) -> None:
    assert cheapest_mix(profile("melange_example"), rate).cost_usd_per_hour == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "costs"),
    [
        ("aibrix_uniform", (0.3, 0.3, 0.6, 0.9, 1.5, 3.0, 5.7, 11.4)),
        ("aibrix_short", (0.3, 0.3, 0.3, 0.3, 0.3, 0.6, 1.2, 2.4)),
    ],
)
def test_larger_tables_cost_what_was_recorded(name: str, costs: tuple[float, ...]) -> None:
    found = [cheapest_mix(profile(name), 2.0**power).cost_usd_per_hour for power in range(len(costs))]
    assert found == pytest.approx(list(costs), abs=1e-6)


def melange_cost(table: MixProfile, rate: float) -> float:
    """Mélange's program: whole slices of each size to GPU types, integer counts of them."""
    problem = pulp.LpProblem("melange", pulp.LpMinimize)
    count = {g: problem.add_variable(f"y_{n}", 0, None, pulp.LpInteger) for n, g in enumerate(table.gpu_info)}
    load: dict[str, list[object]] = {g: [] for g in table.gpu_info}
    for i, row in enumerate(table.workload_distribution):
        for j, weight in enumerate(row):
            for s in range(SLICES):
                given_to = []
                for n, (g, gpu) in enumerate(table.gpu_info.items()):
                    if gpu.tputs[i][j] > 0:
                        x = problem.add_variable(f"x_{i}_{j}_{s}_{n}", 0, 1, pulp.LpInteger)
                        given_to.append(x)
                        load[g].append(weight * rate / SLICES / gpu.tputs[i][j] * x)
                problem += pulp.lpSum(given_to) == 1
    problem += pulp.lpSum(gpu.cost * count[g] for g, gpu in table.gpu_info.items())
    for g in table.gpu_info:
        problem += pulp.lpSum(load[g]) <= count[g]
    problem.solve(pulp.HiGHS(msg=False, threads=1, gapRel=0))
    return float(pulp.value(problem.objective))


@st.composite
def profiles(draw: st.DrawFn) -> MixProfile:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))

    def table(low: int) -> list[list[float]]:
        return [[draw(st.integers(low, 60)) / 4 for _ in range(columns)] for _ in range(rows)]

    gpus = {
        f"gpu{n}": {"cost": draw(st.integers(10, 900)) / 100, "tputs": table(0)} for n in range(draw(st.integers(1, 3)))
    }
    gpus["able"] = {"cost": draw(st.integers(10, 900)) / 100, "tputs": table(1)}
    return read_profile({"gpu_info": gpus, "workload_distribution": table(1)})


@given(profiles(), st.integers(1, 40))
@settings(max_examples=60)
def test_a_mix_is_never_dearer_than_melange(table: MixProfile, rate: int) -> None:
    found = cheapest_mix(table, rate / 10)
    assert found.cost_usd_per_hour is not None
    assert found.cost_usd_per_hour <= melange_cost(table, rate / 10) + 1e-6


@given(profiles(), st.integers(1, 40))
@settings(max_examples=40)
def test_routing_serves_everything_within_the_counts(table: MixProfile, rate: int) -> None:
    found = cheapest_mix(table, rate / 10)
    weights = [weight for row in table.workload_distribution for weight in row]
    for shares in found.routing:
        assert sum(shares) == pytest.approx(1)
    for number, (name, gpu) in enumerate(table.gpu_info.items()):
        tputs = [tput for row in gpu.tputs for tput in row]
        load = sum(
            weight * rate / 10 / tput * shares[number]
            for weight, tput, shares in zip(weights, tputs, found.routing, strict=True)
            if tput > 0
        )
        assert load <= found.counts[name] + 1e-6
    assert found.cost_usd_per_hour == pytest.approx(sum(table.gpu_info[g].cost * n for g, n in found.counts.items()))


def test_a_size_that_nobody_serves_is_infeasible() -> None:
    table = read_profile({"gpu_info": {"a": {"cost": 1, "tputs": [[0.0, 2]]}}, "workload_distribution": [[0.5, 0.5]]})
    assert cheapest_mix(table, 1).status == "infeasible"


def test_no_demand_costs_nothing() -> None:
    assert cheapest_mix(profile("melange_example"), 0).cost_usd_per_hour == 0


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, "gpu_info"),
        ({"gpu_info": {}, "workload_distribution": [[1]]}, "gpu_info"),
        ({"gpu_info": {"a": {"cost": 0, "tputs": [[1]]}}, "workload_distribution": [[1]]}, "gpu_info.a.cost"),
        ({"gpu_info": {"a": {"cost": 1, "tputs": [[-1]]}}, "workload_distribution": [[1]]}, "gpu_info.a.tputs"),
        ({"gpu_info": {"a": {"cost": 1, "tputs": [[1, 2]]}}, "workload_distribution": [[1]]}, "tputs of a"),
        ([1, 2], "profile"),
    ],
)
def test_a_bad_profile_is_refused_by_name(document: object, where: str) -> None:
    with pytest.raises(InvalidInputError, match=where):
        read_profile(document)


def test_a_profile_without_a_rate_asks_for_one() -> None:
    table = read_profile({"gpu_info": {"a": {"cost": 1, "tputs": [[1]]}}, "workload_distribution": [[1]]})
    with pytest.raises(InvalidInputError, match="rate"):
        cheapest_mix(table)
