"""Commands in process: what each refuses, and what its document holds."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from catalog import InvalidInputError, load_catalog
from pricing import load_snapshot

PREDICT = (
    "predict", "--gpu", "H100-SXM-80GB", "--gpus", "8", "--quantization", "fp8",
    "--input-tokens", "7680", "--output-tokens", "512",
)  # fmt: skip


def shown(*arguments: str) -> Any:
    """Return the document that a command prints."""
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


REFUSED = [
    (),
    ("--concurrency", "0"),
    ("--concurrency", "1", "--saturated"),
    ("--concurrency", "1", "--request-rate", "2"),
    ("--request-rate", "nan"),
    ("--request-rate", "inf"),
    ("--request-rate", "-1"),
    ("--request-rate", "1", "--percentile", "0"),
    ("--request-rate", "1", "--percentile", "100"),
    ("--request-rate", "1", "--percentile", "nan"),
    ("--concurrency", "1", "--prefix-cache-hit-fraction", "nan"),
    ("--concurrency", "1", "--prefix-cache-hit-fraction", "1.5"),
    ("--concurrency", "1", "--nodes", "0"),
    ("--concurrency", "1", "--nodes", "3"),
    ("--concurrency", "1", "--tp", "3"),
    ("--concurrency", "1", "--tp", "0"),
    ("--concurrency", "1", "--tp", "4", "--pp", "4"),
    ("--concurrency", "1", "--link", "string"),
    ("--concurrency", "1", "--kv-dtype", "int3"),
    ("--concurrency", "1", "--engine", "vlm"),
    ("--concurrency", "1", "--model", "llama-9"),
    ("--concurrency", "1", "--gpus", "0"),
    ("--concurrency", "1", "--input-tokens", "0"),
    ("--concurrency", "1", "--input-tokens", "200000"),
]


@pytest.mark.parametrize("options", REFUSED, ids=lambda options: " ".join(options) or "no load")
def test_predict_refuses_what_cannot_be(options: tuple[str, ...]) -> None:
    assert isinstance(CliRunner().invoke(app, [*PREDICT, *options]).exception, InvalidInputError)


@pytest.mark.parametrize("load", [("--concurrency", "4"), ("--saturated",), ("--request-rate", "0.5")], ids=str)
def test_predict_gives_every_figure_inside_its_interval(load: tuple[str, ...]) -> None:
    document = shown(*PREDICT, *load)
    for name in ("ttft_s", "tpot_ms", "tok_per_s_per_user", "output_tok_per_s", "requests_per_s", "concurrency"):
        assert document[name]["low"] <= document[name]["value"] <= document[name]["high"]


def test_predict_names_its_bottleneck() -> None:
    bottleneck = shown(*PREDICT, "--concurrency", "1")["bottleneck"]
    assert bottleneck in {"weights", "matmul", "kv", "communication", "overhead"}


def test_more_streams_make_more_tokens_and_slower_streams() -> None:
    one, many = (shown(*PREDICT, "--concurrency", count) for count in ("1", "16"))
    assert one["output_tok_per_s"]["value"] < many["output_tok_per_s"]["value"]
    assert one["tok_per_s_per_user"]["value"] > many["tok_per_s_per_user"]["value"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [("gpus", "gpu_id"), ("models", "model_id"), ("quantizations", "quantization_id"), ("engines", "engine_id")],
)
def test_the_catalog_is_shown_whole(kind: str, key: str) -> None:
    assert list(getattr(load_catalog(), kind)) == [item[key] for item in shown("catalog", kind)["items"]]


@pytest.mark.parametrize("kind", ["gpus", "models", "quantizations", "engines", "instances"])
def test_every_fact_has_a_source(kind: str) -> None:
    assert all(item["source_id"] for item in shown("catalog", kind)["items"])


def test_prices_list_shows_every_offer() -> None:
    assert len(load_snapshot().offers) == len(shown("prices", "list")["items"])


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [("--provider", "aws", "provider"), ("--term", "spot", "term"), ("--tier", "neocloud", "tier")],
)
def test_prices_list_keeps_to_its_filter(option: str, value: str, field: str) -> None:
    assert {value} == {item[field] for item in shown("prices", "list", option, value)["items"]}


def test_prices_list_keeps_to_a_gpu() -> None:
    assert {"H100-SXM-80GB"} == {item["gpu"] for item in shown("prices", "list", "--gpu", "H100-SXM-80GB")["items"]}


def test_prices_list_keeps_to_a_day() -> None:
    items = shown("prices", "list", "--as-of", "2026-06-01")["items"]
    assert max(item["observed_at"] for item in items) <= "2026-06-01"


def test_prices_list_starts_with_the_cheapest_per_gpu() -> None:
    each = [item["usd_per_hour"] / item["gpus_per_instance"] for item in shown("prices", "list")["items"]]
    assert each == sorted(each)


@pytest.mark.parametrize(
    "options",
    [("--provider", "awz"), ("--region", "mars"), ("--gpu", "Z9"), ("--term", "forever"), ("--as-of", "soon")],
    ids=str,
)
def test_prices_list_refuses_what_nobody_has(options: tuple[str, str]) -> None:
    assert isinstance(CliRunner().invoke(app, ["prices", "list", *options]).exception, InvalidInputError)


def test_parse_shows_the_request_and_how_it_was_read() -> None:
    document = shown("parse", "10 tok/s at 8K zorblax")
    assert document["request"]["workload"]["context_tokens"] == 8192
    assert any("zorblax" in word for word in document["ignored"])
    assert document["interpretation"]
    assert document["assumptions"]


@pytest.mark.parametrize("command", ["ask", "parse", "plan", "candidates", "verify", "predict", "catalog", "prices"])
def test_every_command_explains_itself(command: str) -> None:
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
