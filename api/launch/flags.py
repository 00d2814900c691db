"""Launch flags: only those that the engine's row of the catalog has."""

import re
import shlex
from collections.abc import Iterable
from functools import lru_cache

from catalog import Engine

VARIABLE = re.compile(r"\$[A-Z_]+(:[0-9]+)?")
Options = Iterable[tuple[str, object]]


@lru_cache
def declared_flags(engine: Engine) -> frozenset[str]:
    """Return every flag that stands in an engine's `launch_command` or `launch_flags`; `-m|--model N` are two."""
    words = f"{engine.launch_command} {engine.launch_flags}".replace(";", " ").split()
    names = (name for word in words if word.startswith("-") for name in word.split("|"))
    return frozenset(name for name in names if name.startswith("-"))


def command(engine: Engine, words: Iterable[str], options: Options) -> str:
    """Return a shell command, one option a line. A value of None leaves its option out; `$NAME` stays a variable.

    Raises ValueError on a flag that the engine's row does not have.
    """
    lines = [" ".join(map(quoted, words))]
    for flag, value in options:
        if value is None:
            continue
        if flag not in declared_flags(engine):
            raise ValueError(f"{flag} is not among the launch flags of {engine.engine_id} in catalog/data/engines.csv")
        lines.append(f"{flag} {quoted(str(value))}")
    return " \\\n  ".join(lines)


def program(engine: Engine, placeholder: str, value: str) -> list[str]:
    """Return the words that start an engine, with a value (which may hold spaces) for `MODEL` or `FILE.gguf`."""
    return [value if word == placeholder else word for word in engine.launch_command.split()]


def quoted(word: str) -> str:
    """Return a word for a POSIX shell; `$NAME` and `$NAME:PORT` are variables, nothing else is."""
    return f'"{word}"' if VARIABLE.fullmatch(word) else shlex.quote(word)
