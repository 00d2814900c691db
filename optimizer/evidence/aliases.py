"""The spellings of measurement files: engines, models, GPUs, weight formats and links, as data rows."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

KINDS = ("engine", "model", "gpu", "quantization", "link", "kv_dtype")
Spellings = Mapping[tuple[str, str], str]


@lru_cache(maxsize=1)
def shipped_spellings() -> Spellings:
    """Return {(kind, folded spelling): canonical id}; an empty id marks a thing that the catalog does not have."""
    return read_spellings((files("catalog") / "data" / "measurement_aliases.csv").read_text("utf-8"))


def read_spellings(text: str) -> Spellings:
    """Return the spellings of a CSV text with the columns kind, spelling, canonical_id, note."""
    rows = csv.DictReader(io.StringIO(text))
    return MappingProxyType({(row["kind"], fold(row["spelling"])): row["canonical_id"] for row in rows})


@dataclass(frozen=True, slots=True)
class Default:
    """What a source leaves out: `field` is `value` on its rows whose `when_field` contains `when_contains`."""

    source_id: str
    when_field: str
    when_contains: str
    field: str
    value: str
    because: str


@lru_cache(maxsize=1)
def shipped_defaults() -> tuple[Default, ...]:
    """Return the defaults of the shipped sources."""
    text = (files("catalog") / "data" / "measurement_defaults.csv").read_text("utf-8")
    return tuple(Default(**row) for row in csv.DictReader(io.StringIO(text)))


def complete(cells: dict[str, str], defaults: tuple[Default, ...]) -> tuple[dict[str, str], str]:
    """Return a measurement row with its blanks filled from its source's defaults, and why each was filled."""
    filled, reasons = dict(cells), []
    for default in defaults:
        applies = default.source_id == cells.get("source_id") and default.when_contains in cells.get(
            default.when_field, ""
        )
        if applies and not filled.get(default.field):
            filled[default.field] = default.value
            reasons.append(f"{default.field} = {default.value}: {default.because}")
    return filled, "; ".join(reasons)


def fold(spelling: str) -> str:
    """Return a spelling without case, vendor words, separators and organisation prefix.

    `NVIDIA H100-SXM-80GB` and `h100 sxm 80gb` fold alike, so do `meta-llama/Llama-3.1-70B` and `Llama 3.1 70B`.
    """
    text = spelling.lower().split("/")[-1] if spelling.count("/") == 1 else spelling.lower()
    text = re.sub(r"\b(nvidia|amd|instinct|intel|virtualized|gpu|geforce|tesla)\b", " ", text)
    return re.sub(r"[^a-z0-9.+]", "", text)


def find(spellings: Spellings, kind: str, text: str) -> str | None:
    """Return the canonical id of a spelling: the same folded, or the longest known one that it contains.

    None: no known spelling is in it. An empty id: a thing that is known not to be in the catalog.
    """
    folded = fold(text)
    if (kind, folded) in spellings:
        return spellings[kind, folded]
    inside = [known for known_kind, known in spellings if known_kind == kind and known and known in folded]
    return spellings[kind, max(inside, key=len)] if inside else None
