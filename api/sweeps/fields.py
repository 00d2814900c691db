"""Dotted paths into a PlanRequest document: `workload.users`, `limits.quotas.aws/us-east-1`."""

from collections.abc import Mapping
from typing import Any, get_origin

from pydantic import BaseModel

from catalog import InvalidInputError, UnknownNameError
from optimizer.request import PlanRequest


def check_path(path: str, where: str) -> None:
    """Raise an InvalidInputError, which names `where`, unless a path leads to a field of a PlanRequest."""
    if path == "as_of":
        raise InvalidInputError(
            f"{where}: the days are no field to vary there", "list them beside it: as_of: [DAY, ...]"
        )
    model: type[BaseModel] = PlanRequest
    parts = path.split(".")
    for place, part in enumerate(parts):
        field = model.model_fields.get(part)
        if field is None:
            before = ".".join(parts[:place])
            known = [f"{before}.{name}" if before else name for name in model.model_fields]
            raise UnknownNameError(f"field in {where}", ".".join(parts[: place + 1]), known)
        if get_origin(field.annotation) is dict:
            return
        rest = ".".join(parts[: place + 1])
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
        elif place + 1 < len(parts):
            raise InvalidInputError(f"{where}: {rest} has no fields, but {path} asks for one", f"vary {rest} itself")


def changed(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the fields at dotted paths set; what is not on a path is shared, not copied."""
    result = dict(document)
    for path, value in changes.items():
        inner, (*parts, last) = result, _parts(path)
        for part in parts:
            inner[part] = dict(inner[part]) if isinstance(inner.get(part), Mapping) else {}
            inner = inner[part]
        inner[last] = value
    return result


def _parts(path: str) -> list[str]:
    """Return the keys on a path; below a mapping such as `limits.quotas` the rest is one key, dots and all."""
    model: type[BaseModel] = PlanRequest
    parts = path.split(".")
    for place, part in enumerate(parts):
        annotation = model.model_fields[part].annotation
        if get_origin(annotation) is dict:
            return [*parts[: place + 1], ".".join(parts[place + 1 :])] if place + 1 < len(parts) else parts
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return parts
