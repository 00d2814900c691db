"""Published runs like the one that a plan proposes, measured and predicted, in tokens per second."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog import Catalog
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.cases import cases
from optimizer.evidence.measurements import Measurement, shipped_measurements
from optimizer.evidence.settings import Setting
from optimizer.evidence.validate import ValidatedRow, validate
from optimizer.fleet.plan import Line

NEAREST = "nearest runs"
SAME_GPU = "same GPU"
SAME_ENGINE = "same engine and format"
KINDS = (NEAREST, SAME_GPU, SAME_ENGINE)
EACH_USER, IN_ALL = "each user", "in all"
FIGURES = {
    "output_tok_s_total": IN_ALL,
    "output_tok_s_per_user": EACH_USER,
    "tpot_ms": EACH_USER,
    "itl_ms": EACH_USER,
}
_MS_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class SimilarRun:
    """One published run; the four figures in tokens per second, `low` to `high` the 80% interval of the prediction.

    `figure` says whose speed: each user's, or of all together. `likeness` says what it shares with the plan.
    """

    likeness: str
    figure: str
    measured: float
    predicted: float
    low: float
    high: float
    model: str
    gpu: str
    gpus: int
    quantization: str
    engine: str
    source_id: str
    source_date: str


def similar_runs(lines: Sequence[Line], catalog: Catalog) -> list[SimilarRun]:
    """Return the published runs that are most like the lines of a plan, the likest first; times are left out."""
    measurements, spellings = shipped_measurements(), shipped_spellings()
    speeds = tuple(row for row in measurements if row.metric in FIGURES)
    settings = {setting.row: setting for setting in cases(speeds, catalog, spellings).settings}
    likeness = {row: found for row, setting in settings.items() if (found := _likeness(setting, lines)) is not None}
    rows = validate(tuple(row for row in speeds if row.row in likeness), catalog, spellings).rows
    runs = [_run(likeness[row.row], settings[row.row], measurements[row.row], row) for row in rows if row.predicted]
    return sorted(runs, key=lambda run: KINDS.index(run.likeness))


def _likeness(setting: Setting, lines: Sequence[Line]) -> str | None:
    return next((kind for kind in KINDS if any(_alike(setting, line, kind) for line in lines)), None)


def _alike(setting: Setting, line: Line, kind: str) -> bool:
    if kind == SAME_GPU:
        return setting.gpu == line.gpu
    same_engine = (setting.engine, setting.quantization) == (line.engine, line.quantization)
    if kind == SAME_ENGINE:
        return same_engine
    here = (setting.engine, setting.gpu, setting.quantization, setting.model, setting.tp, setting.pp)
    listed = [(it.engine, it.gpu, it.quantization, it.model, it.tp, it.pp) for it in line.evidence.nearest]
    return here in listed


def _run(likeness: str, setting: Setting, measurement: Measurement, row: ValidatedRow) -> SimilarRun:
    assert row.measured is not None
    assert row.predicted is not None
    assert row.low is not None
    assert row.high is not None
    figures = [row.measured, row.predicted, row.low, row.high]
    if row.metric.endswith("_ms"):  # a time per token, longest where the speed is lowest
        measured, predicted, high, low = (_MS_PER_S / value for value in figures)
    else:
        measured, predicted, low, high = figures
    return SimilarRun(
        likeness, FIGURES[row.metric], measured, predicted, low, high, setting.model, setting.gpu,
        measurement.gpus, setting.quantization, setting.engine, measurement.source_id, measurement.source_date,
    )  # fmt: skip
