"""Properties that hold for any text, any number and any order of clauses."""

import random
import string

import pytest
from hypothesis import assume, example, given, reject
from hypothesis import strategies as st

from api.question import ParsedQuestion, QuestionReader
from api.question.filler import FILLER
from api.question.grammar import find_phrases
from api.question.words import normalise, split
from catalog import InvalidInputError, load_catalog

from .cases import QUESTIONS
from .conftest import PROVIDERS, REGIONS

READER = QuestionReader(load_catalog(), providers=PROVIDERS, regions=REGIONS)
PIECES = st.sampled_from(sorted({piece for question in QUESTIONS for piece in question.split()}))
CLAUSES = [
    "20 users", "15 tok/s", "at 4K", "llama 70b", "on AWS", "no A100", "H100 only", "fp8", "vllm", "in Europe",
    "no spot", "ttft under 2 s", "under $50/h", "at most 3 instances", "max 2 kinds", "survive losing a zone",
    "prices not older than 90 days", "50% cached prompt",
]  # fmt: skip


def read(text: str) -> ParsedQuestion | None:
    """Return what a text was read as, or None where it is refused; anything else fails the test."""
    try:
        return READER.read(text)
    except InvalidInputError:
        return None


@given(st.text(max_size=400))
@example("\ud800 10 tok/s")
@example("9" * 1000 + " users")
@example("10 tok/s'; DROP TABLE offers; --")
@example("{users} <number> (a|b [c")
@example("½ tok/s at ٣٢K")
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


@given(st.lists(PIECES, max_size=14))
def test_any_order_of_known_words_is_read_or_refused(pieces: list[str]) -> None:
    read(" ".join(pieces))


@given(st.lists(PIECES, max_size=10), st.text(alphabet=string.ascii_lowercase + " ", max_size=30))
def test_every_word_is_in_a_phrase_or_filler_or_listed(pieces: list[str], noise: str) -> None:
    words = split(normalise(f"{' '.join(pieces)} {noise}"))
    try:
        reading = find_phrases(words, READER.slots)
    except InvalidInputError:  # a negation that could mean several things
        reject()
    claimed = {at for phrase in reading.phrases for at in range(phrase.start, phrase.end)}
    listed = [word.text for word in split(" ".join(reading.left_over)) if word.alphanumeric]
    rest = [word.text for at, word in enumerate(words) if at not in claimed and word.alphanumeric]
    assert [word for word in rest if word not in FILLER] == [word for word in listed if word not in FILLER]


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_clauses_does_not_matter(seed: int) -> None:
    shuffled = random.Random(seed).sample(CLAUSES, len(CLAUSES))  # noqa: S311  # no secret
    assert READER.read(", ".join(shuffled)).request == READER.read(", ".join(CLAUSES)).request


@given(users=st.integers(1, 10_000_000), speed=st.integers(1, 400), context=st.integers(1024, 131_072))
def test_numbers_come_through(users: int, speed: int, context: int) -> None:
    workload = READER.read(f"{users} users at {speed} tok/s, {context} tokens").request.workload
    assert (workload.users, workload.tok_per_s_per_user, workload.context_tokens) == (users, speed, context)


@given(users=st.integers(1000, 10_000_000))
def test_thousands_may_be_grouped(users: int) -> None:
    assert READER.read(f"{users:,} users").request == READER.read(f"{users} users").request


@given(dollars=st.decimals(min_value=1, max_value=9999, places=2))
def test_a_month_has_730_hours_and_a_year_twelve_of_them(dollars: object) -> None:
    hourly = float(str(dollars))
    monthly = READER.read(f"${hourly * 730:.4f}/month").request.limits.max_usd_per_hour
    yearly = READER.read(f"${hourly * 8760:.4f} a year").request.limits.max_usd_per_hour
    assert (monthly, yearly) == (pytest.approx(hourly, abs=1e-4), pytest.approx(hourly, abs=1e-4))


@given(st.integers(0, 9))
def test_k_is_1024_after_a_power_of_two(power: int) -> None:
    context = READER.read(f"llama 4 scout at {2**power}K").request.workload.context_tokens
    assert context == 2**power * 1024


@given(st.integers(3, 999).filter(lambda n: n & (n - 1) != 0 and n not in {48, 96, 192, 384}))
def test_k_is_1000_after_any_other_number(thousands: int) -> None:
    assert READER.read(f"llama 4 scout at {thousands}k").request.workload.context_tokens == thousands * 1000


@given(st.sampled_from(QUESTIONS), st.randoms(use_true_random=False))
def test_case_spaces_and_quotes_do_not_matter(question: str, chance: random.Random) -> None:
    assume("US" not in question)  # in lower case it may be a pronoun
    typed = "".join(chance.choice([letter.upper(), letter.lower()]) for letter in question)
    dressed = "  “" + typed.replace(" ", chance.choice(["  ", "\u00a0", "\t"])) + "”?  "
    assert READER.read(dressed).request == READER.read(question).request


@given(st.sampled_from(QUESTIONS))
def test_politeness_changes_nothing(question: str) -> None:
    assert READER.read(f"hello, please find {question}, thank you").request == READER.read(question).request


def test_small_words_between_the_parts_of_a_phrase_are_passed_over() -> None:
    assert READER.read("TTFT should be just about 2 s").request == READER.read("TTFT 2 s").request


@example("a the " * 300 + "10 tok/s")
@example("0-1k users")
@given(st.text(alphabet="0129kKM-/.,: x", max_size=60))
def test_any_heap_of_numbers_is_read_or_refused(text: str) -> None:
    read(text)
