"""A plan that was tampered with in any field is refused, and the field is named."""

import re
from functools import cache
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api.documents import to_plain
from api.replaying import MEASURED, unlike
from optimizer.fleet.plan import Plan
from optimizer.verifying import broken_rules
from tests.optimizer.fleet.market import ONE_SIZE, TWO_SIZES, catalog, plan, request, snapshot, three_clouds
from tests.optimizer.verifying.mutations import generic, mutated, mutations, of_each_kind, shown

RUNNING = {"provider": "gcp", "region": "europe-west4", "instance_type": "8x-A100-SXM-80GB", "count": 2}
REQUESTS = {
    "one user": request({"users": 1, "tok_per_s_per_user": 10, "context_tokens": 8192}),
    "a mix": request(
        {**TWO_SIZES, "request_rate_per_s": 8}, slo={"ttft_s": 3}, limits={"max_kinds": 3, "max_instances": 6}
    ),
    "a loss survived": request(survive_loss="provider", limits={"max_usd_per_hour": 200}),
    "spot": request(TWO_SIZES, allow={"terms": ["spot"]}, spot={"losses": 2}),
    "a running fleet": request(current=[RUNNING], limits={"max_changes": 4}),
    "surely": request(ONE_SIZE, slo={"ttft_s": 2, "tpot_ms": 60}, confidence=0.9),
    "nothing fits": request(limits={"max_usd_per_hour": 0.5}),
}
WORDS = "words for people; what they say is in other fields"
SOLVED = "only solving again can tell"
NOT_BY_RULES = {
    r"question|interpretation|assumptions.*|ignored.*": WORDS,
    r"explanation\.(what_if|binding)(\.\*\.(change|limit))?": WORDS,
    r"explanation\.what_if\.\*\.cost_usd_per_hour|explanation\.binding\.\*\.saving_usd_per_hour": SOLVED,
    r"explanation\.(given_up|rejected\..*)": SOLVED,
    r"explanation\.near_misses(\.\*\.(needed|has))?": "the nearest of many: only looking at all of them can tell",
    r"explanation\.model_card.*": WORDS,
    r"conflicts.*": SOLVED,
    r"alternatives": "one left out: only solving again can tell that it is there",
    r"alternatives\.\*\.lines\.\*\.(tensor_parallel|pipeline_parallel|replicas)": "a plan to look at, not to launch",
}
"""Fields, and why the rules, which know no solver, need not notice every change of them; the replay does."""
TIMES = re.compile("|".join(map(re.escape, MEASURED)))
"""How long it took, another figure each time: whatever is possible is believed."""

PLANS: TypeAdapter[Plan] = TypeAdapter(Plan)


@cache
def sound(name: str) -> Any:
    return to_plain(plan(REQUESTS[name]))


def tampered(name: str) -> Any:
    """Yield (path, how, plan) for every way to change one field of a plan into another plan."""
    for path, value in of_each_kind(sound(name)):
        for how, changed in mutations(value):
            try:
                yield path, how, PLANS.validate_python(mutated(sound(name), path, changed))
            except ValidationError:  # no plan at all: `gpumix verify` says so
                continue


def left_to_the_replay(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in NOT_BY_RULES) or TIMES.fullmatch(path) is not None


@pytest.mark.parametrize("name", REQUESTS)
def test_the_plans_are_sound(name: str) -> None:
    assert broken_rules(plan(REQUESTS[name]), snapshot(*three_clouds()), catalog()) == ()


@pytest.mark.parametrize("name", REQUESTS)
def test_the_rules_notice_every_changed_field(name: str) -> None:
    prices, tried = snapshot(*three_clouds()), 0
    missed = []
    for path, how, forged in tampered(name):
        if not left_to_the_replay(generic(path)):
            tried += 1
            if not broken_rules(forged, prices, catalog()):
                missed.append(f"{shown(path)} {how}")
    assert missed == []
    assert tried > (300 if sound(name)["lines"] else 40)


@pytest.mark.parametrize("name", REQUESTS)
def test_planning_again_names_every_changed_field(name: str) -> None:
    honest, unnamed = plan(REQUESTS[name]), []
    for path, how, forged in tampered(name):
        found = unlike(forged, honest)
        if not any(told.startswith(shown(path)) for told in found) and not TIMES.fullmatch(generic(path)):
            unnamed.append(f"{shown(path)} {how}: {found}")
    assert unnamed == []


@pytest.mark.parametrize("path", [("certificate", "solve_seconds"), ("elapsed_seconds",)], ids=str)
def test_a_time_that_cannot_be_is_refused(path: tuple[str, ...]) -> None:
    for name in ("one user", "nothing fits"):
        forged = PLANS.validate_python(mutated(sound(name), path, -1.0))
        assert any(path[-1] in told for told in broken_rules(forged, snapshot(*three_clouds()), catalog()))


@pytest.mark.parametrize("pattern", NOT_BY_RULES)
def test_every_exception_is_of_some_field(pattern: str) -> None:
    fields = {generic(path) for name in REQUESTS for path, _ in of_each_kind(sound(name))}
    fields |= {"explanation.model_card", "ignored"}
    assert any(re.fullmatch(pattern, field) for field in fields)
