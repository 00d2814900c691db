"""What contradicts itself, cannot be, or says nothing is refused with what to do."""

import pytest

from api.question import QuestionReader
from catalog import InvalidInputError


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("$20/h or $30/h", "the budget twice"),
        ("2 users, 3 users", "the number of users twice"),
        ("10 tok/s and 20 tok/s", "the speed twice"),
        ("at 8K, 16k context", "the context twice"),
        ("ttft 1s, ttft 2s", "the time to first token twice"),
        ("lossless, any quality", "the quality twice"),
        ("spot and no spot", "wants and refuses the same term"),
        ("on AWS, not on AWS", "wants and refuses the same provider"),
        ("A100 80GB, no A100", "wants and refuses the same GPU"),
        ("in Europe, not in Europe", "wants and refuses the same continent"),
        ("8 concurrent requests, 5 req/s", "two loads"),
        ("5 req/s, 2000 tok/s in total", "two loads"),
        ("10 users at 20 tok/s each, 500 tok/s in total", "are 200 tok/s, not 500"),
        ("0 users", "whole number from 1"),
        ("-5 users", "whole number from 1"),
        ("2.5 users", "whole number from 1"),
        ("1e30 users", "whole number from 1"),
        ("0 tok/s", "more than 0"),
        ("-10 tok/s", "more than 0"),
        ("1e30 tok/s", "more than 0 and at most"),
        ("under $0/h", "more than 0"),
        ("TTFT under -1 s", "more than 0"),
        ("0 req/s", "more than 0"),
        ("at most 0 instances", "whole number from 1"),
        ("0 token context", "whole number of tokens"),
        ("99999999999 tokens context", "whole number of tokens"),
        ("ttft 1s p20", "from 50 to 99.9"),
        ("5 users, 20% sure", "from 50% to below 100%"),
        ("100% sure, 5 users", "from 50% to below 100%"),
        ("80% sure, 90% confidence", "the confidence twice"),
        ("100% cached prompt", "less than 100%"),
        ("150% spot", "at most 100%"),
        ("at 200k", "its context ends at 131,072"),
        ("llama 2 70b at 8K", "its context ends at 4,096"),
        ("100k in 100k out", "its context ends at 131,072"),
        ("4k context, 8k in 500 out", "does not fit in the context"),
        ("under €20/h", "only USD is supported"),
        ("budget 20 euros per hour", "only USD is supported"),
        ("under $20k", "does not say per what"),
        ("prices as of 2026-13-41", "no day of the calendar"),
        ("20% active at once", "of how many users"),
        ("5 users, 0% online", "more than 0%"),
        ("each sending 2 requests per minute", "of how many users"),
        ("5 users, 70% 2k in 500 out, 30% 1k in 1k out", "buckets go with request_rate"),
        ("5 req/s, 70% 2k in 500 out", "add up to 0.7"),
    ],
)
def test_an_impossible_question_is_refused(reader: QuestionReader, question: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader.read(question)
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "question", ["", " ", "hello world", "?!...", "cheapest config", "☃", "\x00\x1b[31m", "the of and"]
)
def test_a_question_that_says_nothing_gets_an_example(reader: QuestionReader, question: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader.read(question)
    assert "10 tok/s at 8K" in caught.value.hint


@pytest.mark.parametrize("question", ["compare", "fine-tune", "latency under 5 s", "8 GPUs", "single provider"])
def test_a_question_of_unsupported_wishes_alone_says_what_can_be_asked(reader: QuestionReader, question: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader.read(question)
    assert caught.value.message.startswith("nothing in the question can be planned")


@pytest.mark.parametrize(
    "question", ["no foo or H100", "don't ever give me A100", "never run this on AWS", "not foo spot"]
)
def test_a_negation_that_is_not_understood_never_turns_into_a_wish(reader: QuestionReader, question: str) -> None:
    with pytest.raises(InvalidInputError, match="it is not clear what"):
        reader.read(question)


def test_a_question_as_long_as_a_book_is_refused(reader: QuestionReader) -> None:
    with pytest.raises(InvalidInputError, match="at most 2,000 characters"):
        reader.read("10 tok/s " * 1200)


@pytest.mark.parametrize(
    "question", ["10 users, 10 users", "$20/h, max $20 per hour", "at 8K, 8192 tokens", "p99 ttft 1s p99"]
)
def test_the_same_twice_is_no_contradiction(reader: QuestionReader, question: str) -> None:
    assert reader.read(question).ignored == ()
