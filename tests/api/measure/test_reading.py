"""Benchmark files: what each tool's file says, and why a file is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.measuring.points import Point
from api.measuring.reading import read_points
from catalog import InvalidInputError
from tests.api.measure.files import METADATA, SECTION_9, VLLM, aiperf, benchmark, distribution, guidellm, vllm


def points(text: str) -> tuple[Point, ...]:
    return read_points("file", text)


def refusal(text: str) -> str:
    with pytest.raises(InvalidInputError) as error:
        read_points("file", text)
    return error.value.message


def test_a_vllm_result_is_one_closed_loop() -> None:
    (point,) = points(vllm())
    assert (32, None, True) == (point.concurrency, point.request_rate, point.online)
    assert (1024, 256, 320) == (point.input_tokens, point.output_tokens, point.requests)
    assert point.day == "2026-11-01"
    assert {
        "output_tok_s_total": 819.2, "requests_s": 3.2, "ttft_ms_mean": 400, "ttft_ms_p50": 350, "ttft_ms_p99": 900,
        "tpot_ms": 36, "itl_ms": 35,
    } == dict(point.metrics)  # fmt: skip


def test_metadata_of_a_vllm_result_says_the_hardware() -> None:
    (point,) = points(vllm(**METADATA))
    said = point.stated
    assert ("H100-SXM-80GB", 4, 4, 1, "fp8", "vllm", "0.33.0") == (
        said.gpu, said.gpus, said.tp, said.pp, said.quantization, said.engine, said.engine_version
    )  # fmt: skip


def test_appended_results_are_a_point_each() -> None:
    found = points(vllm() + "\n" + vllm(max_concurrency=8) + "\n")
    assert [32, 8] == [point.concurrency for point in found]


def test_a_burst_has_no_latencies() -> None:
    (point,) = points(vllm(max_concurrency=None))
    assert (False, None, None) == (point.online, point.concurrency, point.request_rate)
    assert ["output_tok_s_total", "requests_s"] == [name for name, _ in point.metrics]


@pytest.mark.parametrize(("rate", "load"), [(3.25, (None, 3.25)), (10.0, (32, None))])
def test_of_two_limits_the_one_that_held_it_back_counts(rate: float, load: tuple[float | None, float | None]) -> None:
    (point,) = points(vllm(request_rate=rate))
    assert load == (point.concurrency, point.request_rate)


def test_an_engine_that_the_file_does_not_name_is_a_visible_assumption() -> None:
    (point,) = points(vllm(backend="openai", endpoint_type="openai"))
    assert point.stated.engine is None
    assert "vLLM's own benchmark" in point.assumed[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"completed": 0}, "no request completed"),
        ({"failed": 100}, "100 of 420 requests failed"),
        ({"output_throughput": 4096.0}, "output_throughput is 4096, but its own totals give 819.2"),
        ({"request_throughput": 32.0}, "request_throughput is 32, but its own totals give 3.2"),
        ({"duration": None}, "duration: Field required"),
        ({"total_input_tokens": -1}, "total_input_tokens"),
        ({"total_input_sequences": 3}, "embedding"),
        ({"gpu_count": "many"}, "gpu_count"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_vllm_result_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal(vllm(**changes))


@pytest.mark.parametrize("version", [None, 1, 2])
def test_each_version_of_guidellm_is_read(version: int | None) -> None:
    (point,) = points(guidellm(version))
    assert (16, None, 1024, 256) == (point.concurrency, point.request_rate, point.input_tokens, point.output_tokens)
    assert {
        "output_tok_s_total": 512, "requests_s": 2, "ttft_ms_mean": 400, "ttft_ms_p50": 350, "ttft_ms_p99": 900,
        "itl_ms": 35,
    } == dict(point.metrics)  # fmt: skip


def test_a_sweep_is_a_point_for_each_benchmark() -> None:
    found = points(
        guidellm(
            2, benchmark(kind="synchronous"), benchmark(type_="throughput"), benchmark(type_="constant", rate=1.5),
            benchmark(type_="poisson", rate=2.5),
        )
    )  # fmt: skip
    assert [(1, None, True), (None, None, False), (None, 1.5, True), (None, 2.5, True)] == [
        (point.concurrency, point.request_rate, point.online) for point in found
    ]


@pytest.mark.parametrize("version", [0, 3, "2"])
def test_an_unknown_version_of_guidellm_is_refused(version: Any) -> None:
    assert "is not known" in refusal(guidellm(version))


def test_a_trace_is_no_steady_load() -> None:
    assert "'trace' is no steady load" in refusal(guidellm(2, benchmark(type_="trace")))


def test_guidellm_errors_are_counted() -> None:
    assert "50 of 150 requests failed" in refusal(guidellm(1, benchmark(errored=50, type_="concurrent", streams=4)))


def test_guidellm_figures_that_contradict_its_totals_are_refused() -> None:
    wrong = benchmark(type_="concurrent", streams=4)
    wrong["metrics"]["output_tokens_per_second"] = distribution(5120.0)
    assert "output_tokens_per_second is 5120" in refusal(guidellm(2, wrong))


def test_an_aiperf_export_is_read_in_the_units_that_it_names() -> None:
    (point,) = points(aiperf())
    assert (16, None) == (point.concurrency, point.request_rate)
    assert ("meta-llama/Llama-3.1-70B-Instruct", "NVIDIA H100 80GB HBM3") == (point.stated.model, point.stated.gpu)
    assert {
        "output_tok_s_total": 512, "requests_s": 2, "output_tok_s_per_user": 28, "ttft_ms_mean": 400,
        "ttft_ms_p50": 350, "ttft_ms_p99": 900, "itl_ms": 35,
    } == dict(point.metrics)  # fmt: skip


@pytest.mark.parametrize(
    ("config", "load"),
    [
        ({"loadgen": {"request_rate": 4.0, "concurrency": 64}}, (None, 4)),
        ({"phases": {"profiling": {"concurrency": 40}}}, (40, None)),
        ({"phases": [{"name": "warmup", "concurrency": 1}, {"name": "profiling", "concurrency": 40}]}, (40, None)),
        ({"phases": {"profiling": {"rate": 2.5}}}, (None, 2.5)),
        ({}, (None, None)),
    ],
    ids=str,
)
def test_aiperf_says_its_load_in_several_places(
    config: dict[str, Any], load: tuple[float | None, float | None]
) -> None:
    (point,) = points(aiperf(input_config=config))
    assert load == (point.concurrency, point.request_rate)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"was_cancelled": True}, "cancelled"),
        ({"schema_version": "2.0"}, "schema version 2.0 is not known"),
        ({"time_to_first_token": {"unit": "fortnights", "avg": 1}}, "fortnights"),
        ({"output_token_throughput": {"unit": "requests", "avg": 1}}, "no rate that is known"),
        ({"output_sequence_length": None}, "output_sequence_length: Field required"),
        ({"error_summary": [{"count": 100}]}, "100 of 300 requests failed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_aiperf_export_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal(aiperf(**changes))


def test_a_measurement_file_is_a_point_for_each_row() -> None:
    found = points(SECTION_9)
    assert [(("output_tok_s_total", 820),), (("ttft_ms_mean", 400),)] == [point.metrics for point in found]
    assert {4} == {point.stated.tp for point in found}


def test_every_bad_row_of_a_measurement_file_is_named() -> None:
    message = refusal(SECTION_9.replace(",820,", ",-820,").replace(",400,", ",fast,"))
    assert "-820" in message
    assert "fast" in message


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "[]", "[1]", "{", '{"a": 1}\n{"b"', "a,b\n1,2\n", "null", "[" * 99999]
)
def test_what_is_no_benchmark_is_refused(text: str) -> None:
    assert refusal(text).startswith("file: ")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def damage(document: Any, data: st.DataObject) -> None:
    """Replace one value somewhere inside a document."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = data.draw(st.sampled_from(keys))
    if isinstance(document[key], dict | list) and document[key] and data.draw(st.booleans()):
        damage(document[key], data)
    else:
        document[key] = data.draw(values)


@given(st.sampled_from([vllm(**METADATA), guidellm(1), guidellm(2), aiperf()]), st.integers(1, 4), st.data())
def test_a_damaged_file_is_read_or_refused_but_never_breaks(text: str, times: int, data: st.DataObject) -> None:
    document = json.loads(text)
    for _ in range(times):
        damage(document, data)
    try:
        assert read_points("file", json.dumps(document))
    except InvalidInputError as error:
        assert error.message  # noqa: PT017  # refused with a reason, or read


def test_what_people_wrote_is_never_read() -> None:
    assert "generated_texts" in VLLM
    assert "secret" not in repr(points(vllm()))
