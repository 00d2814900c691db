"""Read the terms of a price: on demand, spot, capacity blocks, and commitments of one or three years."""

from api.question.lexicon import Named, names
from api.question.quantities import plain_count
from api.question.words import Words, glued, spelled

EITHER_LENGTH = ("reserved_1y", "reserved_3y")
BY_YEARS = {1: ("reserved_1y",), 3: ("reserved_3y",)}
TERMS = {
    ("spot",): "spot|spots|preemptible|preemptibles|pre-emptible|interruptible|low priority|spot vms",
    ("on_demand",): "on demand|on_demand|pay as you go|payg|list price|list prices|hourly billing",
    ("capacity_block",): "capacity block|capacity blocks",
    ("reserved_1y",): "reserved_1y",
    ("reserved_3y",): "reserved_3y",
    EITHER_LENGTH: "reserved|reservation|reservations|reserve|committed|commitment|commitments|commit|contract|"
    "committed use|committed use discount|cud|cuds|savings plan|savings plans|reserved instance|reserved instances",
}
NAMES = names((spelling, ids) for ids, spellings in TERMS.items() for spelling in spellings.split("|"))
YEAR_WORDS = frozenset({"year", "years", "yr", "yrs", "y"})
MONTH_WORDS = frozenset({"month", "months", "mo"})
BEFORE_A_LENGTH = frozenset({"for", "of", "over", ","})


def term(words: Words, at: int) -> tuple[Named, int] | None:
    """Read `spot`, `on demand`, `reserved`, `1-year reserved`, `3 year commitment`, `reserved for 36 months`.

    A commitment of any other length stands for no term.
    """
    before = _years(words, at)
    start = before[1] if before else at
    found = NAMES.find(words, start)
    if found is None or (before and found[0] != EITHER_LENGTH):
        return None
    ids, end = found
    years = before[0] if before else None
    if ids == EITHER_LENGTH and before is None and (behind := _years_behind(words, end)):
        years, end = behind
    return Named(ids if years is None else BY_YEARS.get(years, ()), spelled(words, at, end)), end


def _years(words: Words, at: int) -> tuple[int, int] | None:
    """Return (whole years, end) of `1-year`, `a year`, `12 month`; 0 years for what is no whole number of them."""
    if at < len(words) and words[at].text in {"annual", "yearly"}:
        return 1, at + 1
    if at + 1 < len(words) and words[at].text in {"a", "full"} and words[at + 1].text == "year":
        return 1, at + 2
    found = plain_count(words, at)
    if found is None or found[1] >= len(words) or glued(words, found[1] + 1):
        return None
    count, unit = int(found[0].value), words[found[1]].text
    if unit in YEAR_WORDS:
        return count, found[1] + 1
    return (count // 12 if count % 12 == 0 else 0, found[1] + 1) if unit in MONTH_WORDS else None


def _years_behind(words: Words, end: int) -> tuple[int, int] | None:
    linked = end < len(words) and words[end].text in BEFORE_A_LENGTH
    return _years(words, end + linked)
