"""Importing: a benchmark file becomes rows of the user's own evidence, each beside its prediction."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from api.measuring.changes import PredictionChange, prediction_changes, too_far
from api.measuring.own import own_is_wanted
from api.measuring.points import Stated, check_whole
from api.measuring.reading import read_points
from api.measuring.rows import Row, rows_of, to_csv
from api.measuring.settling import Settler
from api.measuring.store import MeasurementStore
from catalog import Catalog
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.measurements import read_measurements
from optimizer.evidence.own import own_runs
from optimizer.evidence.validate import ValidatedRow, validate


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A stored metric beside its prediction; `skipped_because` says why there is none."""

    experiment_id: str
    model: str
    gpu: str
    load: str
    metric: str
    measured: float
    predicted: float | None
    low: float | None
    high: float | None
    error_fraction: float | None
    skipped_because: str | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import read. `stored_in` is None where it was only looked at.

    `changes` are the predictions of what was measured, before and with these rows; `without_say` says why rows have
    none in predictions.
    """

    stored_in: str | None
    assumptions: tuple[str, ...]
    rows: tuple[ImportedRow, ...]
    predictions_changed: bool
    changes: tuple[PredictionChange, ...]
    without_say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """The load of a run when the file does not say it."""

    concurrency: float | None = None
    request_rate: float | None = None


def import_file(
    name: str, text: str, given: Stated, load: Load, catalog: Catalog, now: datetime, store: MeasurementStore | None
) -> Imported:
    """Read a file, compare it with predictions, and store it where there is a store. Raises InvalidInputError."""
    rows, assumptions = read_rows(name, text, given, load, catalog, now)
    found = compared(rows, assumptions, catalog, None if store is None else str(store.path))
    if store is not None:
        store.append(rows)
    return found


def read_rows(
    name: str, text: str, given: Stated, load: Load, catalog: Catalog, now: datetime
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the rows of a file, and what was assumed. Raises InvalidInputError with the reason of a refusal."""
    settler = Settler(catalog, shipped_spellings(), given)
    assumptions: dict[str, None] = {}
    settled = []
    for point in read_points(name, text):
        said = point.stated
        if said.engine is None and given.engine is None and point.assumed:
            said = said.filled(Stated(engine="vllm"))
            assumptions |= dict.fromkeys(point.assumed)
        loaded = check_whole(point.where, point.under(load.concurrency, load.request_rate))
        settled.append((loaded, settler.settle(point.where, said)))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return rows_of(settled, Path(name).name, digest, now), tuple(assumptions)


def compared(rows: tuple[Row, ...], assumptions: tuple[str, ...], catalog: Catalog, stored_in: str | None) -> Imported:
    """Return rows beside their predictions as `gpumix validate` makes them, and what they change in predictions.

    `catalog` holds the user's own evidence from before.
    """
    spellings = shipped_spellings()
    measurements = read_measurements(to_csv(rows), defaults=())
    found = validate(measurements, catalog, spellings)
    own = own_runs(measurements, catalog, spellings)
    changes = prediction_changes(own.runs, catalog) if own_is_wanted() else ()
    return Imported(
        stored_in=stored_in,
        assumptions=assumptions,
        rows=tuple(_row(row, against) for row, against in zip(rows, found.rows, strict=True)),
        predictions_changed=bool(changes),
        changes=changes,
        without_say=tuple(dict.fromkeys((*own.left_out.values(), *too_far(found.rows)))),
    )


def _row(row: Row, against: ValidatedRow) -> ImportedRow:
    return ImportedRow(
        experiment_id=row["experiment_id"],
        model=row["model"],
        gpu=f"{row['num_gpus']} x {row['gpu']}",
        load=load_words(row),
        metric=row["metric"],
        measured=float(row["value"]),
        predicted=against.predicted,
        low=against.low,
        high=against.high,
        error_fraction=against.error_fraction,
        skipped_because=against.skipped_because,
    )


def load_words(row: Row) -> str:
    """Return the load of a row in words."""
    sizes = f"{_whole(row['input_tokens'])} in, {_whole(row['output_tokens'])} out"
    if row["concurrency_or_batch"]:
        return f"{_whole(row['concurrency_or_batch'])} at a time, {sizes}"
    return f"{float(row['request_rate']):g}/s, {sizes}" if row["request_rate"] else f"all at once, {sizes}"


def _whole(text: str) -> str:
    return f"{float(text):,.0f}" if text else "?"
