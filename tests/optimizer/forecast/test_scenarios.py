"""Chance: seeded, ordered, centred on the forecast; prices from their history; tokens against an API."""

from datetime import date

import numpy as np
import pytest

from optimizer.forecast.budget import Spread
from optimizer.forecast.scenarios import draw
from optimizer.forecast.uncertainty import price_spread
from tests.optimizer.forecast.budgets import budget, offers, request, usual

NONE = {"demand_fraction_per_year": 0, "price_fraction_per_year": 0, "performance_fraction": 0}


def spreads(demand: float, price: float, performance: float) -> tuple[Spread, ...]:
    given = {"demand": demand, "price": price, "performance": performance}
    return tuple(Spread(name, fraction, "a test") for name, fraction in given.items())


def test_percentiles_are_in_order_in_every_month_and_in_total() -> None:
    for month in usual().months:
        assert month.p10 is not None
        assert month.p50 is not None
        assert month.p90 is not None
        assert month.p10 <= month.p50 <= month.p90
    total = usual().total
    assert total is not None
    assert (total.p10 or 0) < (total.p50 or 0) < (total.p90 or 0)


def test_without_any_spread_every_scenario_is_the_forecast() -> None:
    found = budget(request(base=100, months=3, scenarios=20, uncertainty=NONE))
    assert found.total is not None
    assert found.total.p10 == pytest.approx(found.total.usd_amortised)
    assert found.total.p90 == pytest.approx(found.total.usd_amortised)


def test_a_seed_is_a_sample() -> None:
    one, same = (draw(spreads(0.2, 0.1, 0.1), 50, 12, [3]) for _ in range(2))
    other = draw(spreads(0.2, 0.1, 0.1), 50, 12, [4])
    assert np.array_equal(one.demand, same.demand)
    assert not np.array_equal(one.demand, other.demand)


def test_after_a_year_the_spread_is_the_yearly_one() -> None:
    drawn = draw(spreads(0.2, 0.1, 0.15), 20_000, 12, [0])
    assert np.log(drawn.demand[:, -1]).std() == pytest.approx(0.2, rel=0.03)
    assert np.log(drawn.price[:, -1]).std() == pytest.approx(0.1, rel=0.03)
    assert np.log(drawn.performance).std() == pytest.approx(0.15, rel=0.03)
    assert np.median(drawn.demand[:, -1]) == pytest.approx(1, rel=0.02)


def test_other_amounts_of_commitment_have_their_cost() -> None:
    found = budget(request(base=60, scenarios=50, uncertainty=NONE), offers(small=None))
    costs = {other.factor: other.expected_usd for other in found.commitments}
    assert min(costs, key=lambda factor: costs[factor]) == 1.0
    assert costs[0.0] == pytest.approx(costs[1.0] * 40 / 24)
    assert costs[2.0] == pytest.approx(costs[1.0] * 2)


def test_the_spread_of_prices_is_of_changes_over_a_year() -> None:
    halved = [(date(2024, 1, 1), date(2024, 6, 1), 4.0), (date(2024, 6, 2), date(2025, 6, 1), 2.0)]
    assert price_spread([halved]).fraction == pytest.approx(np.log(2), abs=1e-4)
    assert "estimate" in price_spread([halved[:1]]).basis


def test_a_budget_is_set_against_a_price_per_token() -> None:
    cheap = {"usd_per_million_output_tokens": 0.01}
    dear = {"usd_per_million_output_tokens": 1000, "usd_per_million_input_tokens": 1}
    market = offers(small=None)
    lost, won = (budget(request(base=60, months=2, api_price=price), market).break_even for price in (cheap, dear))
    assert lost is not None
    assert won is not None
    assert ("api", None, ()) == (lost.cheaper, lost.break_even_demand, lost.months_self_hosted_is_cheaper)
    assert ("self-hosted", ("2027-01", "2027-02")) == (won.cheaper, won.months_self_hosted_is_cheaper)
    assert won.api_usd_per_million == pytest.approx(1000 + 7680 / 512)


def test_dollars_per_million_tokens_pay_for_idle_hours() -> None:
    flat = budget(request(base=60, months=1, terms=["on_demand"]), offers(small=None)).months[0]
    tokens = 60 * 20 * 3600 * 730
    assert flat.usd_per_million_output_tokens == pytest.approx(flat.usd_total_amortised / tokens * 1e6)


def test_purchases_for_the_expected_cost_are_cheaper_on_average() -> None:
    market = offers(reserved=39, small=None)
    plain, careful = (
        budget(request(base=460, scenarios=400, risk={"measure": measure}), market)
        for measure in ("forecast", "expected")
    )
    means = [next(each.expected_usd for each in found.commitments if each.factor == 1) for found in (plain, careful)]
    assert sum(bought.count for bought in careful.purchases) < sum(bought.count for bought in plain.purchases)
    assert means[1] < means[0]


def test_without_any_spread_the_expected_cost_is_that_of_the_forecast() -> None:
    plain = budget(request(base=100, months=12, uncertainty=NONE))
    careful = budget(request(base=100, months=12, uncertainty=NONE, risk={"measure": "expected"}, scenarios=1))
    assert plain.purchases == careful.purchases
