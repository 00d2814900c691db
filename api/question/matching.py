"""Match templates against the words of one question."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from api.question.template import Choice, Literal, Node, Sequence, Slot
from api.question.words import Words, glued, word_set

Captures: TypeAlias = tuple[tuple[str, Any], ...]
SlotReader: TypeAlias = Callable[[Words, int], tuple[Any, int] | None]
Ends: TypeAlias = dict[int, Captures]

MOST_PASSED_OVER = 3
PASSED_OVER = word_set(
    "a about an any approx approximately are around be exactly have is just my of our roughly should stay strictly "
    "the their to must = ~ ≈ it its to around"
)


class Matcher:
    """Finds where a template ends when it starts at a word. Every node is tried once at each word (a packrat)."""

    def __init__(self, words: Words, slots: Mapping[str, SlotReader]) -> None:
        self._words = words
        self._slots = slots
        self._memo: dict[tuple[Node, int], Ends] = {}
        self._values: dict[tuple[str, int], tuple[Any, int] | None] = {}

    def longest(self, template: Sequence, start: int) -> tuple[int, Captures] | None:
        """Return (end, captures) of the longest match that does not cut a word such as A100 in two, or None."""
        ends = [end for end in self._ends(template, start) if end > start and not glued(self._words, end)]
        return (max(ends), self._ends(template, start)[max(ends)]) if ends else None

    def _ends(self, node: Node, start: int) -> Ends:
        if isinstance(node, Literal):
            found = start < len(self._words) and self._words[start].text == node.text
            return {start + 1: ()} if found else {}
        if isinstance(node, Slot):
            value = self.value(node.kind, start)
            return {value[1]: ((node.name, value[0]),)} if value else {}
        key = (node, start)
        if key not in self._memo:
            self._memo[key] = self._choice(node, start) if isinstance(node, Choice) else self._sequence(node, start)
        return self._memo[key]

    def value(self, kind: str, start: int) -> tuple[Any, int] | None:
        """Return (value, end) of a slot kind at a word, or None."""
        key = (kind, start)
        if key not in self._values:
            self._values[key] = self._slots[kind](self._words, start) if start < len(self._words) else None
        return self._values[key]

    def _choice(self, node: Choice, start: int) -> Ends:
        ends: Ends = {}
        for option in node.options:
            for end, captures in self._ends(option, start).items():
                ends.setdefault(end, captures)
        if node.optional:
            ends.setdefault(start, ())
        return ends

    def _sequence(self, node: Sequence, start: int) -> Ends:
        reached: Ends = {start: ()}
        for position, part in enumerate(node.parts):
            following: Ends = {}
            for at, captures in reached.items():
                for end, more in self._ends_over(part, at, passing=position > 0 and at > start).items():
                    following.setdefault(end, captures + more)
            reached = following
        return reached

    def _ends_over(self, part: Node, at: int, *, passing: bool) -> Ends:
        """Match `part` at `at` or, within a phrase, after words that change nothing: `TTFT should be under 2 s`."""
        ends = self._ends(part, at)
        for _ in range(MOST_PASSED_OVER if passing else 0):
            if any(end > at for end in ends) or not self._passes(at):
                break
            at += 1
            ends = ends | {end: captures for end, captures in self._ends(part, at).items() if end > at}
        return ends

    def _passes(self, at: int) -> bool:
        return at < len(self._words) and self._words[at].text in PASSED_OVER
