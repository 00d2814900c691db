"""An export restores what it told, the days of contract rates with it; what nobody can plan with is set apart."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from catalog import InvalidInputError, load_catalog
from pricing.files import DAY_COLUMNS, FORMULA_STARTS, OFFER_COLUMNS, read_offers, write_offers
from pricing.importers.contracts import SOURCE
from pricing.rejections import Reason
from pricing.restoring import NOT_RESTORED, restore_export
from pricing.shipped import load_snapshot
from pricing.store.errors import OutdatedBatchError
from pricing.store.merging import EMPTY, Baseline, snapshot_id
from tests.pricing.store.offering import NOON, baseline, batch, offer, prices

TODAY = NOON.date()
SHIPPED = Baseline(load_snapshot().snapshot_id, load_snapshot().offers)
RATE_PLACE = next(row for row in SHIPPED.offers if row.provider == "aws")
LIST = replace(RATE_PLACE, source="AWS Price List API")
RATE = replace(LIST, source=SOURCE, valid_from=TODAY, valid_until=TODAY + timedelta(days=30), note="contract rate")


def restored(store, offers):
    return restore_export(store, "export.csv", write_offers(offers).encode(), NOON, load_catalog())


@pytest.mark.parametrize("days", [{}, {"valid_until": TODAY}, {"valid_from": TODAY, "valid_until": TODAY}])
def test_the_days_of_a_rate_are_in_its_file_and_come_back(days):
    offers = (LIST, replace(LIST, zone="a", **days))
    assert read_offers(write_offers(offers)) == offers


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''=1", "'plain", "it's"])
def test_no_text_of_an_export_is_a_formula_and_all_come_back(text):
    written = write_offers((replace(LIST, region=text),))
    (row,) = list(csv.reader(io.StringIO(written)))[1:]
    assert (read_offers(written)[0].region, row[2].startswith(FORMULA_STARTS)) == (text, False)


def test_a_file_without_a_day_is_as_it_always_was():
    header, dated = write_offers((LIST,)).splitlines()[0], write_offers((RATE,)).splitlines()[0]
    assert (tuple(header.split(",")), tuple(dated.split(","))) == (OFFER_COLUMNS, (*OFFER_COLUMNS, *DAY_COLUMNS))


def test_an_export_with_a_rate_restores_the_same_snapshot(open_store):
    exported = tuple(RATE if row is RATE_PLACE else row for row in SHIPPED.offers)
    store = open_store(SHIPPED)
    restored(store, exported)
    assert (store.snapshot(NOON).offers, store.snapshot(NOON).snapshot_id) == (exported, snapshot_id(exported))


def test_where_a_restored_rate_ends_the_list_price_comes_back(open_store):
    store = open_store(SHIPPED)
    restored(store, tuple(RATE if row is RATE_PLACE else row for row in SHIPPED.offers))
    assert store.snapshot(NOON + timedelta(days=31)).offers == SHIPPED.offers


def test_a_rate_whose_days_are_in_its_note_alone_is_left_out(open_store):
    old = replace(RATE, valid_from=None, valid_until=None, note="contract rate; valid until 2026-12-01")
    report = restored(open_store(SHIPPED), tuple(old if row is RATE_PLACE else row for row in SHIPPED.offers))
    assert [{NOT_RESTORED: 1}] == [one.rejected for one in report.providers if one.rejected]


def test_an_export_with_an_unknown_link_names_the_line(store):
    with pytest.raises(InvalidInputError, match="line 2: unknown link nvlink-99"):
        restored(store, (replace(LIST, intra_link_id="nvlink-99"),))


def test_batches_are_stored_together_or_not_at_all(store, clock):
    store.add_batch(batch(clock.days(1), offer("55.04")))
    with pytest.raises(OutdatedBatchError):
        store.add_batches([batch(clock(), offer("1.00"), provider="gcp"), batch(NOON, offer("2.00"))])
    assert ["aws"] == [record.provider for record in store.batches()]


@pytest.mark.parametrize(
    "strange", [{"intra_link_id": "nvlink-99"}, {"inter_link_id": "ib-9000"}, {"gpu_id": "Z900-1TB"}]
)
def test_what_a_newer_gpumix_stored_of_unknown_hardware_is_quarantined(store, clock, strange):
    known, unknown = offer("55.04"), offer("9.00", region="eu-west-1", **strange)
    store.add_batch(batch(clock(), known, unknown))
    assert prices(store.snapshot()) == {"us-east-1": "55.04"}
    assert store.snapshot().rejected == {Reason.STRANGE: 1}
    (row,) = store.rejections()
    (name,) = strange.values()
    assert (row.quarantined, row.region, name in row.detail) == (True, "eu-west-1", True)


def test_under_an_offer_of_unknown_hardware_the_shipped_price_holds(open_store, clock):
    store = open_store(baseline(offer("98.32", observed_at=TODAY - timedelta(days=9))))
    store.add_batch(batch(clock(), offer("9.00", intra_link_id="nvlink-99"), status="partial"))
    assert prices(store.snapshot()) == {"us-east-1": "98.32"}


def test_without_batches_there_is_nothing_to_store(store):
    assert ([], EMPTY.snapshot_id) == (store.add_batches([]), store.snapshot().snapshot_id)
