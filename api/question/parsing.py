"""Read a question in plain English as a PlanRequest: deterministic, without a network or a language model."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from api.question.compose import compose
from api.question.draft import Draft
from api.question.grammar import apply, find_phrases
from api.question.market import market
from api.question.slots import make_slots
from api.question.wording import describe
from api.question.words import normalise, split
from catalog import Catalog, InvalidInputError
from optimizer.request import PlanRequest

LONGEST_QUESTION = 2000
EXAMPLE = "ask for example: cheapest config for 10 tok/s at 8K"


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """A question and the request it was read as.

    `interpretation` says the request in plain English, `assumptions` what the question left open, `ignored` the words
    that were not understood or cannot be asked for, and `hints` what to ask instead.
    """

    question: str
    request: PlanRequest
    interpretation: str
    assumptions: tuple[str, ...]
    ignored: tuple[str, ...]
    hints: tuple[str, ...]


class QuestionReader:
    """Reads questions against one catalog and one price snapshot; build it once to read many."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        providers: Collection[str] | Mapping[str, Collection[str]],
        regions: Collection[str],
    ) -> None:
        self._catalog = catalog
        self._market = market(providers, regions)
        self.slots = make_slots(catalog, self._market.providers, self._market.regions)

    def read(self, question: str) -> ParsedQuestion:
        """Return what a question was read as. Raises InvalidInputError where it says nothing or contradicts itself."""
        if len(question) > LONGEST_QUESTION:
            raise InvalidInputError(f"a question has at most {LONGEST_QUESTION:,} characters", EXAMPLE)
        words = split(normalise(question))
        reading = find_phrases(words, self.slots)
        if not reading.phrases:
            raise InvalidInputError("nothing in the question was understood", EXAMPLE)
        draft = Draft()
        apply(reading, words, draft)
        if draft.is_empty():
            raise InvalidInputError("nothing in the question can be planned for", "; ".join([*draft.hints, EXAMPLE]))
        request = compose(draft, self._catalog, self._market)
        return ParsedQuestion(
            question=question,
            request=request,
            interpretation=describe(request, self._catalog),
            assumptions=tuple(draft.assumptions),
            ignored=(*draft.unread, *reading.left_over),
            hints=tuple(draft.hints),
        )


def parse_question(
    text: str,
    catalog: Catalog,
    *,
    providers: Collection[str] | Mapping[str, Collection[str]],
    regions: Collection[str],
) -> ParsedQuestion:
    """Return what a question was read as.

    `providers` and `regions` are the names that have prices; a mapping of providers to the tiers of their offers lets
    `on vast` reach marketplace hosts. Raises InvalidInputError, and UnknownNameError for a name that nobody knows.
    """
    return QuestionReader(catalog, providers=providers, regions=regions).read(text)
