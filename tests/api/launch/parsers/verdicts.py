"""Hand files to the programs that they are for, in `.venv-parsers`, and take what they say."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.launch import export_plan
from catalog import load_catalog
from optimizer.fleet.plan import Plan

ENVIRONMENT = Path(__file__).parents[4] / ".venv-parsers"
READING = Path(__file__).with_name("reading.py")
CATALOG = load_catalog()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a program makes of a file: why it refuses it, or what it read."""

    refused: str | None
    read: Any


def verdicts(target: str, texts: Mapping[str, str], folder: Path) -> dict[str, Verdict]:
    """Return the verdict on each text, by its key. The program has the folder for a home, and no network."""
    paths = [folder / f"{number}.yaml" for number in range(len(texts))]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, "utf-8")
    done = subprocess.run(
        [ENVIRONMENT / "bin" / "python", READING, target, *paths],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"},
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(texts, (Verdict(**item) for item in json.loads(done.stdout)), strict=True))


def exported(target: str, plans: Mapping[str, Plan]) -> dict[str, str]:
    """Return the files of plans: `plan/file name` -> text."""
    return {
        f"{name}/{artefact.name}": artefact.text
        for name, plan in plans.items()
        for artefact in export_plan(plan, target, CATALOG)
    }
