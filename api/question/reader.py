"""A reader: the phrases that say one thing, and what they do to the draft of a request."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from api.question.draft import Draft
from api.question.matching import Captures
from api.question.template import Sequence, compile_template

T = TypeVar("T")
EXAMPLE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Found:
    """What a phrase caught: `text` as the question has it, and the values of the template's slots."""

    text: str
    captures: Captures

    def get(self, name: str, kind: type[T]) -> T:
        """Return the value of a slot that every template of the reader has. Raises KeyError."""
        value = self.maybe(name, kind)
        if value is None:
            raise KeyError(name)
        return value

    def maybe(self, name: str, kind: type[T]) -> T | None:
        """Return the value of a slot, or None where this template has no such slot."""
        value: Any = dict(self.captures).get(name)
        assert value is None or isinstance(value, kind), f"{name} is a {type(value).__name__}"
        return value


@dataclass(frozen=True, slots=True)
class Reader:
    """One thing a question can say. Its examples stand between backquotes in its docstring, and are tested.

    With `wants` it allows names, so that a negation which nobody read just before it would turn its meaning around.
    """

    name: str
    templates: tuple[Sequence, ...]
    apply: Callable[[Found, Draft], None]
    wants: bool
    examples: tuple[str, ...]


def reads(*templates: str, wants: bool = False) -> Callable[[Callable[[Found, Draft], None]], Reader]:
    """Make a Reader of a function; whatever phrase matches one of `templates` is handed to it."""

    def make(apply: Callable[[Found, Draft], None]) -> Reader:
        compiled = tuple(compile_template(template) for template in templates)
        return Reader(apply.__name__, compiled, apply, wants, tuple(EXAMPLE.findall(apply.__doc__ or "")))

    return make
