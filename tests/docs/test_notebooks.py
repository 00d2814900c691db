"""The notebooks run, and show what they say they show; GOLDEN=write keeps what they show now, for review."""

import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
LARGEST_BYTES = 64 * 1024


def shown(notebook: Any) -> list[list[Any]]:
    """Return what each cell shows: its text (the pieces it comes in depend on the moment), the forms of its value."""
    return [_shown(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]


def _shown(outputs: Any) -> list[Any]:
    text = "".join(output["text"] for output in outputs if "text" in output)
    values = [dict(output.get("data", {"error": output.get("evalue")})) for output in outputs if "text" not in output]
    return [*([text] if text else []), *values]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_says(path: Path) -> None:
    saved = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(fresh, timeout=300, record_timing=False).execute()
    if os.environ.get("GOLDEN") == "write":
        fresh.metadata.get("language_info", {}).pop("version", None)
        nbformat.write(fresh, path)
        saved = fresh
    assert shown(saved) == shown(fresh)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_was_run(path: Path) -> None:
    assert path.stat().st_size <= LARGEST_BYTES
    assert all(cells for cells in shown(nbformat.read(path, as_version=4))[1:])


def test_there_are_three_at_least() -> None:
    assert len(NOTEBOOKS) >= 3
