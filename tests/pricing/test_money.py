"""Exchange rates, as users set them."""

from decimal import Decimal

import pytest

from catalog import InvalidInputError
from pricing.references import load_references, with_rates
from tests.pricing.quoting import normalized, only_offer, only_reason, quote


def test_rates_are_read_with_their_day():
    rates = with_rates(load_references(), "EUR=1.08@2026-11-20, GBP=.5@2026-11-21").exchange_rates
    assert [(rate.currency, rate.usd_per_unit, str(rate.rate_date)) for rate in rates.values()] == [
        ("EUR", Decimal("1.08"), "2026-11-20"),
        ("GBP", Decimal("0.5"), "2026-11-21"),
    ]


@pytest.mark.parametrize(
    "text", ["EUR", "EUR=0@2026-11-20", "EUR=1@2026-13-01", "eur=1@2026-11-20", "EUR=-1@2026-11-20"]
)
def test_a_rate_that_cannot_be_read_is_refused(text):
    with pytest.raises(InvalidInputError, match="is no exchange rate"):
        with_rates(load_references(), text)


def test_a_price_that_could_not_be_had_is_kept_apart_with_its_price():
    (row,) = normalized(quote("55.04", rentable=False)).rejections
    assert (row.reason.value, row.usd_per_hour) == ("not rentable when it was seen", Decimal("55.04"))


def test_a_fee_paid_upfront_is_told():
    assert only_offer(quote("20", term="reserved_1y", upfront_fee=Decimal(175200))).note == (
        "175200 USD of it are paid upfront"
    )


def test_a_price_in_another_currency_is_never_taken_for_usd():
    assert only_reason(quote(None, currency="EUR", native_per_hour=Decimal(50))) == "currency without an exchange rate"
