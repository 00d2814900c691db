"""The user's exchange rates: written in a setting, or in a file that it names.

    EUR=1.08@2026-11-20, GBP=1.27@2026-11-20     USD for one unit, of that day
    rates.csv                                    columns currency, usd_per_unit, rate_date and, if one likes, source
    eurofxref.csv, eurofxref-hist.csv            the European Central Bank's reference rates: units for one EUR, by day

None ship: a rate of months ago would turn every price in another currency into a wrong one without a word.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from catalog import InvalidInputError
from pricing.references import References
from pricing.rows import ExchangeRate

SETTING = "GPUMIX_EXCHANGE_RATES"
_RATE = re.compile(r"^([A-Z]{3})=(\d*\.?\d*[1-9]\d*)@(\d{4}-\d\d-\d\d)$")
_CODE = re.compile(r"^[A-Z]{3}$")
_PLACES = Decimal("0.00000001")
_MOST_BYTES = 8 * 2**20
_ECB = "European Central Bank, euro foreign exchange reference rates"


def with_rates(references: References, text: str) -> References:
    """Return the tables with the rates of a setting, which may be the path of a file. Raises InvalidInputError."""
    rates = _inline(text) if "=" in text or not text.strip() else _file(text.strip())
    added = {rate.currency: rate for rate in rates}
    return replace(references, exchange_rates={**references.exchange_rates, **added})


def _inline(text: str) -> Iterator[ExchangeRate]:
    for part in filter(None, map(str.strip, text.split(","))):
        match = _RATE.match(part)
        currency, rate, day = match.groups() if match else ("", "", "")
        try:
            yield _rate(currency, rate, day, "the user's settings")
        except (ArithmeticError, ValueError):
            hint = "write USD for one unit: EUR=1.08@2026-11-20; or name a file of rates"
            raise InvalidInputError(f"{part!r} is no exchange rate", hint) from None


def _file(path: str) -> Iterable[ExchangeRate]:
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no UTF-8 text"
        hint = "write rates as EUR=1.08@2026-11-20, or name a CSV of them"
        raise InvalidInputError(f"{SETTING}: {path!r} is neither a rate nor a file: {why}", hint) from None
    rows = [
        {name.strip(): (cell or "").strip() for name, cell in row.items() if name}
        for row in csv.DictReader(io.StringIO(text))
    ]
    if not rows:
        raise InvalidInputError(f"{path}: no rates in it", "its columns are currency, usd_per_unit and rate_date")
    return _ecb_rates(path, rows) if "Date" in rows[0] else _listed_rates(path, rows)


def _listed_rates(path: str, rows: Iterable[Mapping[str, str]]) -> Iterator[ExchangeRate]:
    """Yield the rates of a file, in its order: the last of a currency holds."""
    for line, row in enumerate(rows, 2):
        try:
            yield _rate(row["currency"], row["usd_per_unit"], row["rate_date"], row.get("source") or path)
        except (KeyError, ArithmeticError, ValueError):
            hint = "give currency (EUR), usd_per_unit (1.08) and rate_date (2026-11-20)"
            raise InvalidInputError(f"{path}:{line}: no exchange rate", hint) from None


def _ecb_rates(path: str, rows: list[Mapping[str, str]] | list[dict[str, str]]) -> Iterator[ExchangeRate]:
    """Yield the newest day's rates: USD for one unit = USD for one EUR / units for one EUR."""
    try:
        day, newest = max(((_ecb_day(row["Date"]), row) for row in rows), key=lambda pair: pair[0])
        usd = Decimal(newest["USD"])
    except (KeyError, ArithmeticError, ValueError):
        raise InvalidInputError(f"{path}: no day with a rate of USD", "is it eurofxref.csv?") from None
    yield ExchangeRate("EUR", usd, day, _ECB)
    for currency, units in newest.items():
        if _CODE.match(currency) and currency != "USD" and units not in ("", "N/A"):
            try:
                yield _rate(currency, str((usd / Decimal(units)).quantize(_PLACES)), day.isoformat(), _ECB)
            except (ArithmeticError, ValueError):
                raise InvalidInputError(f"{path}: {currency} has no rate on {day}: {units!r}") from None


def _ecb_day(text: str) -> date:
    """Return the day, which the daily file writes as 20 November 2026 and the history as 2026-11-20."""
    return date.fromisoformat(text) if text[:4].isdigit() else datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007


def _rate(currency: str, rate: str, day: str, source: str) -> ExchangeRate:
    """Return a rate. Raises ValueError or ArithmeticError."""
    usd = Decimal(rate)
    if not _CODE.match(currency) or not usd.is_finite() or usd <= 0:
        raise ValueError(currency)
    return ExchangeRate(currency, usd, date.fromisoformat(day), source)
