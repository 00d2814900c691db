"""Parameters of a URL that are given twice: the last must not win in silence, unless they make a list."""

import inspect
import typing
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import Request

from api.http.problems import FieldError, ProblemError
from api.http.queries import Parameters


def refuse_repeats(request: Request) -> None:
    """Raise ProblemError where a parameter is given twice that is no list. A dependency of every route."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    several = [name for name, count in given.items() if count > 1]
    if not several:
        return
    errors = tuple(
        FieldError(loc=f"query.{name[:100]}", msg="this parameter is given more than once")
        for name in several
        if name not in _lists(request.scope["route"].endpoint)
    )
    if errors:
        raise ProblemError("invalid_input", "; ".join(f"{one.loc}: {one.msg}" for one in errors[:5]), errors=errors)


@cache
def _lists(endpoint: Callable[..., Any]) -> frozenset[str]:
    """Return the parameters of a route that are lists: its own, and those of a model that stands for several."""
    found: dict[str, Any] = {}
    for name, kind in typing.get_type_hints(endpoint).items():
        if inspect.isclass(kind) and issubclass(kind, Parameters):
            found |= {field: row.annotation for field, row in kind.model_fields.items()}
        else:
            found[name] = kind
    return frozenset(name for name, kind in found.items() if typing.get_origin(kind) is list)
