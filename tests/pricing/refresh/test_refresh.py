"""A refresh: every provider on its own, and a report of each."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest

from catalog import UnknownNameError
from pricing.errors import NotConfiguredError
from pricing.offers import AccountQuota
from pricing.providers import Fetched, ItemProblem
from pricing.refresh import NOT_STORED
from pricing.store.batches import Batch
from tests.pricing.quoting import labelled, quote
from tests.pricing.refresh.answers import Answering, answering, failing

EAST, WEST = quote("55.04", region="us-east-1"), quote("55.04", region="us-west-2")
RUNPOD = labelled("1x H100_SXM", "2.99")
NO_KEY = NotConfiguredError("runpod: no key", "set GPUMIX_RUNPOD_API_KEY, or leave runpod out")


def test_a_first_refresh_is_all_new(stored):
    report = stored.report(answering(EAST, WEST))
    assert (report.status, report.offers, report.new, report.changed, report.gone) == ("ok", 2, 2, 0, 0)
    assert stored.prices() == {"us-east-1": "55.04", "us-west-2": "55.04"}


def test_the_next_one_tells_new_changed_and_gone(stored):
    stored.refresh(answering(EAST, WEST))
    report = stored.report(
        answering(quote("50"), quote(region="us-east-2"), quote(region="us-west-2", zone="usw2-az1", term="spot"))
    )
    assert (report.new, report.changed, report.gone) == (1, 1, 1)


def test_a_failed_provider_keeps_its_prices_with_their_age_and_the_others_go_on(stored):
    stored.refresh(answering(EAST), answering(RUNPOD, name="runpod"))
    report = stored.refresh(failing("aws"), answering(RUNPOD, name="runpod"))
    assert [(row.provider, row.status) for row in report.providers] == [("aws", "failed"), ("runpod", "ok")]
    assert report.failed
    assert stored.ages() == {"us-east-1": 1, "secure": 0}


def test_a_failure_says_what_happened_and_what_to_do(stored):
    assert stored.report(failing("aws")).error == "aws answers 503 (try again later)"


def test_a_mistake_in_a_reader_is_a_failure_whose_text_is_not_shown(stored):
    report = stored.report(failing("aws", KeyError("secret-key")))
    assert (report.status, report.error) == ("failed", "internal error in its reader: KeyError")


def test_a_half_answer_keeps_what_it_lacks_and_says_what_is_missing(stored):
    stored.refresh(answering(EAST, WEST))
    half = answering(EAST, partial=True, problems=(ItemProblem("us-west-2", "timed out"),))
    report = stored.report(half)
    assert (report.status, report.gone, report.error) == ("partial", 0, "nothing from us-west-2; us-west-2: timed out")
    assert stored.ages() == {"us-east-1": 0, "us-west-2": 1}


def test_an_answer_with_nothing_to_use_is_a_failure(stored):
    stored.refresh(answering(EAST))
    report = stored.report(answering(quote("0")))
    assert (report.status, report.error) == ("failed", "none of 1 prices can be used")
    assert dict(report.rejected) == {"a price of zero or less": 1}
    assert stored.prices() == {"us-east-1": "55.04"}


def test_items_that_cannot_be_read_are_counted_with_the_rejected(stored):
    report = stored.report(answering(EAST, quote("0"), problems=(ItemProblem("sku:7", "price: not a number"),)))
    assert dict(report.rejected) == {"a price of zero or less": 1, "an item that cannot be read": 1}
    assert report.problems == (ItemProblem("sku:7", "price: not a number"),)


def test_a_provider_without_a_key_is_left_out_unless_it_is_named(stored):
    unnamed = stored.refresh(answering(EAST), failing("runpod", NO_KEY))
    assert [row.provider for row in unnamed.providers] == ["aws"]
    assert [row.provider for row in unnamed.not_configured] == ["runpod"]
    assert not unnamed.failed


def test_a_provider_without_a_key_fails_where_it_is_named(stored):
    named = stored.refresh(answering(EAST), failing("runpod", NO_KEY), names=("runpod",))
    assert [(row.provider, row.status) for row in named.providers] == [("runpod", "failed")]
    assert named.failed


def test_a_refresh_that_can_ask_nobody_failed(stored):
    assert stored.refresh(failing("runpod", NO_KEY)).failed


def test_only_the_named_providers_are_asked(stored):
    report = stored.refresh(answering(EAST), failing("runpod"), names=("aws",))
    assert [row.provider for row in report.providers] == ["aws"]


def test_a_name_nobody_has_is_refused(stored):
    provider = answering(EAST)
    with pytest.raises(UnknownNameError, match="unknown provider 'awz'"):
        stored.refresh(provider, names=("awz",))


def test_offline_nothing_is_asked(stored):
    provider = failing("aws", AssertionError("asked"))
    with pytest.raises(NotConfiguredError, match="GPUMIX_OFFLINE is set"):
        stored.refresh(provider, offline=True)


def test_a_refresh_of_some_regions_ends_nothing_elsewhere(stored):
    stored.refresh(answering(EAST, WEST))
    report = stored.report(answering(quote("50")), regions=("us-east-1",))
    assert (report.offers, report.changed, report.gone) == (1, 1, 0)
    assert stored.ages() == {"us-east-1": 0, "us-west-2": 1}


def test_what_was_not_asked_for_is_not_stored(stored):
    assert stored.report(answering(EAST, WEST), regions=("us-east-1",)).offers == 1


def test_a_dry_run_tells_the_same_and_stores_nothing(stored):
    report = stored.report(answering(EAST, WEST), dry_run=True)
    assert (report.status, report.new) == ("ok", 2)
    assert stored.prices() == {}


def test_a_dry_run_of_a_failure_stores_nothing(stored):
    stored.report(failing("aws"), dry_run=True)
    assert stored.store.batches() == ()


def test_a_batch_that_somebody_else_fetched_later_stands(stored):
    later = stored.clock() + timedelta(days=1.5)
    stored.store.add_batch(Batch("aws", later, (), error="theirs"))
    report = stored.report(answering(EAST))
    assert (report.status, report.new, report.error) == ("ok", 0, NOT_STORED)
    assert [record.error for record in stored.store.batches()] == ["theirs"]


def test_providers_are_asked_at_the_same_time(stored):
    meeting = Barrier(2, timeout=20)

    class Meeting(Answering):
        def fetch(self, settings, progress):
            meeting.wait()
            return super().fetch(settings, progress)

    report = stored.refresh(Meeting("aws", Fetched((EAST,))), Meeting("runpod", Fetched((RUNPOD,))))
    assert [row.status for row in report.providers] == ["ok", "ok"]


def test_progress_is_told_by_provider(stored):
    told = []
    stored.refresh(answering(EAST, WEST), progress=lambda name, items: told.append((name, items)))
    assert told == [("aws", 2)]


def test_the_report_names_the_snapshot_that_now_holds(stored):
    assert stored.refresh(answering(EAST)).snapshot_id == stored.store.snapshot().snapshot_id


def test_a_region_that_a_provider_does_not_have_is_said_and_is_no_failure(stored):
    report = stored.report(answering(EAST), regions=("eu-west-9",))
    assert (report.status, report.offers, report.error) == ("ok", 0, "nothing to use in eu-west-9")


def test_an_answer_that_cannot_be_judged_stops_nobody_else(stored):
    broken = answering(quote(instance_type=None))
    report = stored.refresh(broken, answering(RUNPOD, name="runpod"))
    assert [(row.provider, row.status) for row in report.providers] == [("aws", "failed"), ("runpod", "ok")]


def test_what_an_account_may_run_is_told_and_stored(stored):
    quotas = (AccountQuota("aws", "us-east-1", "P", "on_demand", 192, "P instances", date(2026, 11, 2)),)
    assert stored.report(answering(EAST, quotas=quotas)).quotas == quotas
    assert stored.store.snapshot().quotas == quotas


def test_a_price_whose_rate_is_missing_stays_as_it_was_with_its_old_day(stored):
    stored.refresh(answering(EAST, WEST))
    euros = replace(WEST, usd_per_hour=None, native_per_hour=Decimal(50), currency="EUR")
    report = stored.report(answering(EAST, euros))
    assert (report.status, report.gone, [row.region for row in report.quarantined]) == ("ok", 0, ["us-west-2"])
    assert (stored.prices()["us-west-2"], stored.ages()) == ("55.04", {"us-east-1": 0, "us-west-2": 1})
