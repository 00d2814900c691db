"""Read numbers, percentages, durations, periods and dates where they stand in a question."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from api.question.words import Words, glued, spelled

NUMBER_WORDS = {
    "one": 1, "single": 1, "two": 2, "dual": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "sixteen": 16, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "dozen": 12,
    "thousand": 1000, "couple": 2, "half": 0.5, "million": 1_000_000,
}  # fmt: skip
GLUED_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "mm": 1e6, "mio": 1e6, "bn": 1e9}
SPACED_SCALES = {
    "k": 1e3, "thousand": 1e3, "million": 1e6, "mio": 1e6, "billion": 1e9, "bn": 1e9, "hundred": 100, "dozen": 12,
}  # fmt: skip
SECONDS_PER_HOUR = 3600
PERIOD_S: Mapping[str, float] = {
    name: float(seconds)
    for seconds, names in {
        1: "s sec secs second seconds secondly sek",
        60: "min mins minute minutes",
        SECONDS_PER_HOUR: "h hr hrs hour hours hourly",
        24 * SECONDS_PER_HOUR: "d day days daily",
        168 * SECONDS_PER_HOUR: "w wk week weeks weekly",
        730 * SECONDS_PER_HOUR: "mo mth mon month months monthly",
        8760 * SECONDS_PER_HOUR: "y yr year years yearly annum annually",
    }.items()
    for name in names.split()
}
DURATION_S: Mapping[str, float] = {
    **dict.fromkeys(["ms", "msec", "msecs", "millisecond", "milliseconds", "millis"], 1e-3),
    **dict.fromkeys(["us", "usec", "microseconds"], 1e-6),
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], 1.0),
    **dict.fromkeys(["min", "mins", "minute", "minutes"], 60.0),
}
KIBI_BEYOND_POWERS_OF_TWO = frozenset({48, 96, 192, 384})
SMALLEST_BARE_CONTEXT = 1024
LARGEST_BARE_CONTEXT = 10_000_000
Read = tuple["Quantity", int] | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written, or the two ends of a range such as `10-20`.

    `tokens` and `low_tokens` are the same counted in tokens: there, K is 1,024 after a power of two and after 48, 96,
    192 and 384, as in the names of context sizes, and 1,000 after any other number.
    """

    value: float
    tokens: float
    low: float
    low_tokens: float
    text: str
    scaled: bool

    @property
    def kibi(self) -> bool:
        """Tell whether K was read as 1,024."""
        return self.tokens != self.value


def number(words: Words, at: int) -> Read:
    """Read `12`, `1,000`, `2k`, `8 K`, `1.5 million`, `ten`, and ranges: `10-20`, `10 to 20`, `between 10 and 20`."""
    between = words[at].text == "between"
    first = _single(words, at + between)
    if first is None:
        return None
    low, end = first
    second = _single(words, _second_of_range(words, end, between=between))
    if second is None or second[0].value <= low.value:
        return first
    high, end = second
    low_value, low_tokens = (low.value, low.low_tokens)
    if high.scaled and not low.scaled and high.value > 100 * low.value > 0:  # 4-8K
        scaled = Quantity(*_scaled(low.value, "k"), *_scaled(low.value, "k"), low.text, True)
        low_value, low_tokens = scaled.value, scaled.tokens
    return Quantity(high.value, high.tokens, low_value, low_tokens, spelled(words, at, end), high.scaled), end


def plain_count(words: Words, at: int) -> Read:
    """Read a number of things to count on fingers: 1 to 1024 without a scale, as in `4x A100`."""
    found = _single(words, at)
    fits = found is not None and not found[0].scaled and 1 <= found[0].value <= 1024 and found[0].value % 1 == 0
    return found if fits else None


def bare_context(words: Words, at: int) -> Read:
    """Read a number that can only be a size in tokens where no unit follows: `8K`, `32k`, `8192`."""
    found = number(words, at)
    if found is None or _is_a_rate(words, found[1]) or found[0].value > LARGEST_BARE_CONTEXT:
        return None
    return found if found[0].scaled or found[0].value >= SMALLEST_BARE_CONTEXT else None


