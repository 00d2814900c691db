import pytest

from catalog import load_catalog
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.measurements import Measurement
from optimizer.evidence.validate import Validation, validate
from tests.optimizer.evidence.rows_for_tests import rows


def done(measurements: tuple[Measurement, ...]) -> Validation:
    return validate(measurements, load_catalog(), shipped_spellings())


def test_every_row_is_answered_in_the_order_of_the_file() -> None:
    found = done(rows({"gpu": "TPU v5e"}, {}, {"model": "Falcon-180B"}, {"metric": "ttft_ms_mean", "value": "90"}))
    assert [row.row for row in found.rows] == [0, 1, 2, 3]
    assert [row.predicted is not None for row in found.rows] == [False, True, False, True]


def test_a_skipped_row_says_why_and_counts() -> None:
    found = done(rows({"gpu": "TPU v5e"}, {}))
    assert found.rows[0].skipped_because == "gpu 'TPU v5e' is not in the catalog"
    assert found.rows[1].skipped_because is None
    assert (found.summary.n, found.summary.skipped) == (1, 1)


def test_a_model_that_does_not_fit_is_skipped_with_the_numbers() -> None:
    (row,) = done(rows({"model": "Llama-3.1-405B", "weight_quant": "BF16", "num_gpus": "8", "tp": "8"})).rows
    assert row.skipped_because is not None
    assert row.skipped_because.startswith("does not fit: KV room for 0 tokens")


def test_errors_are_signed_fractions_of_what_was_measured() -> None:
    (row,) = done(rows({})).rows
    assert row.predicted is not None
    assert pytest.approx(row.predicted / 12.5 - 1) == row.error_fraction
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.predicted < row.high


def test_units_follow_the_metric() -> None:
    metrics = ("tpot_ms", "output_tok_s_total", "tok_s_per_gpu", "total_tok_s", "requests_s", "output_tok_s_per_user")
    found = done(rows(*({"metric": name} for name in metrics)))
    value = {row.metric: row.predicted or 0.0 for row in found.rows}
    assert pytest.approx(value["output_tok_s_total"] / 4) == value["tok_s_per_gpu"]
    assert pytest.approx(value["output_tok_s_total"] * 5) == value["total_tok_s"]
    assert pytest.approx(value["output_tok_s_total"] / 256) == value["requests_s"]
    assert pytest.approx(1000 / value["tpot_ms"]) == value["output_tok_s_per_user"]


def test_a_rate_beyond_capacity_is_skipped_as_a_burst() -> None:
    (row,) = done(rows({"concurrency_or_batch": "", "request_rate": "500"})).rows
    assert row.skipped_because == "the request rate is above what the replicas carry: a burst, not a steady state"


def test_an_open_stream_is_predicted() -> None:
    changes = ({"concurrency_or_batch": "", "request_rate": "2", "metric": name} for name in ("tpot_ms", "ttft_ms_p99"))
    found = done(rows(*changes))
    assert all(row.predicted is not None and row.predicted > 0 for row in found.rows)


def test_replicas_share_the_load() -> None:
    metric = {"metric": "output_tok_s_total", "value": "1000"}
    one, two = done(rows(metric, {**metric, "num_gpus": "8", "tp": "4", "concurrency_or_batch": "16"})).rows
    assert one.predicted is not None
    assert pytest.approx(2 * one.predicted) == two.predicted


def test_summaries_by_gpu_use_the_file_s_spelling() -> None:
    found = done(rows({}, {"gpu": "H200"}))
    assert [name for name, _ in found.by.gpu] == ["H200", "NVIDIA H100-SXM-80GB"]
    assert sum(summary.n for _, summary in found.by.metric) == found.summary.n


def test_an_empty_file_gives_an_empty_summary() -> None:
    found = done(())
    assert (found.summary.n, found.summary.skipped) == (0, 0)


def test_older_rows_are_predicted_with_the_engines_of_their_time() -> None:
    old, new = done(rows({"source_date": "2024-03"}, {"source_date": "2026-06"})).rows
    assert old.predicted is not None
    assert new.predicted is not None
    assert old.predicted > new.predicted


def test_a_cell_that_is_no_number_skips_its_row_only() -> None:
    found = done(rows({"value": "fast"}, {}))
    assert found.rows[0].measured is None
    assert found.rows[0].skipped_because is not None
    assert found.rows[1].predicted is not None
