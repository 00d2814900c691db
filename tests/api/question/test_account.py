"""The account of how a question was read: interpretation, assumptions, ignored words, hints."""

import pytest

from api.question import QuestionReader
from optimizer.request import PlanRequest

from .cases import CASES, QUESTIONS


def test_the_first_question_reads_like_a_person_wrote_it(reader: QuestionReader) -> None:
    assert reader.read("cheapest config for 10 tok/s at 8K").interpretation == (
        "One user reading at 10 tok/s or faster, with 8,192 tokens of context (prompt and answer together), "
        "on Llama 4 405B."
    )


def test_a_long_question_is_told_in_full(reader: QuestionReader) -> None:
    question = (
        "50 users at 20 tok/s, 2k in 500 out, llama 70b fp8, A100 or H100, on AWS, in Europe, no spot, ttft 1s, "
        "50 ms per token, under $40/h, 2 nodes max, HA, prices not older than 90 days"
    )
    assert reader.read(question).interpretation == (
        "50 concurrent users each reading at 20 tok/s or faster, with 2,048 tokens of prompt and 500 of answer, "
        "on Llama 3.3 70B. For 95% of requests the first token comes within 1 s and every further token within 50 ms. "
        "On AWS; in Europe; nothing priced as spot; H100 or A100 GPUs only; weights in FP8 or FP8 (weights only). "
        "At most $40.00/h; at most 2 instances; the load is still served when one instance is lost; "
        "prices at most 90 days old."
    )


def test_the_assumptions_of_the_first_question(reader: QuestionReader) -> None:
    assert reader.read("cheapest config for 10 tok/s at 8K").assumptions == (
        "8K is 8,192 tokens: K is 1,024 after a power of two (and 48, 96, 192, 384), else 1,000.",
        "Llama 4 405B: no model was named.",
        "10 tok/s is the decode speed that each user sees, not the total.",
        "One user: no number of users and no request rate was given.",
        "Any region.",
        "On demand: add “spot ok” or “reserved”.",
        "Hyperscalers and neoclouds: add “any host” for marketplace hosts, “trackers too” for price trackers.",
        "Weight formats of good quality or better: add “any quality” or “lossless”.",
    )


@pytest.mark.parametrize(
    ("question", "ignored"),
    [
        ("foo bar 10 tok/s baz", ("foo", "bar", "baz")),
        ("10 tok/s with kryptonite-9000", ("kryptonite-9000",)),
        ("4x A100 at 8K", ("4x",)),
        ("compare A100 and H100", ("compare",)),
        ("fine-tune llama 70b", ("fine-tune",)),
        ("fp8 kv cache, 2 users", ("fp8 kv cache",)),
        ("$2 per GPU hour, 2 users", ("$2 per GPU hour",)),
        ("no foo, 2 users", ("no", "foo")),
        ("100k daily active users at 10 tok/s", ("100k daily active users",)),
        ("70b, 1000 tps per GPU", ("1000 tps per GPU",)),
        ("70b with 99.9% uptime", ("with 99.9% uptime",)),
    ],
)
def test_what_is_not_understood_is_listed(reader: QuestionReader, question: str, ignored: tuple[str, ...]) -> None:
    assert reader.read(question).ignored == ignored


def test_an_unsupported_wish_has_a_hint(reader: QuestionReader) -> None:
    assert reader.read("compare A100 and H100").hints == (
        "one question gets one plan: for both in one table, gpumix compare with the same question",
    )


WORDS_OF_FIELDS = {
    "u": "{:,}", "tps": "{:g} tok/s", "each": "{:g} tok/s", "ctx": "{:,} tokens of context",
    "in_": "{:,} tokens of prompt",
    "out": "{:,} of answer", "usd": "${:,.2f}/h", "p": "{:g}%", "kinds": "{} kind", "age": "{} days old", "as_of": "{}",
}  # fmt: skip


@pytest.mark.parametrize(("question", "short"), CASES, ids=QUESTIONS)
def test_every_number_that_was_set_is_told(reader: QuestionReader, question: str, short: dict[str, object]) -> None:
    told = reader.read(question).interpretation.lower().replace("one user ", "1 user ")
    wanted = [WORDS_OF_FIELDS[name].format(value).lower() for name, value in short.items() if name in WORDS_OF_FIELDS]
    assert [words for words in wanted if words not in told] == []


def test_what_is_told_alike_is_the_same_request(reader: QuestionReader) -> None:
    told: dict[str, list[PlanRequest]] = {}
    for question in QUESTIONS:
        parsed = reader.read(question)
        told.setdefault(parsed.interpretation, []).append(parsed.request)
    assert [words for words, requests in told.items() if any(request != requests[0] for request in requests)] == []
