"""What the tests of sweeps share: a small sweep, and the program that solves it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REQUEST = {"workload": {"users": 1, "tok_per_s_per_user": 10, "context_tokens": 4096}}
GRID = {"workload.context_tokens": [2048, 4096], "workload.users": [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]}
SMALL = {"request": REQUEST, "grid": GRID}
POINTS = 20


def written(folder: Path, document: Any = SMALL) -> Path:
    """Return a sweep file with a document."""
    path = folder / "sweep.json"
    path.write_text(json.dumps(document))
    return path


def command(file: Path, output: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", "sweep", "-f", str(file), "-o", str(output), *options]


def swept(file: Path, output: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run a sweep to its end."""
    return subprocess.run(command(file, output, *options), capture_output=True, text=True, check=False, timeout=120)
