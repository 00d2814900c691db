"""Exit codes: what a script learns without reading the output, and never a traceback."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import QUESTION, REQUEST, ran, run, saved_plan

PREDICT = (
    "predict", "--gpu", "H100-SXM-80GB", "--quantization", "fp8", "--input-tokens", "7680", "--output-tokens", "512",
)  # fmt: skip
BAD_USAGE = [
    ("nosuch",),
    ("plan",),
    ("ask", "hello world"),
    ("ask", "10 tok/s at 8M"),
    ("ask", QUESTION, "--yaml"),
    ("plan", "-f", "no-such-file.yaml"),
    ("verify", "."),
    ("prices", "list", "--provider", "awz"),
    (*PREDICT, "--gpus", "8"),
]
BAD_REQUESTS = {
    "nothing": "",
    "a list": "[]",
    "broken JSON": '{"workload": {"users": 1,',
    "broken YAML": "workload: {users: [",
    "an unknown field": f"{REQUEST}surprise: 1\n",
    "an unknown model": "model: llama-9\nworkload: {users: 1, context_tokens: 8192}",
    "a bad number": '{"workload": {"users": NaN, "context_tokens": 8192}}',
    "a key twice": '{"workload": {"users": 1, "context_tokens": 8192}, "workload": {"users": 2, "context_tokens": 8}}',
    "a day that is none": f"{REQUEST}as_of: 2026-02-30\n",
    "5,000 digits": '{"workload": {"users": ' + "9" * 5000 + ', "context_tokens": 8192}}',
    "deep nesting": "[" * 100_000,
    "too long a context": "workload: {users: 1, context_tokens: 999999}",
}


@pytest.mark.parametrize("arguments", BAD_USAGE, ids=lambda arguments: " ".join(arguments)[-50:])
def test_bad_usage_ends_with_2_and_says_why(arguments: tuple[str, ...]) -> None:
    done = ran(*arguments)
    assert (2, "") == (done.code, done.out)
    assert done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("text", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_request_ends_with_2_and_says_why(text: str) -> None:
    done = run("plan", "-f", "-", "--json", stdin=text)
    assert (2, "") == (done.code, done.out)
    assert done.err.startswith("gpumix: ")
    assert "internal error" not in done.err


@pytest.mark.parametrize("command", [("plan", "-f"), ("candidates", "-f"), ("verify",)], ids=lambda parts: parts[0])
def test_a_file_that_is_no_text_ends_with_2(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\x00\x01\xff\xfe")
    done = run(*command, str(tmp_path / "bytes"))
    assert (2, "") == (done.code, done.out)


def test_bytes_on_stdin_that_are_no_text_end_with_2() -> None:
    assert run("plan", "-f", "-", stdin=b"\xff\xfe{}").code == 2


@pytest.mark.parametrize("length", [0, 3000])
def test_a_plan_cut_short_ends_with_2(length: int) -> None:
    done = run("verify", "-", stdin=saved_plan()[:length])
    assert (2, "") == (done.code, done.out)


def test_another_document_is_no_plan() -> None:
    assert run("verify", "-", stdin=ran("catalog", "gpus", "--json").out).code == 2


def test_a_plan_found_ends_with_0() -> None:
    assert ran("ask", QUESTION, "--json").code == 0


def test_what_nothing_fits_ends_with_3_and_the_smallest_change() -> None:
    done = ran("ask", f"{QUESTION} under $0.10/h", "--json")
    document = json.loads(done.out)
    assert (3, "infeasible") == (done.code, document["status"])
    assert document["conflicts"][0]["smallest_change"]


def test_what_nothing_fits_says_so_in_words() -> None:
    done = ran("ask", f"{QUESTION} under $0.10/h")
    assert done.code == 3
    assert "budget" in done.out


def test_a_layout_that_does_not_fit_ends_with_3() -> None:
    assert ran(*PREDICT, "--gpus", "1", "--concurrency", "1").code == 3


def test_prices_older_than_the_setting_end_with_4() -> None:
    done = run("ask", QUESTION, "--json", GPUMIX_MAX_PRICE_AGE_DAYS="0")
    assert (4, "") == (done.code, done.out)
    assert "days old" in done.err


@pytest.mark.parametrize(
    "rest", ["max_price_age_days: 0\nas_of: 2030-01-01", "as_of: 2001-01-01"], ids=["old", "early"]
)
def test_a_request_that_no_price_is_fresh_enough_for_ends_with_4(rest: str) -> None:
    done = run("plan", "-f", "-", stdin=f"{REQUEST}{rest}\n")
    assert (4, "") == (done.code, done.out)


def test_prices_within_the_setting_are_used() -> None:
    assert run("parse", QUESTION, GPUMIX_MAX_PRICE_AGE_DAYS="36500").code == 0


@pytest.mark.parametrize("days", ["soon", "-1", "1.5"])
def test_a_setting_that_is_no_number_of_days_ends_with_2(days: str) -> None:
    assert run("ask", QUESTION, GPUMIX_MAX_PRICE_AGE_DAYS=days).code == 2


def test_a_question_piped_into_verify_holds() -> None:
    done = run("verify", "-", stdin=saved_plan())
    assert done.code == 0, done.out
    assert "every rule kept" in done.out


def test_a_forged_price_ends_with_3_and_is_named() -> None:
    document = json.loads(saved_plan())
    document["lines"][0]["usd_per_hour"] = 0.01
    done = run("verify", "-", stdin=json.dumps(document))
    assert done.code == 3
    assert "usd_per_hour is 0.01" in done.out


def test_a_request_may_be_yaml_or_json(tmp_path: Path) -> None:
    (tmp_path / "request.yaml").write_text(REQUEST)
    workload = {"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192}
    (tmp_path / "request.json").write_text(json.dumps({"model": "llama-3.1-70b", "workload": workload}))
    written = [
        run("candidates", "-f", name, "--json", "--pruned", cwd=tmp_path).out
        for name in ("request.yaml", "request.json")
    ]
    assert written[0] == written[1]


def test_an_unknown_name_comes_with_the_nearest() -> None:
    done = run("plan", "-f", "-", stdin=f"{REQUEST}allow: {{providers: [awss]}}\n")
    assert (2, True) == (done.code, "did you mean aws" in done.err)


def test_no_network_and_no_home_are_needed(tmp_path: Path) -> None:
    done = run("ask", QUESTION, "--json", cwd=tmp_path, HOME="/nonexistent", GPUMIX_OFFLINE="1")
    assert json.loads(saved_plan())["plan_id"] == json.loads(done.out)["plan_id"]
