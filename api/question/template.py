"""The little language in which phrases are written, and its compiled form.

    word        that word              tok/s          its words one after another: tok / s
    (a|b c)     one of these           [a|b]          one of these, or nothing
    <slot>      a value of that kind   <name:slot>    the same, found under `name`

A template is cut into words exactly as a question is. Groups are compiled once, however many templates share them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from api.question.words import split

SLOT = re.compile(r"<(?:([a-z_]+):)?([a-z_]+)>")


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """Exactly this word."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A value of a kind, found under `name`."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """These, one after another."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of these; with `optional`, or nothing."""

    options: tuple["Node", ...]
    optional: bool


Node = Literal | Slot | Sequence | Choice


@lru_cache(maxsize=4096)
def compile_template(template: str) -> Sequence:
    """Return the compiled form of a template without top-level alternatives."""
    parts: list[Node] = []
    at = 0
    while at < len(template):
        character = template[at]
        if character in "([":
            end = _closing(template, at)
            parts.append(_compile_choice(template[at + 1 : end], optional=character == "["))
            at = end + 1
        elif slot := SLOT.match(template, at):
            parts.append(Slot(slot[1] or slot[2], slot[2]))
            at = slot.end()
        else:
            end = _plain_end(template, at)
            parts += [Literal(word.text) for word in split(template[at:end])]
            at = end
    return Sequence(tuple(parts))


@lru_cache(maxsize=4096)
def _compile_choice(body: str, *, optional: bool) -> Choice:
    return Choice(tuple(_simplest(compile_template(option)) for option in _options(body)), optional)


def _simplest(sequence: Sequence) -> Node:
    return sequence.parts[0] if len(sequence.parts) == 1 else sequence


def _options(body: str) -> list[str]:
    """Split at the bars that stand in no inner group."""
    options, depth, start = [], 0, 0
    for at, character in enumerate(body):
        depth += (character in "([") - (character in ")]")
        if character == "|" and depth == 0:
            options.append(body[start:at])
            start = at + 1
    options.append(body[start:])
    if not all(SLOT.search(option) or split(option) for option in options):
        raise ValueError(f"an option of {body!r} holds no word")
    return options


def _closing(template: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(template)):
        depth += (template[at] in "([") - (template[at] in ")]")
        if depth == 0:
            return at
    raise ValueError(f"a group is not closed in {template!r}")


def _plain_end(template: str, start: int) -> int:
    at = start
    while at < len(template) and template[at] not in "([" and not SLOT.match(template, at):
        at += 1
    return at