def percent(words: Words, at: int) -> tuple[float, int] | None:
    """Read `50%`, `50 percent`, `half` as a fraction."""
    if words[at].text == "half":
        return 0.5, at + 1
    found = _single(words, at)
    if found is None or found[1] >= len(words) or words[found[1]].text not in {"%", "percent", "pct"}:
        return None
    return found[0].value / 100, found[1] + 1


def duration_s(words: Words, at: int) -> Read:
    """Read `500ms`, `2 s`, `1.5 seconds`, `half a second` as seconds; of a range the longer end."""
    found = number(words, at)
    if found is None:
        return None
    quantity, end = found
    end += quantity.value == 0.5 and end < len(words) and words[end].text == "a"
    unit = DURATION_S.get(words[end].text) if end < len(words) else None
    if unit is None or glued(words, end + 1):
        return None
    value, low = round(quantity.value * unit, 9), round(quantity.low * unit, 9)
    return Quantity(value, value, low, low, spelled(words, at, end + 1), False), end + 1


def period_s(words: Words, at: int) -> tuple[float, int] | None:
    """Read a period such as `s`, `minute`, `day`, `monthly` as seconds; a month has 730 hours, a year 8,760."""
    seconds = PERIOD_S.get(words[at].text)
    return None if seconds is None or glued(words, at + 1) else (seconds, at + 1)


def long_period_s(words: Words, at: int) -> tuple[float, int] | None:
    """Read a period of a minute or longer: what tokens come in is a speed by the second, a volume by the day."""
    found = period_s(words, at)
    return found if found and found[0] >= PERIOD_S["minute"] else None


def day(words: Words, at: int) -> tuple[date | str, int] | None:
    """Read `2026-08-01`; what has its form but is no day of the calendar comes back as text."""
    parts = words[at : at + 3]
    if len(parts) < 3 or not all(part.text.lstrip("-").isdecimal() for part in parts) or len(parts[0].text) != 4:
        return None
    if not all(part.gap == "-" for part in parts[1:]):
        return None
    try:
        return date(*(int(part.text) for part in parts)), at + 3
    except ValueError:
        return spelled(words, at, at + 3), at + 3


def _single(words: Words, at: int) -> Read:
    if at >= len(words):
        return None
    value = _value(words[at].text) if words[at].kind == "number" else NUMBER_WORDS.get(words[at].text)
    if value is None:
        return None
    scale, end = _scale(words, at + 1)
    return Quantity(*_scaled(value, scale), *_scaled(value, scale), spelled(words, at, end), bool(scale)), end


def _value(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("−", "-"))
    except ValueError:  # a version such as 3.1.2
        return None


def _scale(words: Words, at: int) -> tuple[str, int]:
    """Return the scale word at `at` and where it ends."""
    if at >= len(words) or glued(words, at + 1):
        return "", at
    scales = GLUED_SCALES if words[at].gap == "" else SPACED_SCALES
    return (words[at].text, at + 1) if words[at].text in scales else ("", at)


def _scaled(value: float, scale: str) -> tuple[float, float]:
    """Return (value, tokens) of a number and its scale word."""
    plain = value * (GLUED_SCALES | SPACED_SCALES).get(scale, 1)
    return plain, value * 1024 if scale == "k" and _is_context_size(value) else plain


def _is_context_size(thousands: float) -> bool:
    if not math.isfinite(thousands) or thousands < 1 or thousands % 1:
        return False
    whole = int(thousands)
    return whole & (whole - 1) == 0 or whole in KIBI_BEYOND_POWERS_OF_TWO


def _is_a_rate(words: Words, end: int) -> bool:
    """Tell whether `per month` or `/h` follows."""
    if end >= len(words):
        return False
    return words[end].text == "per" or (
        words[end].text == "/" and period_s(words, min(end + 1, len(words) - 1)) is not None
    )


def _second_of_range(words: Words, at: int, *, between: bool) -> int:
    """Return where the second number of a range would stand, or a place without words."""
    if at >= len(words):
        return len(words)
    if words[at].text in {"to", "and"}:
        return at + 1 if words[at].text == ("and" if between else "to") else len(words)
    return at if words[at].gap.strip() in {"-", "–", "—"} else len(words)
