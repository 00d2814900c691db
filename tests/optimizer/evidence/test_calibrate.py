from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest

from catalog import load_catalog
from optimizer.evidence.accuracy import summary
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.calibrate import drift, refit
from optimizer.evidence.cases import Cases, cases, select
from optimizer.evidence.fitting import fit, say, soften
from optimizer.evidence.form import form
from optimizer.evidence.leaving_out import leave_out
from optimizer.evidence.measurements import first_sources, shipped_measurements
from optimizer.evidence.predicting import predicted
from optimizer.evidence.spread import spread
from optimizer.performance.coefficients import collect, shipped_coefficients
from optimizer.performance.support import shipped_support


@pytest.fixture(scope="module")
def batch() -> Cases:
    return cases(shipped_measurements(), load_catalog(), shipped_spellings())


@pytest.fixture(scope="module")
def few(batch: Cases) -> Cases:
    """A tenth of the measurements, for fits that only have to work."""
    return select(batch, np.arange(len(batch)) % 10 == 0)


def test_the_shipped_coefficients_are_those_of_a_fresh_fit() -> None:
    fresh = refit(shipped_measurements(), load_catalog(), shipped_spellings())
    assert drift(shipped_coefficients(), fresh) == ()


def test_drift_names_what_moved() -> None:
    shipped = shipped_coefficients()
    key = ("matmul", "all", "*")
    moved = collect(
        [replace(row, value=row.value * (1.05 if row.key == key else 1)) for row in shipped.by_key.values()]
    )
    assert [text.split(":")[0] for text in drift(shipped, moved)] == ["matmul all *"]


def test_a_fit_recovers_coefficients_that_made_the_data(few: Cases) -> None:
    true = collect([replace(row, value=row.value * (0.9 if row.name == "weight_stream" else 1)) for row in form()])
    values = predicted(few, true)
    made = select(replace(few, value=values), np.isfinite(values))
    assert pytest.approx(true.base("weight_stream"), rel=0.03) == fit(made).base("weight_stream")


def test_a_fit_is_deterministic_and_within_bounds(few: Cases) -> None:
    first, second = fit(few), fit(few)
    assert first.calibration_id == second.calibration_id
    assert all(row.low <= row.value <= row.high for row in first.by_key.values())


def test_outliers_count_linearly() -> None:
    small, large = soften(np.array([0.1])) ** 2, soften(np.array([100.0])) ** 2
    assert pytest.approx(0.01, rel=0.01) == float(small[0])
    assert float(large[0]) < 200


def test_left_out_groups_are_never_seen(few: Cases) -> None:
    spoilt = replace(few, value=few.value * np.where([row.engine == "sglang" for row in few.settings], 50.0, 1.0))
    clean, dirty = (leave_out(one, load_catalog(), "engine") for one in (few, spoilt))
    rows = np.array([row.engine == "sglang" for row in few.settings])
    assert rows.any()
    assert pytest.approx(clean.predicted[rows].tolist()) == dirty.predicted[rows].tolist()


def test_folds_in_other_processes_are_the_same(few: Cases) -> None:
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        apart = leave_out(few, load_catalog(), "engine", each=pool.map)
    here = leave_out(few, load_catalog(), "engine")
    assert apart.predicted.tolist() == here.predicted.tolist()
    assert apart.kind.tolist() == here.kind.tolist()


def test_intervals_cover_four_fifths_of_what_they_were_made_of(few: Cases) -> None:
    folds = [leave_out(few, load_catalog(), "gpu")]
    rows = {row.key: row.value for row in spread(few, folds)}
    assert rows["ratio_low", "tpot", "extrapolated"] <= rows["ratio_low", "tpot", "measured"] <= 1
    assert rows["ratio_high", "tpot", "extrapolated"] >= rows["ratio_high", "tpot", "measured"] >= 1


def test_summary_of_known_errors() -> None:
    measured = np.array([10.0, 10.0, 10.0, 10.0])
    found = summary(measured, np.array([11.0, 9.0, 10.0, 14.0]), measured * 0.9, measured * 1.3)
    assert (4, pytest.approx(0.15), pytest.approx(0.1), 1.0) == (
        found.n,
        found.mape,
        found.median_ape,
        found.coverage80,
    )


def test_accuracy_on_what_was_fitted(batch: Cases) -> None:
    rows = np.array([not row.not_fitted and row.source_id in first_sources() for row in batch.measurements])
    first = select(batch, rows)
    error = np.abs(predicted(first, shipped_coefficients()) / first.value - 1)
    metric = np.array([row.metric for row in first.measurements])
    saturated = np.array([read.mode == "saturated" for read in first.settings]) & (first.shapes.expert_params == 0)
    assert error[saturated].mean() < 0.12
    assert float(np.median(error[saturated])) < 0.08
    assert error[metric == "tpot_ms"].mean() < 0.12
    assert error[metric == "ttft_ms_mean"].mean() < 0.35


def test_evidence_sums_up_every_fitted_measurement(batch: Cases) -> None:
    fitted = sum(1 for row in batch.measurements if not row.not_fitted)
    assert fitted == sum(row.rows for row in shipped_support())


def test_coefficients_note_on_how_many_rows_they_act() -> None:
    shipped = shipped_coefficients()
    assert shipped.by_key["matmul", "all", "*"].rows > 1500
    assert shipped.by_key["matmul", "dtype", "packed"].rows > 100
    assert shipped.by_key["matmul", "vendor", "Intel"].rows == 0


def test_a_source_of_many_rows_counts_with_their_root(batch: Cases) -> None:
    counts = Counter(row.source_id for row in batch.measurements)
    said = {row.source_id: value for row, value in zip(batch.measurements, say(batch), strict=True)}
    assert all(value == pytest.approx(min(1.0, (10 / counts[name]) ** 0.5)) for name, value in said.items())
