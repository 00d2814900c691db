"""Exchange rates, as users set them."""

from decimal import Decimal

import pytest

from catalog import InvalidInputError
from pricing.rates import with_rates
from pricing.references import load_references
from tests.pricing.quoting import normalized, only_offer, only_reason, quote


def test_rates_are_read_with_their_day():
    rates = with_rates(load_references(), "EUR=1.08@2026-11-20, GBP=.5@2026-11-21").exchange_rates
    assert [(rate.currency, rate.usd_per_unit, str(rate.rate_date)) for rate in rates.values()] == [
        ("EUR", Decimal("1.08"), "2026-11-20"),
        ("GBP", Decimal("0.5"), "2026-11-21"),
    ]


@pytest.mark.parametrize(
    "text", ["EUR=", "EUR=0@2026-11-20", "EUR=1@2026-13-01", "eur=1@2026-11-20", "EUR=-1@2026-11-20"]
)
def test_a_rate_that_cannot_be_read_is_refused(text):
    with pytest.raises(InvalidInputError, match="is no exchange rate"):
        with_rates(load_references(), text)


def rates_of(tmp_path, text):
    """Return {currency: (USD for one, day, source)} of a file of rates."""
    file = tmp_path / "rates.csv"
    file.write_text(text)
    rates = with_rates(load_references(), str(file)).exchange_rates
    return {name: (f"{rate.usd_per_unit.normalize():f}", str(rate.rate_date)) for name, rate in rates.items()}


def test_rates_may_stand_in_a_file(tmp_path):
    text = "currency,usd_per_unit,rate_date,source\nEUR,1.08,2026-11-20,my bank\nCHF,1.2,2026-11-19,\n"
    assert rates_of(tmp_path, text) == {"EUR": ("1.08", "2026-11-20"), "CHF": ("1.2", "2026-11-19")}


def test_the_daily_file_of_the_european_central_bank_is_in_units_for_one_euro(tmp_path):
    text = "Date, USD, JPY, GBP, ISK, \n20 November 2026, 1.0800, 162, 0.864, N/A, \n"
    assert rates_of(tmp_path, text) == {
        "EUR": ("1.08", "2026-11-20"),
        "JPY": ("0.00666667", "2026-11-20"),
        "GBP": ("1.25", "2026-11-20"),
    }


def test_of_the_history_of_the_central_bank_the_newest_day_holds(tmp_path):
    text = "Date,USD,GBP,\n2026-11-19,1.05,0.84,\n2026-11-20,1.08,0.864,\n"
    assert rates_of(tmp_path, text) == {"EUR": ("1.08", "2026-11-20"), "GBP": ("1.25", "2026-11-20")}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no rates in it"),
        ("currency,usd_per_unit,rate_date\nEUR,1.08,2026-11-20\nGBP,0,2026-11-20\n", r"rates\.csv:3"),
        ("currency,rate\nEUR,1.08\n", r"rates\.csv:2"),
        ("Date,JPY\n2026-11-20,162\n", "no day with a rate of USD"),
        ("Date,USD,JPY\n2026-11-20,1.08,many\n", "JPY has no rate"),
    ],
)
def test_a_file_without_rates_is_named_with_the_line(tmp_path, text, told):
    with pytest.raises(InvalidInputError, match=told):
        rates_of(tmp_path, text)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(InvalidInputError, match=r"GPUMIX_EXCHANGE_RATES: '/nowhere/rates\.csv'"):
        with_rates(load_references(), "/nowhere/rates.csv")


def test_a_price_without_a_rate_is_kept_apart_and_says_what_to_set():
    (row,) = normalized(quote(None, currency="EUR", native_per_hour=Decimal(50))).rejections
    assert (row.quarantined, row.detail.startswith("50 EUR per hour: set GPUMIX_EXCHANGE_RATES to EUR=")) == (
        True,
        True,
    )


def test_a_price_that_could_not_be_had_is_kept_apart_with_its_price():
    (row,) = normalized(quote("55.04", rentable=False)).rejections
    assert (row.reason.value, row.usd_per_hour) == ("not rentable when it was seen", Decimal("55.04"))


def test_a_fee_paid_upfront_is_told():
    assert only_offer(quote("20", term="reserved_1y", upfront_fee=Decimal(175200))).note == (
        "175200 USD of it are paid upfront"
    )


def test_a_price_in_another_currency_is_never_taken_for_usd():
    assert only_reason(quote(None, currency="EUR", native_per_hour=Decimal(50))) == "currency without an exchange rate"
