"""Reading: which tool wrote a file, and its points."""

import json

from api.measuring.aiperf import is_aiperf, read_aiperf
from api.measuring.guidellm import is_guidellm, read_guidellm
from api.measuring.points import Point
from api.measuring.section9 import is_measurement_file, read_measurement_file
from api.measuring.vllm_bench import is_vllm_bench, read_vllm_bench
from catalog import InvalidInputError

KNOWN = "a vllm bench serve, GuideLLM or AIPerf result, or a CSV as docs/measurements.md describes it, is read"


def read_points(name: str, text: str) -> tuple[Point, ...]:
    """Return the points of a benchmark file. Raises InvalidInputError with the reason where it is refused."""
    try:
        return _points(name, text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{name}: {error.message}", error.hint) from error


def _points(name: str, text: str) -> tuple[Point, ...]:
    if not text.lstrip().startswith(("{", "[")):
        if is_measurement_file(text):
            return read_measurement_file(text)
        raise InvalidInputError("it is no benchmark file that is known", KNOWN)
    documents = _documents(text)
    if all(map(is_vllm_bench, documents)):
        return read_vllm_bench(documents)
    if len(documents) == 1 and is_guidellm(documents[0]):
        return read_guidellm(documents[0])
    if len(documents) == 1 and is_aiperf(documents[0]):
        return read_aiperf(documents[0])
    raise InvalidInputError("it is no benchmark file that is known", KNOWN)


def _documents(text: str) -> list[dict[str, object]]:
    """Return the objects of a JSON text: one, a list of them, or one a line."""
    try:
        whole = json.loads(text)
        found = whole if isinstance(whole, list) else [whole]
    except json.JSONDecodeError:
        found = [_line(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    except RecursionError as error:
        raise InvalidInputError("it is nested too deep", KNOWN) from error
    if not found or not all(isinstance(item, dict) for item in found):
        raise InvalidInputError("it holds no result", KNOWN)
    return found


def _line(number: int, line: str) -> object:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidInputError(f"line {number} is no JSON: {str(error)[:100]}", KNOWN) from error
