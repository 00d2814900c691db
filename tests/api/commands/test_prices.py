"""`gpumix prices` in process: what each command prints, and how it ends."""

import csv
import hashlib
import io
import json
import socket
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from api.cli import app
from catalog import InvalidInputError, UnknownNameError
from pricing import load_snapshot
from pricing.store.price_store import PriceStore
from tests.pricing.store.offering import batch, offer

RATES = "provider,region,instance_type,term,usd_per_hour\naws,us-east-1,p5.48xlarge,on_demand,31.5\n"
DATED = RATES.replace("hour\n", "hour,valid_until\n").replace("31.5", "31.5,2999-12-31")
P5 = ("--provider", "aws", "--instance-type", "p5.48xlarge", "--region", "us-east-1")
ON_DEMAND = (*P5, "--term", "on_demand")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "prices.db"


@pytest.fixture
def gpumix(file):
    """Run a command on a database of its own; keys and hosts of the machine are not seen."""

    def run(*arguments, **environment):
        settings = {"GPUMIX_DATABASE_URL": f"sqlite:///{file}", **environment}
        return CliRunner().invoke(app, ["prices", *map(str, arguments)], env=settings)

    return run


@pytest.fixture
def shown(gpumix):
    """Return the document that a command prints."""

    def run(*arguments):
        done = gpumix(*arguments, "--json")
        assert done.exit_code == 0, done.exception
        return json.loads(done.stdout)

    return run


def store_batch(file, *offers, **changes):
    store = PriceStore.open(f"sqlite:///{file}")
    store.add_batch(batch(datetime.now(UTC), *offers, **changes))
    store.close()


