"""Files that a user names: `-` is standard input, and what cannot be read or written says why."""

import json
import os
import shutil
import sys
from pathlib import Path

from catalog import InvalidInputError

LARGEST_BYTES = 64 * 2**20
MERGE_TAG = "tag:yaml.org,2002:merge"


class GivenTwiceError(ValueError):
    """A mapping gives a key twice."""


class HalfCharacterError(ValueError):
    """A text has half of a pair that only together is a character: it cannot be written down again."""


def refuse_half_characters(document: object) -> None:
    """Raise HalfCharacterError where a parsed document holds such a text, as escapes can spell it."""
    try:
        json.dumps(document, ensure_ascii=False, default=str, skipkeys=True).encode()
    except UnicodeEncodeError as error:
        raise HalfCharacterError(f"{error.object[error.start]!r} is half of a pair of escapes") from error


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a mapping of pairs. Raises GivenTwiceError: the last of two must not win in silence."""
    seen: dict[str, object] = {}
    for key, value in pairs:
        if key in seen:
            raise GivenTwiceError(f"{key!r} is given twice")
        seen[key] = value
    return seen


def read_text(name: str) -> str:
    """Return the text of a file, or of standard input for `-`. Raises InvalidInputError."""
    if name == "-":
        return sys.stdin.read()
    path = Path(name)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InvalidInputError(f"{name} is larger than {LARGEST_BYTES // 2**20} MiB", "give a smaller file")
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise InvalidInputError(f"there is no file {name}", "check the path; - reads standard input") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{name} cannot be read: {error}", "give a UTF-8 text file") from error


def write_file(name: str, content: str | bytes) -> None:
    """Write a file, whole or not at all: what was there before stays until then. Raises InvalidInputError."""
    body = content.encode() if isinstance(content, str) else content
    try:
        path = Path(name).resolve()
        if path.exists() and not path.is_file():  # a device or a pipe
            path.write_bytes(body)
            return
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            draft.write_bytes(body)
            if path.exists():
                shutil.copymode(path, draft)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be written: {error.strerror}", "choose another place") from error


def read_document(name: str) -> object:
    """Return the value of a YAML or JSON file. Raises InvalidInputError where it is neither, or gives a key twice."""
    text = read_text(name)
    try:
        document = json.loads(text, object_pairs_hook=once)
        if "\\u" in text:
            refuse_half_characters(document)
    except json.JSONDecodeError:
        return _read_yaml(name, text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{name} cannot be read: {_short(error)}", "see docs/plan-request.md") from error
    return document


def _read_yaml(name: str, text: str) -> object:
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses a mapping that gives a key twice."""

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, object]:
        once([(loader.construct_object(key), None) for key, _ in node.value if key.tag != MERGE_TAG])
        loader.flatten_mapping(node)
        return {loader.construct_object(key): loader.construct_object(value, True) for key, value in node.value}

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        document = yaml.load(text, Loader)  # noqa: S506  # a SafeLoader
        if "\\u" in text.lower():
            refuse_half_characters(document)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InvalidInputError(
            f"{name} is neither JSON nor YAML: {_short(error)}", "see docs/plan-request.md"
        ) from error
    return document


def _short(error: Exception) -> str:
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
