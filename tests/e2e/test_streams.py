"""stdout is the result and nothing else; errors are sentences on stderr; nothing is coloured away from a terminal."""

import json
import os
import pty
import subprocess

import pytest

from tests.e2e.command import GPUMIX, QUESTION, REQUEST, environment, ran, run, saved_plan

PREDICT = (
    "predict", "--gpu", "H100-SXM-80GB", "--gpus", "8", "--quantization", "fp8",
    "--input-tokens", "7680", "--output-tokens", "512", "--concurrency", "1",
)  # fmt: skip
DOCUMENTS = [
    ("ask", QUESTION, "--json"),
    ("ask", f"{QUESTION} under $0.10/h", "--json"),
    ("parse", QUESTION, "--json"),
    (*PREDICT, "--json"),
    ("prices", "list", "--gpu", "A100", "--json"),
    ("prices", "status", "--json"),
    *[("catalog", kind, "--json") for kind in ("gpus", "measurements", "claims")],
]
TEXTS = [("ask", QUESTION), ("parse", QUESTION), PREDICT, ("prices", "list", "--gpu", "A100"), ("catalog", "gpus")]
ESCAPE = "\x1b"


@pytest.mark.parametrize("arguments", DOCUMENTS, ids=lambda arguments: " ".join(arguments)[:40])
def test_stdout_is_exactly_one_document(arguments: tuple[str, ...]) -> None:
    assert isinstance(json.loads(ran(*arguments).out), dict)


@pytest.mark.parametrize("arguments", DOCUMENTS, ids=lambda arguments: " ".join(arguments)[:40])
def test_a_document_comes_without_a_word_on_stderr(arguments: tuple[str, ...]) -> None:
    assert ran(*arguments).err == ""


@pytest.mark.parametrize("command", ["plan", "candidates"])
def test_a_request_on_stdin_gives_exactly_one_document(command: str) -> None:
    done = run(command, "-f", "-", "--json", stdin=REQUEST)
    assert (0, "") == (done.code, done.err)
    assert isinstance(json.loads(done.out), dict)


@pytest.mark.parametrize("arguments", TEXTS, ids=lambda arguments: " ".join(arguments)[:40])
def test_text_in_a_pipe_has_no_colour(arguments: tuple[str, ...]) -> None:
    assert ESCAPE not in ran(*arguments).out


def on_a_terminal(**settings: str) -> str:
    """Return what `gpumix ask` writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(GPUMIX), "ask", QUESTION],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment(TERM="xterm-256color", COLUMNS="100", **settings),
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:  # the terminal's other end is closed: all was read
            pass
        os.close(ours)
        assert process.wait() == 0
    return written.decode()


def test_text_on_a_terminal_has_colour() -> None:
    assert f"{ESCAPE}[3" in on_a_terminal() or f"{ESCAPE}[1;3" in on_a_terminal()


def test_no_color_is_honoured_on_a_terminal() -> None:
    assert f"{ESCAPE}[3" not in on_a_terminal(NO_COLOR="1")


@pytest.mark.parametrize(
    "arguments",
    [("parse", QUESTION), ("catalog", "measurements", "--json"), ("prices", "list")],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_a_reader_who_leaves_early_sees_no_error(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [str(GPUMIX), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert (0, b"") == (process.wait(), said)


def test_the_same_question_gives_the_same_plan() -> None:
    first, second = json.loads(saved_plan()), json.loads(run("ask", QUESTION, "--json").out)
    for timing in (first, second):
        timing.pop("elapsed_seconds")
        timing["certificate"].pop("solve_seconds")
    assert first == second


def test_the_answer_fits_a_hundred_columns() -> None:
    assert max(map(len, run("ask", QUESTION, COLUMNS="100").out.splitlines())) <= 100


def test_the_version_is_printed() -> None:
    assert ran("--version").out.startswith("gpumix ")
