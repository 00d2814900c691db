"""Files that a user names: `-` is standard input, and what cannot be read says why."""

import json
import sys
from pathlib import Path

from catalog import InvalidInputError

LARGEST_BYTES = 64 * 2**20


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


def read_document(name: str) -> object:
    """Return the value of a YAML or JSON file. Raises InvalidInputError where it is neither."""
    text = read_text(name)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        import yaml

        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InvalidInputError(f"{name} is neither JSON nor YAML: {error}", "see docs/plan-request.md") from error
