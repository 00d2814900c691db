"""An answer on a terminal keeps to its width, and says how sure it is and how to be surer."""

import pytest
from typer.testing import CliRunner

from api.cli import app

MIXED = "gpt-oss-120b 40 users at 50 tok/s in eu, survive losing a zone"
TIGHT = "phi-4, 5 rps, 2k in and 300 out, ttft 500ms"


def _answer(question: str, monkeypatch: pytest.MonkeyPatch, width: int = 100) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    result = CliRunner().invoke(app, ["ask", question])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("width", [100, 92, 80])
def test_a_table_of_lines_keeps_to_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _answer(MIXED, monkeypatch, width)
    header, *rows = text.split("together")[1].split("evidence")[0].strip().splitlines()[2:]
    assert max(map(len, text.splitlines())) <= width
    assert header.split()[:2] == ["replicas", "share"]
    assert len(rows) > 1
    assert all(row.startswith("  1 x ") for row in rows)  # a row that wraps would have a second line


def test_an_unsure_answer_says_how_to_be_surer(monkeypatch: pytest.MonkeyPatch) -> None:
    unsure, surer = (" ".join(_answer(text, monkeypatch).split()) for text in (TIGHT, f"{TIGHT}, 90% sure"))
    assert "(add “90% sure”)" in unsure
    assert "(add “90% sure”)" not in surer
    assert "Targets kept with 90% confidence." in surer
