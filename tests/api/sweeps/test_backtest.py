"""Looking back: the prices of a day, and what each way of paying adds up to."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.render.backtest import backtest_text
from api.sweeps.backtesting import Backtest, backtest, read_backtest
from api.sweeps.past import PastPrices
from catalog import InvalidInputError, load_catalog
from pricing import load_snapshot
from pricing.spans import PriceSpan

TODAY = load_snapshot()
OFFER = next(it for it in TODAY.offers if it.provider == "azure" and it.term == "on_demand" and it.gpu_count == 8)
OTHER = next(
    it for it in TODAY.offers if it.provider == "aws" and it.term == "on_demand" and it.gpu_id == "H100-SXM-80GB"
)
START = date(2026, 1, 1)
REQUEST = {"workload": {"users": 1, "tok_per_s_per_user": 5, "context_tokens": 4096}, "model": "llama-3.1-8b"}
ASKED: dict[str, Any] = {"request": REQUEST, "start": "2026-01-01", "end": "2026-01-10", "carry_days": 3}


def span(usd: str, first: int, last: int, *, offer: Any = OFFER, **changes: Any) -> PriceSpan:
    days = START + timedelta(days=first), START + timedelta(days=last)
    given = {"series": "", "instance_type": offer.instance_type, "gpu_count": offer.gpu_count, **changes}
    return PriceSpan(
        provider=offer.provider, region=offer.region, zone=None, term="on_demand", gpu_id=offer.gpu_id,
        usd_per_hour=Decimal(usd), first_seen=days[0], last_seen=days[1], source="test", **given,
    )  # fmt: skip


def price(past: PastPrices, day: int) -> list[str]:
    return [str(offer.usd_per_hour) for offer in past.on(START + timedelta(days=day)).offers]


def test_a_price_holds_while_it_was_seen_and_some_days_after() -> None:
    past = PastPrices([span("10", 2, 4), span("12", 9, 9)], TODAY, carry_days=2)
    prices = [price(past, day) for day in range(13)]
    assert [[], [], ["10"], ["10"], ["10"], ["10"], ["10"], [], [], ["12"], ["12"], ["12"], []] == prices


def test_of_two_series_the_one_seen_last_holds_and_of_two_seen_alike_the_cheaper() -> None:
    past = PastPrices([span("10", 0, 5, series="a"), span("9", 0, 3, series="b")], TODAY, carry_days=9)
    assert (["9"], ["10"]) == (price(past, 3), price(past, 4))


def test_a_machine_that_is_not_known_today_is_counted() -> None:
    spans = [span("10", 0, 5, instance_type="gone"), span("10", 0, 5, gpu_count=3), span("10", 0, 5)]
    past = PastPrices(spans, TODAY, carry_days=9)
    assert (2, 1) == (past.unknown_machines, len(past.on(START).offers))


def test_days_with_the_same_prices_are_one_snapshot() -> None:
    past = PastPrices([span("10", 0, 1), span("11", 2, 5)], TODAY, carry_days=9)
    ids = [past.on(START + timedelta(days=day)).snapshot_id for day in range(4)]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def looked_back(*spans: PriceSpan, **changes: Any) -> Backtest:
    asked = read_backtest({**ASKED, **changes})
    return backtest(asked, PastPrices(spans, TODAY, asked.carry_days), TODAY, load_catalog(), lambda done: None)


def test_the_cheapest_of_each_day_is_followed_and_the_first_plan_is_held() -> None:
    found = looked_back(span("10", 0, 9), span("12", 0, 3, offer=OTHER), span("7", 4, 9, offer=OTHER))
    assert [10] * 4 + [7] * 6 == [day.usd_per_hour for day in found.days]
    assert [10] * 10 == [day.held_usd_per_hour for day in found.days]
    assert [10] * 10 == [day.hyperscaler_usd_per_hour for day in found.days]
    assert found.total is not None
    assert 10 == found.total.days
    assert 24 * (4 * 10 + 6 * 7) == found.total.usd_followed
    assert 2400 == found.total.usd_held == found.total.usd_hyperscaler
    assert 1 == found.total.changes


def test_following_never_costs_more_than_holding_or_listing() -> None:
    found = looked_back(span("10", 0, 4), span("14", 5, 9), span("11", 0, 9, offer=OTHER))
    for day in found.days:
        others = [usd for usd in (day.held_usd_per_hour, day.hyperscaler_usd_per_hour) if usd is not None]
        assert (day.usd_per_hour or 0) <= min(others)


def test_every_days_counts_the_days_up_to_the_next_look() -> None:
    found = looked_back(span("10", 0, 9), every_days=4)
    assert [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 9)] == [day.day for day in found.days]
    assert found.total is not None
    assert (10, 2400) == (found.total.days, found.total.usd_followed)


def test_a_day_without_a_price_is_unknown_and_in_no_total() -> None:
    found = looked_back(span("10", 0, 1), span("12", 0, 9, offer=OTHER))
    assert [10] * 5 + [None] * 5 == [day.held_usd_per_hour for day in found.days]
    assert found.total is not None
    assert 5 == found.total.days
    assert "unknown" in backtest_text(found)


REFUSED = [
    ({"start": "soon"}, "start"),
    ({"end": "2025-01-01"}, "is before start"),
    ({"hyperscaler": "ibm"}, "hyperscaler"),
    ({"every_days": 0}, "every_days"),
    ({"start": "1900-01-01"}, "days to look at"),
    ({"strat": 1}, "strat"),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED, ids=str)
def test_a_mistake_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        read_backtest({**ASKED, **changes})


def test_the_command_looks_back_over_the_shipped_history(tmp_path: Path) -> None:
    path, picture = tmp_path / "backtest.json", tmp_path / "chart.svg"
    path.write_text(json.dumps({**ASKED, "start": "2026-03-01", "end": "2026-04-30", "every_days": 20}))
    done = CliRunner().invoke(app, ["backtest", "-f", str(path), "--json", "--png", str(picture)])
    assert done.exit_code == 0, done.exception
    document = json.loads(done.stdout)
    assert ["2026-03-01", "2026-03-21", "2026-04-10", "2026-04-30"] == [day["day"] for day in document["days"]]
    assert document["total"]["usd_followed"] <= document["total"]["usd_hyperscaler"]
    assert picture.read_text().startswith("<svg")
