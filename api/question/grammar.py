"""Go through a question from left to right, handing each longest phrase to its reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from api.question.draft import Draft
from api.question.filler import FILLER
from api.question.matching import Captures, Matcher, SlotReader
from api.question.reader import Found, Reader
from api.question.readers import READERS
from api.question.template import Choice, Literal, Node, Sequence, Slot
from api.question.words import Words, glued, spelled, word_set
from catalog import InvalidInputError

CLAUSE_ENDS = frozenset({",", ";", "but", "then", "instead"})
NEGATIONS = word_set(
    "no not without except excluding exclude avoid never non isnt arent dont doesnt cannot cant wont nor neither"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A reader's phrase at a place in the question: words `start` to `end`."""

    reader: Reader
    start: int
    end: int
    captures: Captures


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a question: its phrases, and the words that are in none and are no filler."""

    phrases: tuple[Phrase, ...]
    left_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The templates by the word they can begin with, and by the slot."""

    by_word: Mapping[str, tuple[tuple[Reader, Sequence], ...]]
    by_slot: Mapping[str, tuple[tuple[Reader, Sequence], ...]]


def find_phrases(words: Words, slots: Mapping[str, SlotReader]) -> Reading:
    """Return the phrases of a question: from the left, the longest each time; the first reader wins a draw."""
    matcher = Matcher(words, slots)
    phrases: list[Phrase] = []
    taken = [False] * len(words)
    at = 0
    while at < len(words):
        phrase = None if _continues_left_over(words, at, taken) else _longest_phrase(matcher, words, at)
        if phrase is not None:
            phrases.append(phrase)
            taken[at : phrase.end] = [True] * (phrase.end - at)
        at = phrase.end if phrase else at + 1
    _refuse_loose_negations(words, phrases, taken)
    return Reading(tuple(phrases), _left_over(words, taken))


def apply(reading: Reading, words: Words, draft: Draft) -> None:
    """Hand every phrase to its reader, in the order of the readers, so that the order of clauses does not matter."""
    order = {id(reader): position for position, reader in enumerate(READERS)}
    for phrase in sorted(reading.phrases, key=lambda phrase: order[id(phrase.reader)]):
        phrase.reader.apply(Found(spelled(words, phrase.start, phrase.end), phrase.captures), draft)


def _refuse_loose_negations(words: Words, phrases: list[Phrase], taken: list[bool]) -> None:
    """Raise InvalidInputError where a negation that nobody read stands before names in the same clause."""
    for phrase in phrases:
        at = phrase.start - 1
        while phrase.reader.wants and at >= 0 and not taken[at] and words[at].text not in CLAUSE_ENDS:
            if words[at].text in NEGATIONS:
                said = spelled(words, at, phrase.end)
                raise InvalidInputError(
                    f"it is not clear what {said!r} refuses", "say: no A100, not on AWS, without spot"
                )
            at -= 1


def _longest_phrase(matcher: Matcher, words: Words, at: int) -> Phrase | None:
    best: Phrase | None = None
    for reader, template in _candidates(matcher, words, at):
        found = matcher.longest(template, at)
        if found is not None and (best is None or found[0] > best.end):
            best = Phrase(reader, at, *found)
    return best


def _candidates(matcher: Matcher, words: Words, at: int) -> list[tuple[Reader, Sequence]]:
    index = _index()
    slots = [kind for kind in index.by_slot if matcher.value(kind, at) is not None]
    candidates = {id(pair[1]): pair for pair in index.by_word.get(words[at].text, ())}
    candidates |= {id(pair[1]): pair for kind in slots for pair in index.by_slot[kind]}
    order = _order()
    return sorted(candidates.values(), key=lambda pair: order[id(pair[1])])


def _continues_left_over(words: Words, at: int, taken: list[bool]) -> bool:
    """Tell whether a word belongs to one before it that nobody read: the 9000 of `kryptonite-9000`."""
    if at == 0 or taken[at - 1] or not words[at - 1].alphanumeric:
        return False
    return glued(words, at) or (words[at].kind == "number" and words[at].gap in {"-", "_"})


def _left_over(words: Words, taken: list[bool]) -> tuple[str, ...]:
    """Return the words in no phrase, joined where they were written as one (`p5.48xlarge`)."""
    left: list[str] = []
    end = -1
    for at, word in enumerate(words):
        if taken[at] or not word.alphanumeric:
            continue
        joined = at > 0 and not word.gap.isspace() and word.gap not in {". ", ": "} and words[at - 1].text != ","
        if end == at and joined:
            left[-1] += word.gap + word.raw
        elif word.text in FILLER and not (at + 1 < len(words) and glued(words, at + 1)):
            continue
        else:
            left.append(word.raw)
        end = at + 1
    return tuple(left)


@lru_cache(maxsize=1)
def _order() -> dict[int, int]:
    templates = [template for reader in READERS for template in reader.templates]
    return {id(template): position for position, template in reversed(list(enumerate(templates)))}


@lru_cache(maxsize=1)
def _index() -> Index:
    by_word: dict[str, list[tuple[Reader, Sequence]]] = {}
    by_slot: dict[str, list[tuple[Reader, Sequence]]] = {}
    for reader in READERS:
        for template in reader.templates:
            words, slots, _ = _beginnings(template)
            for word in words:
                by_word.setdefault(word, []).append((reader, template))
            for slot in slots:
                by_slot.setdefault(slot, []).append((reader, template))
    return Index(
        {word: tuple(pairs) for word, pairs in by_word.items()}, {slot: tuple(pairs) for slot, pairs in by_slot.items()}
    )


@cache
def _beginnings(node: Node) -> tuple[frozenset[str], frozenset[str], bool]:
    """Return the words and slots a node can begin with, and whether it can be empty."""
    if isinstance(node, Literal):
        return frozenset({node.text}), frozenset(), False
    if isinstance(node, Slot):
        return frozenset(), frozenset({node.kind}), False
    parts = node.options if isinstance(node, Choice) else node.parts
    words: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    empty = isinstance(node, Choice) and node.optional
    for part in parts:
        more_words, more_slots, part_empty = _beginnings(part)
        words, slots = words | more_words, slots | more_slots
        if isinstance(node, Choice):
            empty = empty or part_empty
        elif not part_empty:
            return words, slots, False
    return words, slots, empty or isinstance(node, Sequence)
