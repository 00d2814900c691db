"""Documents: frozen dataclasses and models as JSON text, and back."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from catalog import InvalidInputError, bad_fields

Document = TypeVar("Document")


_ADAPTERS: dict[object, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the adapter of a type, built once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def to_json(document: object) -> str:
    """Return one indented JSON document; numbers stay numbers, infinities become null."""
    return _adapter(type(document)).dump_json(document, indent=2).decode()


def to_plain(document: object) -> Any:
    """Return a document as plain dicts, lists and numbers."""
    return _adapter(type(document)).dump_python(document, mode="json")


def from_json(kind: type[Document], text: str, name: str) -> Document:
    """Return the document of a JSON text. Raises InvalidInputError naming the file and every bad field."""
    try:
        document: Document = _adapter(kind).validate_json(text)
    except ValidationError as error:
        raise InvalidInputError(
            f"{name} is no {kind.__name__}:\n{bad_fields(error, 'document')}", "save it with --json"
        ) from error
    return document
