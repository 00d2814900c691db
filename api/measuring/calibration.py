"""The user's own calibration: coefficients in the data directory that replace the shipped ones until they are reset."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.measuring.store import replace_file
from catalog import InvalidInputError
from optimizer.performance.coefficients import Coefficients, shipped_coefficients, write_coefficients


class Stored(BaseModel):
    """The file: `based_on` is the shipped calibration that the same version of gpumix had."""

    model_config = ConfigDict(extra="forbid")

    based_on: str
    fitted_at: datetime
    runs: Annotated[int, Field(ge=1)]
    coefficients: str


def store_calibration(coefficients: Coefficients, runs: int, now: datetime, path: Path) -> None:
    """Put coefficients in the place of those that were there. Raises InvalidInputError where that fails."""
    stored = Stored(
        based_on=shipped_coefficients().calibration_id,
        fitted_at=now,
        runs=runs,
        coefficients=write_coefficients(coefficients),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, stored.model_dump_json(indent=1))
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error.strerror}", "set XDG_DATA_HOME to a directory of yours"
        ) from error


def reset_calibration(path: Path) -> bool:
    """Forget the user's own coefficients; return whether there were any."""
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def own_coefficients(path: Path) -> str:
    """Return the CSV text of the user's own coefficients, empty without any.

    Those of another version are left out, and that is said. Raises InvalidInputError where the file is not one of ours.
    """
    if not path.exists():
        return ""
    try:
        stored = Stored.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise InvalidInputError(f"{path} is no calibration of gpumix", "gpumix calibrate --reset removes it") from error
    if stored.based_on != shipped_coefficients().calibration_id:
        sys.stderr.write(
            "gpumix: your calibration was fitted with another version and is left out; gpumix calibrate --mine fits it "
            "anew, gpumix calibrate --reset removes it\n"
        )
        return ""
    return stored.coefficients
