import numpy as np
import pytest

from optimizer.performance import KINDS, evidence, interval, join
from optimizer.performance.intervals import INTERVAL_METRICS
from tests.optimizer.performance.layouts_for_tests import layout


def test_what_was_measured_is_called_measured() -> None:
    assert evidence(layout(engine="trt-llm", tp=4))[0].kind == "measured"


def test_a_group_over_nodes_is_extrapolated() -> None:
    assert evidence(layout(tp=8, pp=2, nodes=2))[0].kind == "extrapolated"


def test_an_engine_on_an_unseen_vendor_is_extrapolated() -> None:
    assert evidence(layout(gpu="Gaudi3-128GB", tp=8))[0].kind == "extrapolated"


def test_llama_4_405b_counts_as_llama_3_1_405b() -> None:
    assert evidence(layout(model="llama-4-405b", engine="trt-llm", tp=8, gpu="H200-SXM-141GB"))[0].kind == "measured"


@pytest.mark.parametrize("metric", INTERVAL_METRICS)
def test_weaker_evidence_never_narrows_the_interval(metric: str) -> None:
    rows = layout()
    widths = []
    for strength in range(len(KINDS)):
        low, high = interval(rows, metric, np.ones(1), kinds=np.array([strength]))
        widths.append(float(high[0] / low[0]))
    assert sorted(widths) == widths


def test_a_speed_has_the_inverse_interval_of_its_time() -> None:
    rows = layout()
    low, high = interval(rows, "tok_per_s_per_user", np.ones(1))
    slow, fast = interval(rows, "tpot_s", np.ones(1))
    assert pytest.approx((1 / fast[0], 1 / slow[0])) == (low[0], high[0])


def test_nearest_runs_are_of_the_same_engine_and_gpu_where_there_are_any() -> None:
    nearest = evidence(layout(engine="trt-llm", gpu="L40S-48GB"))[0].nearest
    assert {("trt-llm", "L40S-48GB")} == {(row.engine, row.gpu) for row in nearest}


def test_kinds_of_many_rows_match_those_of_each() -> None:
    rows = [layout(tp=2), layout(engine="trt-llm", tp=8), layout(gpu="Gaudi3-128GB", tp=8)]
    together = [found.kind for found in evidence(join(rows))]
    assert [evidence(row)[0].kind for row in rows] == together
