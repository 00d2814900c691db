"""The shape of the source: short files, documented names, one door to the solver, nothing from outside."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("catalog", "pricing", "optimizer", "api")
LONGEST_FILE = 300
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TEXTS = sorted(
    path
    for pattern in ("*.md", "*.toml", "Makefile", ".ci/*", "docs/**/*.md", "benchmarks/**/*.py")
    for path in ROOT.glob(pattern)
    if path.is_file()
)
ELSEWHERE = re.compile(r"(?<![\w.])/(work|home|tmp|root)/")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def undocumented(path: Path) -> Iterator[str]:
    """Yield the public modules, classes, functions and methods without a docstring."""
    module = ast.parse(path.read_text("utf-8"))
    if ast.get_docstring(module) is None:
        yield "the module"
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield node.name
            if isinstance(node, ast.ClassDef):
                yield from (
                    f"{node.name}.{part.name}"
                    for part in node.body
                    if isinstance(part, ast.FunctionDef)
                    and not part.name.startswith("_")
                    and ast.get_docstring(part) is None
                )


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_source_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_everything_public_is_documented(path: Path) -> None:
    assert [] == list(undocumented(path))


@pytest.mark.parametrize("path", [*SOURCES, *TEXTS], ids=named)
def test_no_file_points_to_a_place_on_one_machine(path: Path) -> None:
    assert ELSEWHERE.search(path.read_text("utf-8")) is None


def test_the_solver_is_behind_one_door_of_the_fleet_and_one_of_the_forecast() -> None:
    doors = [named(path) for path in SOURCES if {"pulp", "highspy"} & {name.split(".")[0] for name in imports_of(path)}]
    assert all(door.startswith(("optimizer/fleet/", "optimizer/forecast/")) for door in doors)
    assert 1 <= len(doors) <= 2


def test_the_catalog_imports_nothing_of_ours() -> None:
    imported = {name.split(".")[0] for path in (ROOT / "catalog").rglob("*.py") for name in imports_of(path)}
    assert not imported & {"pricing", "optimizer", "api"}


def test_the_core_reads_no_clock_and_no_environment() -> None:
    pure = [path for path in SOURCES if path.parts[len(ROOT.parts)] in {"catalog", "optimizer"}]
    clocks = re.compile(r"datetime\.now|date\.today|os\.environ|random\.random\(|time\.time\(")
    assert [] == [named(path) for path in pure if clocks.search(path.read_text("utf-8"))]


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_quick_path_of_a_question_stays_light() -> None:
    heavy = "{'boto3', 'fastapi', 'pandas', 'sqlalchemy', 'httpx', 'scipy.optimize'}"
    script = (
        "import sys; from api.answering import Answerer; from api.render import plan; "
        "Answerer.shipped().ask('10 tok/s at 8K'); "
        f"sys.exit(','.join(sorted({heavy} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_what_a_replica_does_is_asked_with_own_runs() -> None:
    """The bare model is for the correction and for comparing it with measurements; everyone else gets both."""
    allowed = {"optimizer/performance/own/curves.py", "optimizer/performance/own/correction.py"}
    allowed |= {"optimizer/performance/own/corrected.py", "optimizer/evidence/predicting.py"}
    bare = {"load", "saturated", "at_rate", "max_users", "max_rate"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "optimizer.performance.service":
                asked = bare & {alias.name for alias in node.names}
                assert not asked or named(path) in allowed, f"{named(path)}: import {asked} from own.corrected"
