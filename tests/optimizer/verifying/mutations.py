"""Every leaf of a document, and what somebody could make of it."""

import copy
from collections.abc import Iterator
from functools import reduce
from typing import Any

Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of every leaf, and of every list as a whole."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
        return
    yield path, value
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))


def of_each_kind(document: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the leaves, of a list only its first and its last entry."""
    for path, value in leaves(document):
        if all(_is_end(document, path[:depth], part) for depth, part in enumerate(path) if isinstance(part, int)):
            yield path, value


def mutations(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a leaf could be turned into, by name."""
    if isinstance(value, bool):
        yield "turned", not value
    elif isinstance(value, int | float):
        whole = isinstance(value, int)
        yield "up", value + 1 if whole else value * 1.1 + 0.01
        yield "negative", -abs(value) - 1
        if value:
            yield "down", value - 1 if whole else value * 0.9
            yield "zero", 0 * value
    elif isinstance(value, str):
        yield "changed", f"{value}x"
    elif isinstance(value, list) and value:
        yield "dropped", value[:-1]
        yield "doubled", [*value, value[-1]]
        if value != value[::-1]:
            yield "reordered", value[::-1]


def mutated(document: Any, path: Path, value: Any) -> Any:
    """Return a document with one leaf replaced."""
    changed = copy.deepcopy(document)
    reduce(lambda part, key: part[key], path[:-1], changed)[path[-1]] = value
    return changed


def generic(path: Path) -> str:
    """Return a path without positions: `lines.*.count`."""
    return ".".join("*" if isinstance(part, int) else part for part in path)


def shown(path: Path) -> str:
    """Return a path as it is told to users: `lines[0].count`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _is_end(document: Any, to_list: Path, number: int) -> bool:
    return number in (0, len(reduce(lambda part, key: part[key], to_list, document)) - 1)