def test_a_contract_rate_is_listed_with_its_last_day(gpumix, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text(DATED)
    assert gpumix("import", rates).exit_code == 0
    header, row, *_ = gpumix("list", *ON_DEMAND).stdout.splitlines()
    assert (header.split()[-2:], row.split()[-1]) == (["valid", "until"], "2999-12-31")


def test_a_contract_rate_that_ended_is_not_stored_and_says_so(shown, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text(DATED.replace("2999", "2024"))
    (report,) = shown("import", rates)["providers"]
    assert (report["offers"], report["rejected"]) == (0, {"outside the days it is valid on": 1})


def test_history_shows_the_cut_of_june_2025(shown):
    items = shown("history", *ON_DEMAND)["items"]
    assert [(item["usd_per_hour"], item["first_seen"], item["last_seen"]) for item in items] == [
        (98.32, "2023-07-31", "2025-06-04"),
        (55.04, "2025-06-05", "2026-08-22"),
    ]


def test_history_as_text_tells_the_change(gpumix):
    lines = gpumix("history", *ON_DEMAND).stdout.splitlines()
    assert lines[0] == "aws us-east-1 p5.48xlarge (8 x H100 SXM 80 GB) on demand"
    assert lines[3].startswith("2025-06-05  2026-08-22  $55.04  -44.0%")


def test_history_goes_on_with_stored_prices(file, shown):
    store_batch(file, offer("50"))
    assert [item["usd_per_hour"] for item in shown("history", *ON_DEMAND)["items"]] == [98.32, 55.04, 50]


@pytest.mark.parametrize(("name", "start"), [("p5.png", b"\x89PNG"), ("p5.svg", b"<svg")])
def test_history_is_drawn(gpumix, tmp_path, name, start):
    picture = tmp_path / name
    done = gpumix("history", *P5, "--png", picture)
    assert done.exit_code == 0
    assert picture.read_bytes().startswith(start)
    assert str(picture) not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("history",), "history of which offers"),
        (("history", "--provider", "nobody"), "no price of such an offer"),
        (("history", *P5, "--png", "chart.pdf"), "no picture file"),
        (("history", *P5, "--png", "/nowhere/chart.png"), "cannot be written"),
        (("list", "--as-of", "today"), "is no day"),
        (("import", "/nowhere/rates.csv"), "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(gpumix, arguments, words):
    done = gpumix(*arguments)
    assert isinstance(done.exception, InvalidInputError)
    assert words in done.exception.message


def test_a_gpu_nobody_has_is_refused(gpumix):
    assert isinstance(gpumix("history", "--gpu", "H1000").exception, UnknownNameError)


def test_looking_makes_no_database(file, gpumix):
    for arguments in (("status",), ("list",), ("list", "--as-of", "2026-08-01"), ("history", *P5), ("export",)):
        assert gpumix(*arguments).exit_code == 0
    assert not file.exists()


def test_list_has_stored_offers_and_shipped_ones_elsewhere(file, shown):
    store_batch(file, offer("1.5"))
    items = shown("list")["items"]
    assert [item["usd_per_hour"] for item in items if item["provider"] == "aws"] == [1.5]
    assert len({item["provider"] for item in items}) == len({offer.provider for offer in load_snapshot().offers})


def test_list_as_of_a_day_before_the_first_batch_has_what_was_shipped_by_then(file, shown):
    before = shown("list", "--as-of", "2026-08-01")
    store_batch(file, offer("1.5"))
    assert shown("list", "--as-of", "2026-08-01") == before
    assert {item["observed_at"] <= "2026-08-01" for item in before["items"]} == {True}


def test_export_is_the_text_whose_hash_is_the_id(file, gpumix, shown):
    store_batch(file, offer("1.5"))
    text = gpumix("export").stdout
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == shown("list")["snapshot_id"]
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(shown("export")["items"])


def test_status_tells_how_the_last_refreshes_went(file, shown):
    store_batch(file, offer(), status="partial", error="us-west-2: timed out")
    (last,) = shown("status")["batches"]
    assert (last["provider"], last["feed"], last["status"], last["error"]) == (
        "aws", "live", "partial", "us-west-2: timed out",
    )  # fmt: skip
    assert last["age_hours"] < 1


def test_status_of_a_provider_that_never_answered_has_no_age(file, shown):
    store_batch(file, status="failed", error="aws answers 503")
    (last,) = shown("status")["batches"]
    assert (last["good_at"], last["age_hours"]) == (None, None)


def test_status_says_that_nothing_was_ever_refreshed(gpumix):
    assert "never refreshed; run: gpumix prices refresh" in gpumix("status").stdout


def test_contract_rates_beat_list_prices(shown, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text(RATES)
    report = shown("import", rates)
    assert (report["feed"], [row["new"] for row in report["providers"]]) == ("contract", [1])
    (item,) = shown("list", *ON_DEMAND)["items"]
    assert (item["usd_per_hour"], item["source"]) == (31.5, "contract rates")


def test_an_import_says_what_it_leaves_out(gpumix, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text(f"{RATES}nobody,here,8x H100,on_demand,10\n")
    assert "1  nobody: provider in no table" in gpumix("import", rates).stdout


def test_offline_a_refresh_ends_with_5_and_a_sentence(gpumix, file):
    done = gpumix("refresh", GPUMIX_OFFLINE="1")
    assert done.exit_code == 5
    assert done.stdout == ""
    assert "GPUMIX_OFFLINE is set" in done.stderr
    assert not file.exists()


def test_a_provider_that_does_not_answer_ends_with_5_and_a_report(gpumix):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = gpumix(
        "refresh", "--provider", "azure", "--json", GPUMIX_AZURE_URL=address, GPUMIX_FETCH_ATTEMPTS="1"
    )  # fmt: skip
    (report,) = json.loads(done.stdout)["providers"]
    assert done.exit_code == 5
    assert (report["provider"], report["status"], report["offers"]) == ("azure", "failed", 0)
    assert report["error"].startswith("azure")


def test_a_damaged_database_is_named(gpumix, file):
    file.write_text("no database" * 1000)
    assert "prices.db is damaged" in gpumix("list").exception.message
