"""A SQLite file that is damaged: found, refused with the way back, and restored from an export, the whole way."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from pricing import load_snapshot
from pricing.store.batches import CONTRACT, Batch
from pricing.store.price_store import PriceStore

NOW = datetime.now(UTC)
AWS = tuple(offer for offer in load_snapshot().offers if offer.provider == "aws")
PRICE, FLIPPED = "77.123", "17.123"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database in which AWS has fewer offers than as shipped, one of them at a price of its own."""
    file = tmp_path / "data" / "prices.db"
    store = PriceStore.open(f"sqlite:///{file}")
    changed = replace(AWS[0], usd_per_hour=Decimal(PRICE), native_per_hour=Decimal(PRICE))
    store.add_batch(Batch("aws", NOW - timedelta(hours=1), (changed, *AWS[1:40])))
    store.close()
    return file


def gpumix(database: Path, *arguments: str) -> Result:
    environment = {"GPUMIX_DATABASE_URL": f"sqlite:///{database}"}
    return CliRunner().invoke(app, ["prices", *arguments], env=environment, catch_exceptions=True)


def overwritten(database: Path) -> None:
    """Fill the middle of the file with what a broken disk might give."""
    with database.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (database.stat().st_size - 8192))


def cut_short(database: Path) -> None:
    with database.open("r+b") as raw:
        raw.truncate(database.stat().st_size // 2)


def flipped(database: Path) -> None:
    """Change one digit of one price, which no page of the file contradicts."""
    content = database.read_bytes()
    assert PRICE.encode() in content
    database.write_bytes(content.replace(PRICE.encode(), FLIPPED.encode()))


@pytest.mark.parametrize("fault", [overwritten, cut_short, flipped])
def test_a_damaged_file_is_found_refused_and_restored(fault: Callable[[Path], None], database: Path) -> None:
    kept = gpumix(database, "export").stdout
    fault(database)
    found = gpumix(database, "status")
    assert "is damaged" in str(found.exception)
    assert "is damaged" in str(gpumix(database, "export").exception), "damaged prices must not become an export"

    hint = getattr(found.exception, "hint", "")
    subprocess.run(hint[hint.index("(") + 1 : hint.index(")")], shell=True, check=True)  # noqa: S602  # the hint itself
    (database.parent / "kept.csv").write_text(kept)
    restored = gpumix(database, "import", str(database.parent / "kept.csv"), "--json")
    assert 0 == restored.exit_code, restored.exception
    assert [("aws", 40)] == [(row["provider"], row["offers"]) for row in json.loads(restored.stdout)["providers"]]
    assert kept == gpumix(database, "export").stdout
    assert 0 == gpumix(database, "status").exit_code


def test_an_export_restores_only_an_empty_database(database: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text(gpumix(database, "export").stdout)
    refused = gpumix(database, "import", str(tmp_path / "kept.csv"))
    assert "restores an empty database" in str(refused.exception)


def test_an_export_of_what_ships_changes_nothing(tmp_path: Path) -> None:
    nothing = tmp_path / "none.db"
    (tmp_path / "kept.csv").write_text(gpumix(nothing, "export").stdout)
    assert [] == json.loads(gpumix(nothing, "import", str(tmp_path / "kept.csv"), "--json").stdout)["providers"]
    assert load_snapshot().snapshot_id == json.loads(gpumix(nothing, "status", "--json").stdout)["snapshot_id"]


def test_a_contract_rate_is_restored_with_its_days(database: Path, tmp_path: Path) -> None:
    store = PriceStore.open(f"sqlite:///{database}")
    days = {"valid_from": NOW.date() - timedelta(days=1), "valid_until": NOW.date() + timedelta(days=90)}
    rate = replace(AWS[0], usd_per_hour=Decimal(5), source="contract rates", **days)
    store.add_batch(Batch("aws", NOW, (rate,), feed=CONTRACT))
    store.close()
    exported = gpumix(database, "export").stdout
    (tmp_path / "kept.csv").write_text(exported)
    done = gpumix(tmp_path / "new.db", "import", str(tmp_path / "kept.csv"), "--json")
    (row,) = json.loads(done.stdout)["providers"]
    assert ({}, exported) == (row["rejected"], gpumix(tmp_path / "new.db", "export").stdout)
    assert str(days["valid_until"]) in exported


BROKEN = [
    (lambda text: text[: len(text) // 2], "cells"),
    (lambda text: text.replace(PRICE, "-1"), "a price of -1"),
    (lambda text: text.replace(PRICE, "much"), "damaged export"),
    (lambda text: text.replace("H100-SXM-80GB", "H1000"), "unknown GPU H1000"),
    (lambda text: text + text.splitlines()[-1] + "\n", "given twice"),
]


@pytest.mark.parametrize(("fault", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_a_damaged_export_is_refused(fault: Callable[[str], str], said: str, database: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text(fault(gpumix(database, "export").stdout))
    refused = gpumix(tmp_path / "new.db", "import", str(tmp_path / "kept.csv"))
    assert said in str(refused.exception)
    assert () == PriceStore.open(f"sqlite:///{tmp_path / 'new.db'}").batches()
