"""What more context costs: as much as asking for it, and nothing is asked beyond the model."""

import pytest

from optimizer.demand import demand_of
from optimizer.fleet.candidates import find_candidates, refit
from optimizer.fleet.changes import longer
from optimizer.fleet.choosing import choose
from optimizer.request import PlanRequest
from tests.optimizer.fleet.market import CHAT, ONE_SIZE, TWO_SIZES, catalog, cost, plan, request, snapshot, three_clouds

LOADS = {
    "context": (CHAT, "16,384 tokens of context"),
    "short context": ({**CHAT, "context_tokens": 1000}, "2,000 tokens of context"),
    "prompt": (ONE_SIZE, "prompts of 2,000 tokens"),
    "buckets": (TWO_SIZES, "prompts twice as long"),
    "tokens per second": ({"output_tok_per_s": 400.0, "context_tokens": 2048}, "4,096 tokens of context"),
}


def asked_longer(asked: PlanRequest, most: int = 131_072) -> tuple[str, PlanRequest] | None:
    return longer(asked, demand_of(asked, catalog().model(asked.model)), most)


@pytest.mark.parametrize("name", LOADS)
def test_twice_the_context_costs_what_asking_for_it_costs(name: str) -> None:
    workload, words = LOADS[name]
    made, found = plan(request(workload)), asked_longer(request(workload))
    assert found is not None
    assert found[0] == words
    told = {ask.change: ask.cost_usd_per_hour for ask in made.explanation.what_if}
    assert told[words] == pytest.approx(cost(found[1]))


@pytest.mark.parametrize("name", LOADS)
def test_answers_stay_as_long_as_they_are(name: str) -> None:
    asked = request(LOADS[name][0])
    found = asked_longer(asked)
    assert found is not None
    model = catalog().model(asked.model)
    before, after = demand_of(asked, model), demand_of(found[1], model)
    assert [size.output_tokens for size in before.sizes] == [size.output_tokens for size in after.sizes]
    assert before.amounts == pytest.approx(after.amounts)


@pytest.mark.parametrize("name", LOADS)
def test_beyond_what_the_model_takes_nothing_is_asked(name: str) -> None:
    assert asked_longer(request(LOADS[name][0]), most=900) is None


@pytest.mark.parametrize("name", LOADS)
def test_layouts_of_shorter_requests_serve_longer_ones_just_the_same(name: str) -> None:
    found = asked_longer(request(LOADS[name][0]))
    assert found is not None
    prices = snapshot(*three_clouds())
    known = refit(find_candidates(request(LOADS[name][0]), prices, catalog()), found[1])
    anew = find_candidates(found[1], prices, catalog())
    assert choose(known).cost_usd_per_hour == pytest.approx(choose(anew).cost_usd_per_hour)
