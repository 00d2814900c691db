"""Every name a question may use, from the catalog, its aliases and the price snapshot.

A name is found whatever joins its parts: `Llama-3.1-405B`, `llama 3.1 405b` and `llama3.1:405b` are one spelling.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from api.question.words import Words, glued

LONGEST_NAME_WORDS = 16
PARTS = re.compile(r"[0-9]+(?:\.[0-9]+)*|[^\W\d_]+")
BETWEEN_NUMBERS = re.compile(r"(?<=[0-9]) (?=[0-9])")


def spelling(text: str) -> str:
    """Return what is compared of a name: its letters and digits, with a bar between two numbers."""
    return BETWEEN_NUMBERS.sub("|", " ".join(PARTS.findall(text.lower()))).replace(" ", "")


@dataclass(frozen=True, slots=True)
class Named:
    """A name as the question has it, and the ids it stands for."""

    ids: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """Spellings of one kind of thing and the ids that each stands for."""

    ids: Mapping[str, tuple[str, ...]]

    def find(self, words: Words, at: int) -> tuple[tuple[str, ...], int] | None:
        """Return (ids, end) of the longest name that starts at a word and ends where a word ends; `A100s` too."""
        best = None
        key, previous = "", "symbol"
        for index in range(at, min(at + LONGEST_NAME_WORDS, len(words))):
            word = words[index]
            if index > at and not _continues(words, index):
                break
            if word.kind != "symbol":
                key += "|" + word.text if word.kind == previous == "number" else word.text
                previous = word.kind
                end = _name_end(words, index + 1)
                if key in self.ids and end:
                    best = self.ids[key], end
        return best


def names(spellings: Iterable[tuple[str, Collection[str]]]) -> Names:
    """Return the names of (spelling, ids) pairs; a spelling given twice stands for all its ids."""
    collected: dict[str, dict[str, None]] = {}
    for text, ids in spellings:
        collected.setdefault(spelling(text), {}).update(dict.fromkeys(ids))
    return Names({key: tuple(ids) for key, ids in collected.items() if key})


def _continues(words: Words, index: int) -> bool:
    """Tell whether a name may go on from the word before: not across commas, nor from `a` to `100`."""
    word, before = words[index], words[index - 1]
    if "/" in (word.text, before.text):
        return word.gap == ""
    if not (word.alphanumeric and before.alphanumeric):
        return False
    if word.gap.strip(" -_.:(") or not word.gap:
        return not word.gap
    loose = word.gap.isspace() and word.kind != before.kind
    return not (loose and ((len(before.text) == 1 and before.kind == "letters") or word.text == "s"))


def _name_end(words: Words, end: int) -> int:
    """Return where a name that ends before `end` does, its plural s included; 0 inside a longer word."""
    if not glued(words, end):
        return end
    return end + 1 if words[end].text == "s" and not glued(words, end + 1) else 0
