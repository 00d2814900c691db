"""Check the numbers of a question before they become a request: sizes, speeds, counts, money."""

import math

from api.question.quantities import Quantity
from api.question.reader import Found
from catalog import InvalidInputError

MOST_USERS = 10_000_000
MOST_TOKENS = 10_000_000


def count(found: Found, what: str, *, name: str = "number", most: float = MOST_USERS) -> int:
    """Return a whole number from 1 to `most`; of a range, its upper end. Raises InvalidInputError."""
    value = found.get(name, Quantity).value
    if not 1 <= value <= most or value % 1:
        raise InvalidInputError(
            f"{found.text!r}: the number of {what} is a whole number from 1 to {most:,.0f}", "correct the number"
        )
    return int(value)


def tokens(quantity: Quantity, what: str, words: str) -> int:
    """Return a number of tokens, the K rule applied; of a range, its upper end. Raises InvalidInputError."""
    value = quantity.tokens
    if not 1 <= value <= MOST_TOKENS or value % 1:
        raise InvalidInputError(
            f"{words!r}: {what} is a whole number of tokens from 1 to {MOST_TOKENS:,}", "correct the number"
        )
    return int(value)


def positive(value: float, what: str, words: str, *, most: float) -> float:
    """Return a positive number up to `most`. Raises InvalidInputError."""
    if not (math.isfinite(value) and 0 < value <= most):
        raise InvalidInputError(f"{words!r}: {what} is more than 0 and at most {most:,g}", "correct the number")
    return value


def fraction(value: float, what: str, words: str, *, below_one: bool = False) -> float:
    """Return a fraction from 0 to 1. Raises InvalidInputError."""
    if not 0 <= value <= 1 or (below_one and value == 1):
        most = "less than 100%" if below_one else "at most 100%"
        raise InvalidInputError(f"{words!r}: {what} is from 0% to {most}", "correct the percentage")
    return value
