"""The fitted numbers of the performance model: a base value times factors for the engine, vendor, link and era."""

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from catalog import Catalog, InvalidDataError

REFERENCE_YEAR = 2026.6
OLDEST_YEAR = 2023.5


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One number: `value` of `name` within a scope, its physical bounds and the prior that it was shrunk to.

    scope_kind `all` holds the base value in `unit`; every other scope kind a dimensionless factor (prior 1), and
    `era` the growth of the value per year before REFERENCE_YEAR.
    """

    name: str
    scope_kind: str
    scope: str
    value: float
    low: float
    high: float
    prior: float
    prior_sd: float
    unit: str
    rows: int
    meaning: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies the coefficient."""
        return self.name, self.scope_kind, self.scope


@dataclass(frozen=True, slots=True)
class Coefficients:
    """All coefficients by (name, scope kind, scope), and the id of the set."""

    calibration_id: str
    by_key: Mapping[tuple[str, str, str], Coefficient]
    _factors: dict[tuple[str, str], dict[str, float]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        factors: dict[tuple[str, str], dict[str, float]] = {}
        for (name, kind, scope), row in self.by_key.items():
            factors.setdefault((name, kind), {})[scope] = row.value
        object.__setattr__(self, "_factors", factors)

    def base(self, name: str) -> float:
        """Return the base value of a coefficient."""
        return self.by_key[name, "all", "*"].value

    def factor(self, name: str, scope_kind: str, scope: str) -> float:
        """Return the factor of a scope, 1 where none was fitted (the base then holds)."""
        return self.factors(name, scope_kind).get(scope, 1.0)

    def factors(self, name: str, scope_kind: str) -> Mapping[str, float]:
        """Return the factors of one kind of scope that were fitted, by scope."""
        return self._factors.get((name, scope_kind), {})

    def __reduce__(self) -> tuple[object, tuple[list[Coefficient]]]:
        """Return how another process makes the same set: mappings that nobody changes do not travel."""
        return collect, (list(self.by_key.values()),)


COLUMNS = ("name", "scope_kind", "scope", "value", "low", "high", "prior", "prior_sd", "unit", "rows", "meaning")


@lru_cache(maxsize=1)
def shipped_coefficients() -> Coefficients:
    """Return the coefficients that ship with the catalog."""
    return read_coefficients((files("catalog") / "data" / "calibration.csv").read_text("utf-8"))


def coefficients_of(catalog: Catalog) -> Coefficients:
    """Return the coefficients that hold with a catalog: the user's own where there are any, else the shipped ones."""
    return _own_coefficients(catalog.own.coefficients) if catalog.own.coefficients else shipped_coefficients()


@lru_cache(maxsize=2)
def _own_coefficients(text: str) -> Coefficients:
    return read_coefficients(text)


def calibration_id(catalog: Catalog) -> str:
    """Return the id of everything that was fitted or measured: that of the coefficients, and of the user's own runs."""
    fitted, own = coefficients_of(catalog).calibration_id, catalog.own.own_id
    return hashlib.sha256(f"{fitted} {own}".encode()).hexdigest()[:16] if own else fitted


def read_coefficients(text: str) -> Coefficients:
    """Return the coefficients of a CSV text. Raises InvalidDataError naming every bad row."""
    rows: dict[tuple[str, str, str], Coefficient] = {}
    problems: list[tuple[str, int, str, str]] = []
    for line, cells in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            row = _coefficient(cells)
        except (KeyError, ValueError) as error:
            problems.append(("calibration.csv", line, "value", str(error)))
            continue
        if not row.low <= row.value <= row.high:
            problems.append(("calibration.csv", line, "value", f"{row.value} is outside {row.low} to {row.high}"))
        rows[row.key] = row
    if problems:
        raise InvalidDataError(problems)
    return collect(rows.values())


def collect(rows: Iterable[Coefficient]) -> Coefficients:
    """Return a coefficient set; its id is the hash of names and values."""
    listed = list(rows)
    text = "\n".join(f"{row.key} {row.value:.6g}" for row in listed)
    return Coefficients(
        calibration_id=hashlib.sha256(text.encode()).hexdigest()[:16],
        by_key=MappingProxyType({row.key: row for row in listed}),
    )


def write_coefficients(coefficients: Coefficients) -> str:
    """Return the CSV text of a coefficient set; the inverse of `read_coefficients`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in coefficients.by_key.values():
        writer.writerow([_cell(getattr(row, column)) for column in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _coefficient(cells: dict[str, str]) -> Coefficient:
    numbers = {name: float(cells[name]) for name in ("value", "low", "high", "prior", "prior_sd")}
    if not all(math.isfinite(number) for number in numbers.values()):
        raise ValueError("not a finite number")
    return Coefficient(
        name=cells["name"],
        scope_kind=cells["scope_kind"],
        scope=cells["scope"],
        unit=cells["unit"],
        rows=int(cells["rows"]),
        meaning=cells["meaning"],
        **numbers,
    )
