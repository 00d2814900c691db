"""`gpumix verify`: every changed field is named, with what to do; honest plans hold, however they were asked for."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.answering import Answerer
from api.cli import app
from api.documents import to_json
from api.replaying import unlike
from optimizer.interactive import plan as plan_in_python
from optimizer.request import read_request
from pricing import load_snapshot
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import batch

QUESTION = "1 user at 10 tok/s at 2K, llama 3.1 8b, on L40S at aws"
SMALL = {
    "model": "llama-3.1-8b",
    "workload": {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 2048},
    "allow": {"providers": ["aws"], "gpus": ["L40S"]},
}


@cache
def asked() -> str:
    return to_json(Answerer.current().ask(QUESTION))


def verify(text: str, *options: str) -> Any:
    return CliRunner().invoke(app, ["verify", "-", *options], input=text)


def forged(path: str, value: object) -> str:
    document = json.loads(asked())
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    reduce(lambda part, key: part[key], parents, document)[last] = value
    return json.dumps(document)


MADE: dict[str, Callable[[], str]] = {
    "asked": asked,
    "requested": lambda: to_json(Answerer.current().plan(read_request(SMALL))),
    "from Python": lambda: to_json(plan_in_python(SMALL)),
    "infeasible": lambda: to_json(Answerer.current().ask(f"{QUESTION} under $0.10/h")),
    "dated": lambda: to_json(Answerer.current().ask(f"{QUESTION}, prices at most 900 days old")),
}


@pytest.mark.parametrize("made", MADE)
def test_an_honest_plan_holds(made: str) -> None:
    done = verify(MADE[made]())
    assert (0, True) == (done.exit_code, "planned again the same" in done.stdout), done.stdout


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("lines.0.count", 7, "lines[0].count is 7, planned again it is 1"),
        ("lines.0.usd_per_hour", 0.01, "line 1: usd_per_hour is 0.01"),
        ("explanation.what_if.0.cost_usd_per_hour", 0.9, "explanation.what_if[0].cost_usd_per_hour is 0.9"),
        ("explanation.what_if", [], "explanation.what_if has 0 entries"),
        ("interpretation", "Two users.", "interpretation is 'Two users.'"),
        ("question", f"{QUESTION} with 2 users", "cannot be read"),
        ("question", QUESTION.replace("1 user", "2 users"), "request.workload.users is 1, the question reads as 2"),
        ("request.workload.users", 2, "request.workload.users is 2, the question reads as 1"),
        ("alternatives.0.summary", "free", "alternatives[0].summary is 'free'"),
        ("certificate.solver", "luck", "certificate.solver is 'luck'"),
    ],
)
def test_a_changed_field_is_named_with_what_to_do(path: str, value: object, named: str) -> None:
    done = verify(forged(path, value))
    assert 3 == done.exit_code
    assert named in done.stdout
    assert "plan again: gpumix ask" in done.stdout.splitlines()[-1]


def test_the_rules_alone_leave_words_alone() -> None:
    assert 0 == verify(forged("interpretation", "Two users."), "--rules-only").exit_code


def test_prices_that_are_not_here_are_named_with_what_to_do() -> None:
    done = verify(forged("snapshot.id", "0123456789abcdef"))
    assert 3 == done.exit_code
    assert "snapshot 0123456789abcdef, are not here" in done.stdout


def test_a_plan_holds_on_its_own_prices_after_a_refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMIX_DATABASE_URL", f"sqlite:///{tmp_path / 'prices.db'}")
    offers = load_snapshot().offers
    cheapest = next(one for one in offers if (one.provider, one.gpu_id, one.term) == ("aws", "L40S-48GB", "on_demand"))
    now, store = datetime.now(UTC), PriceStore.open()
    store.add_batch(batch(now - timedelta(days=2), replace(cheapest, usd_per_hour=Decimal("0.50"))))
    text = to_json(Answerer.current().plan(read_request(SMALL)))
    store.add_batch(batch(now, replace(cheapest, usd_per_hour=Decimal("0.70"))))
    store.close()
    assert Answerer.current().snapshot.snapshot_id != json.loads(text)["snapshot"]["id"]
    done = verify(text)
    assert 0 == done.exit_code, done.stdout


def test_reasons_that_were_given_up_for_want_of_time_are_not_missed() -> None:
    whole = Answerer.current().plan(read_request(SMALL))
    hurried = replace(
        whole,
        alternatives=whole.alternatives[:1],
        explanation=replace(whole.explanation, given_up=3, what_if=(), break_even=()),
    )
    assert () == unlike(hurried, whole)
    assert unlike(replace(hurried, explanation=replace(hurried.explanation, given_up=0)), whole)
