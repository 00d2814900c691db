"""Names are read in full or not at all, and an unknown one is refused with the closest that exist."""

import pytest

from api.question import QuestionReader
from catalog import InvalidInputError, UnknownNameError


@pytest.mark.parametrize(
    ("question", "gpus"),
    [
        ("GH200, 1 user", ("GH200-96GB", "GH200-144GB")),
        ("L40S, 1 user", ("L40S-48GB",)),
        ("GB200, 1 user", ("GB200-186GB",)),
        ("A10G, 1 user", ("A10G-24GB",)),
        ("RTX 6000 Ada, 1 user", ("RTX-6000-Ada-48GB",)),
        ("RTX PRO 6000, 1 user", ("RTX-PRO-6000-96GB",)),
    ],
)
def test_the_longest_name_wins(reader: QuestionReader, question: str, gpus: tuple[str, ...]) -> None:
    assert reader.read(question).request.allow.gpus == gpus


@pytest.mark.parametrize("word", ["A1000", "NH100", "XA100", "H1000", "L40SX", "H100B", "xH200", "AH100s", "A100x"])
def test_a_name_inside_a_longer_word_is_no_name(reader: QuestionReader, word: str) -> None:
    parsed = reader.read(f"{word} for 2 users")
    assert (parsed.request.allow.gpus, parsed.ignored) == ((), (word,))


def test_a_letter_and_a_number_apart_are_no_name(reader: QuestionReader) -> None:
    assert reader.read("for a 100 users").request.allow.gpus == ()


@pytest.mark.parametrize(
    "pronoun", ["give us 2 users", "tell us about 2 users", "let us have 2 users", "GIVE US 2 USERS"]
)
def test_us_is_a_place_only_where_a_place_can_stand(reader: QuestionReader, pronoun: str) -> None:
    assert reader.read(pronoun).request.allow.continents == ()


def test_together_is_a_provider_only_where_one_can_stand(reader: QuestionReader) -> None:
    assert reader.read("8K, prompt and answer together").request.allow.providers == ()


@pytest.mark.parametrize(
    ("question", "kind", "name"),
    [
        ("mixtral 8x9b at 20 tok/s", "model", "mixtral 8x9b"),
        ("34B model", "model", "34B"),
        ("llama 2 20b", "model", "llama 2 20b"),
        ("qwen 2.5 9b 8 users", "model", "qwen 2.5 9b"),
        ("gpt-4 for 10 users", "model", "gpt-4"),
        ("10 tok/s on P40", "GPU", "P40"),
        ("RTX 2080", "GPU", "RTX 2080"),
        ("A100 96GB for 2 users", "GPU", "A100"),
        ("us-east-9", "region", "us-east-9"),
        ("on Alibaba", "provider", "Alibaba"),
        ("2 year commitment", "term", "2 year commitment"),
    ],
)
def test_a_stranger_is_refused_by_name(reader: QuestionReader, question: str, kind: str, name: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        reader.read(question)
    assert caught.value.message.startswith(f"unknown {kind} '{name}")


@pytest.mark.parametrize("load", ["9 tok/s at 9K", "9 users", "2 requests/s"])
def test_a_small_number_after_the_size_of_a_model_is_not_part_of_its_name(reader: QuestionReader, load: str) -> None:
    assert reader.read(f"llama 405b {load}").request.model == "llama-4-405b"


def test_an_unknown_region_offers_the_closest(reader: QuestionReader) -> None:
    with pytest.raises(UnknownNameError) as caught:
        reader.read("10 tok/s in us-east-9")
    assert "us-east-1" in caught.value.matches


def test_names_of_providers_alone_leave_the_tiers_alone() -> None:
    from catalog import load_catalog

    plain = QuestionReader(load_catalog(), providers=["vast"], regions=[])
    assert plain.read("on vast").request.allow.tiers == ("hyperscaler", "neocloud")


def test_several_models_are_refused(reader: QuestionReader) -> None:
    with pytest.raises(InvalidInputError, match="two models"):
        reader.read("llama 70b or qwen 72b")
