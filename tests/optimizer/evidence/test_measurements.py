import csv
import io
from importlib.resources import files

import pytest

from catalog import InvalidDataError
from optimizer.evidence.aliases import Default, complete
from optimizer.evidence.measurements import read_measurements, shipped_measurements
from tests.optimizer.evidence.rows_for_tests import rows, text


def test_a_row_is_read_as_it_is_spelt() -> None:
    (row,) = rows({})
    assert (row.engine, row.gpus, row.concurrency, row.value, row.online) == ("vLLM", 4, 8.0, 12.5, True)


def test_a_remark_in_place_of_a_concurrency_is_no_number() -> None:
    (row,) = rows({"concurrency_or_batch": "max batch 4096", "request_rate": "inf"})
    assert row.concurrency is None
    assert row.request_rate is None


def test_unknown_extra_columns_are_ignored() -> None:
    header, line = text({}).splitlines()
    (row,) = read_measurements(f"{header},colour\n{line},blue\n")
    assert row.value == 12.5


BAD = ({"value": "-3"}, {"metric": "speed"}, {"num_gpus": "2.5"}, {"value": "n/a"}, {})


def test_all_bad_rows_are_reported_at_once_when_strict() -> None:
    with pytest.raises(InvalidDataError) as caught:
        read_measurements(text(*BAD), strict=True)
    assert 4 == len(caught.value.problems)


def test_bad_rows_are_kept_with_their_reasons() -> None:
    found = rows(*BAD)
    assert [0, 1, 2, 3, 4] == [row.row for row in found]
    assert [True, True, True, True, False] == [bool(row.excluded) for row in found]
    assert "unknown metric 'speed'" in found[1].excluded


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InvalidDataError) as caught:
        read_measurements("engine,model,gpu,num_gpus,metric\nvLLM,x,y,1,tpot_ms\n")
    assert "value" in str(caught.value)


def test_blanks_are_filled_from_the_source_s_defaults_and_say_so() -> None:
    default = Default("somebody", "gpu", "A100", "gpu_mem_gb", "40", "their cluster has 40 GB cards")
    filled, why = complete({"source_id": "somebody", "gpu": "Nvidia A100 GPU", "gpu_mem_gb": ""}, (default,))
    assert filled["gpu_mem_gb"] == "40"
    assert "their cluster" in why


def test_a_stated_value_is_never_overwritten() -> None:
    default = Default("somebody", "gpu", "A100", "gpu_mem_gb", "40", "their cluster has 40 GB cards")
    filled, why = complete({"source_id": "somebody", "gpu": "A100", "gpu_mem_gb": "80"}, (default,))
    assert (filled["gpu_mem_gb"], why) == ("80", "")


def test_shipped_measurements_have_sources_and_reasons() -> None:
    shipped = shipped_measurements()
    assert len(shipped) > 3000
    assert all(row.source_id and row.source_date for row in shipped)
    assert any(row.excluded for row in shipped)
    assert any(row.not_fitted for row in shipped)


def test_every_shipped_measurement_has_its_source_on_file() -> None:
    listed = csv.DictReader(io.StringIO((files("catalog") / "data" / "measurement_sources.csv").read_text("utf-8")))
    sources = {row["source_id"] for row in listed if row["location"] and row["date"]}
    assert set() == {row.source_id for row in shipped_measurements()} - sources


def test_gpus_follow_from_the_parallelism_where_they_are_not_stated() -> None:
    (row,) = rows({"num_gpus": "", "tp": "4", "pp": "2"})
    assert 8 == row.gpus


def test_a_negative_length_is_an_error_not_a_blank() -> None:
    (row,) = rows({"input_tokens": "-5"})
    assert "'-5' is negative" == row.excluded


@pytest.mark.parametrize(("metric", "online"), [("tpot_ms", True), ("ttft_ms_mean", True), ("total_tok_s", False)])
def test_latencies_are_a_server_s_where_the_file_does_not_say(metric: str, online: bool) -> None:
    (row,) = rows({"offline_or_online": "", "metric": metric})
    assert online == row.online
