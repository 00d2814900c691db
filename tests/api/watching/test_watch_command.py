"""The command and its rounds: one check or many, told once, and the exit codes of the contract."""

import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.answering import Answerer
from api.cli import app
from api.documents import to_json
from api.exits import exit_code
from api.watching.checking import Check
from api.watching.memory import Memory
from api.watching.rounds import Watch
from api.watching.webhook import Limits, Webhook
from catalog import InvalidInputError
from optimizer.fleet.plan import Plan
from pricing.errors import ProviderError
from tests.e2e import command
from tests.optimizer.fleet.market import catalog, offer, plan, request, snapshot
from tests.pricing.providers.replay import Answer, Replay

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHEAPER = snapshot(offer("44.00"), offer("33.00", provider="gcp"))


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, rounds: int) -> None:
        self.now, self.left = START, rounds

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def watch(folder: Path, clock: Callable[[], datetime], shown: list[Check], **changes: Any) -> Watch:
    usual = Watch(
        plan=plan(request(), (offer("40.00"),)), threshold_fraction=0.05, cooldown=timedelta(days=1),
        memory=Memory(folder), webhook=None, refresh=tuple, answerer=lambda: Answerer(catalog(), CHEAPER),
        clock=clock, show=shown.append,
    )  # fmt: skip
    return replace(usual, **changes)


def test_the_same_thing_is_told_once_a_cooldown(tmp_path: Path) -> None:
    shown: list[Check] = []
    clock = Clock(rounds=9)
    with pytest.raises(KeyboardInterrupt):
        watch(tmp_path, clock, shown).forever(timedelta(hours=6), clock.sleep)
    assert [True, False, False, False, True, False, False, False, True] == [found.alert for found in shown]


def test_what_was_told_is_known_to_the_next_run(tmp_path: Path) -> None:
    shown: list[Check] = []
    for _ in range(2):
        watch(tmp_path, lambda: START, shown).once()
    assert [True, False] == [found.alert for found in shown]


def test_alerts_go_to_the_webhook_and_nothing_else_does(tmp_path: Path) -> None:
    with Replay(lambda request: "ok") as server:
        watched = watch(tmp_path, lambda: START, [], webhook=Webhook(server.address))
        watched.once()
        watched.once()
    (asked,) = server.asked
    body = json.loads(asked.body)
    assert ("cheaper", 33.0) == (body["check"]["state"], body["check"]["cheapest_usd_per_hour"])
    assert "25% less" in body["text"]


def test_an_alert_that_the_webhook_did_not_take_is_told_again(tmp_path: Path) -> None:
    shown: list[Check] = []
    with Replay(lambda request: Answer(status=400)) as server:
        watched = watch(tmp_path, lambda: START, shown, webhook=Webhook(server.address, limits=Limits(attempts=1)))
        for _ in range(2):
            with pytest.raises(ProviderError) as caught:
                watched.once()
            assert 5 == exit_code(caught.value)
    assert [True, True] == [found.alert for found in shown]


def test_a_round_that_fails_is_said_and_the_next_one_comes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def failing() -> Answerer:
        raise ProviderError("prices are out")

    clock = Clock(rounds=2)
    with pytest.raises(KeyboardInterrupt):
        watch(tmp_path, clock, [], answerer=failing).forever(timedelta(hours=1), clock.sleep)
    assert 2 == capsys.readouterr().err.count("prices are out")


def test_what_went_wrong_with_a_refresh_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch(tmp_path, lambda: START, [], refresh=lambda: ("vast: broken",)).once()
    assert "vast: broken" in capsys.readouterr().err


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a plan of the shipped prices in a file."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    path.write_text(to_json(Answerer.shipped().ask("8 users at 20 tok/s at 8K, llama 3.1 70b")))
    return path


def run(home: Path, *arguments: str, **env: str) -> Result:
    offline = {"XDG_DATA_HOME": str(home), "GPUMIX_OFFLINE": "1"}
    return CliRunner().invoke(app, ["watch", *arguments], env={**offline, **env})


def test_a_check_is_one_json_line(saved: Path, tmp_path: Path) -> None:
    done = run(tmp_path, str(saved), "--once", "--json")
    assert 0 == done.exit_code, done.exception
    (text,) = done.stdout.splitlines()
    assert ("same", False) == (json.loads(text)["state"], json.loads(text)["alert"])


def test_a_fleet_that_is_no_longer_offered_is_an_alert(saved: Path, tmp_path: Path) -> None:
    old = json.loads(saved.read_text())
    for line in old["lines"]:
        line["instance_type"] = "of-yesterday"
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old))
    done = run(tmp_path, str(path), "--once")
    assert 0 == done.exit_code, done.exception
    assert "ALERT" in done.stdout
    assert "no longer offered" in done.stdout


def test_nothing_fits_any_more_is_exit_code_3(saved: Path, tmp_path: Path) -> None:
    old = json.loads(saved.read_text())
    old["request"]["limits"]["max_usd_per_hour"] = 0.01
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old))
    assert 3 == run(tmp_path, str(path), "--once").exit_code


@pytest.mark.parametrize(
    "options",
    [("--every", "soon"), ("--every", "0h"), ("--cooldown", "1w"), ("--webhook", "http://127.0.0.1:1")],
    ids=" ".join,
)
def test_bad_options_are_refused(saved: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    assert isinstance(run(tmp_path, str(saved), "--once", *options).exception, InvalidInputError)


def test_a_plan_without_a_fleet_is_refused(saved: Path, tmp_path: Path) -> None:
    found: Plan = plan(request(limits={"max_usd_per_hour": 0.01}), (offer("40.00"),))
    path = tmp_path / "none.json"
    path.write_text(to_json(found))
    assert isinstance(run(tmp_path, str(path), "--once").exception, InvalidInputError)


def test_old_prices_are_exit_code_4(saved: Path) -> None:
    done = command.run("watch", str(saved), "--once", "--no-refresh", GPUMIX_MAX_PRICE_AGE_DAYS="1")
    assert 4 == done.code, done.err


def test_an_interrupt_ends_it_without_a_traceback(saved: Path, tmp_path: Path) -> None:
    env = command.environment(GPUMIX_OFFLINE="1", XDG_DATA_HOME=str(tmp_path))
    arguments = [str(command.GPUMIX), "watch", str(saved), "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "same" == first["state"]
    assert (130, "") == (process.returncode, err)
