"""Measurement rows become runs of one replica; what says nothing about a steady load has no say."""

import pytest

from catalog import OwnRun, load_catalog
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.own import BURST, own_runs
from tests.optimizer.evidence.rows_for_tests import rows

CLOSED = {"concurrency_or_batch": "16", "offline_or_online": "online"}


def runs(*changes: dict[str, str]) -> tuple[OwnRun, ...]:
    return own_runs(rows(*changes), load_catalog(), shipped_spellings()).runs


def test_the_figures_of_a_load_are_one_run() -> None:
    found = runs(
        {**CLOSED, "metric": "tpot_ms", "value": "25"},
        {**CLOSED, "metric": "ttft_ms_mean", "value": "300"},
        {**CLOSED, "metric": "output_tok_s_total", "value": "500"},
    )
    (run,) = found
    assert (0.025, 0.3, 500.0, 16.0) == (run.tpot_s, run.ttft_s, run.output_tok_per_s, run.concurrency)


def test_a_metric_that_comes_twice_is_two_runs() -> None:
    found = runs(*({**CLOSED, "metric": "tpot_ms", "value": value} for value in ("25", "26")))
    assert [0.025, 0.026] == [run.tpot_s for run in found]


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [("output_tok_s_total", "800", 400.0), ("tok_s_per_gpu", "100", 400.0), ("requests_s", "4", None)],
)
def test_throughput_is_of_one_replica(metric: str, value: str, expected: float | None) -> None:
    (run,) = runs({**CLOSED, "num_gpus": "8", "tp": "4", "pp": "1", "metric": metric, "value": value})
    wanted = 4 * run.output_tokens / 2 if expected is None else expected
    assert wanted == pytest.approx(run.output_tok_per_s)
    assert 8.0 == run.concurrency


def test_tpot_counts_before_itl() -> None:
    (run,) = runs(
        {**CLOSED, "metric": "itl_ms", "value": "31"},
        {**CLOSED, "metric": "tpot_ms", "value": "30"},
    )
    assert 0.03 == run.tpot_s


def test_a_burst_has_no_say() -> None:
    burst = {"concurrency_or_batch": "16", "offline_or_online": "offline", "metric": "output_tok_s_total", "value": "9"}
    found = own_runs(rows(burst), load_catalog(), shipped_spellings())
    assert () == found.runs
    assert {0: BURST} == found.left_out
