"""Of which day the prices are, and how old they may be."""

from datetime import date

from api.question.draft import Draft
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import count
from catalog import InvalidInputError

PRICES = "(prices|price|pricing|quotes|rates|offers|price data)"
DAYS = {"day": 1, "days": 1, "d": 1, "week": 7, "weeks": 7, "month": 30, "months": 30, "year": 365, "years": 365}
UNIT = f"({'|'.join(DAYS)})"
YOUNG = (
    "(not older than|no older than|newer than|younger than|at most|max|maximum|up to|less than|under|within|from "
    "the last|of the last|from the past|in the last|not more than|fresher than|no more than|seen within|seen in "
    "the last)"
)


@reads(
    f"{PRICES} {YOUNG} <number> {UNIT} [old|ago]",
    f"(max|maximum) [price] age [of|=] <number> {UNIT}",
    f"(max|maximum) price age <number> {UNIT}",
    f"{YOUNG} <number> {UNIT} old [{PRICES}]",
    f"(not older than|no older than|newer than) <number> {UNIT}",
)
def price_age(found: Found, draft: Draft) -> None:
    """Cap the age of prices: `prices not older than 90 days`, `prices at most 2 weeks old`, `max price age 30 days`."""
    unit = next(word for word in reversed(found.text.lower().replace("-", " ").split()) if word in DAYS)
    draft.max_price_age_days.say(count(found, "days", most=36_500) * DAYS[unit], found.text)


@reads(f"[{PRICES}] (as of|as at|asof|of|from|on|at|for|dated|prices of) [{PRICES}] [of|on|from] <day>")
def as_of(found: Found, draft: Draft) -> None:
    """Use the prices of a day: `as of 2026-08-01`, `prices from 2026-06-30`."""
    day = found.maybe("day", object)
    if not isinstance(day, date):
        raise InvalidInputError(f"{day!r} is no day of the calendar", "write the day as 2026-08-01")
    draft.as_of.say(day, found.text)


READERS: tuple[Reader, ...] = (price_age, as_of)
