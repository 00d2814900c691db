"""`gpumix validate`: predictions against measurements."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import AsJson

if TYPE_CHECKING:
    from optimizer.evidence.validate import Validation


def validate(
    file: Annotated[
        str, typer.Argument(metavar="FILE.csv", help="Measurements, one metric a row; - is standard input.")
    ],
    as_json: AsJson = False,
) -> None:
    """Predict every row of a measurement file and say how far off that is.

    gpumix validate measurements.csv --json

    A row that cannot be predicted is skipped with its reason. Engines are taken as old as each row's date.
    The model is held against them, with your own calibration if there is one, but not corrected by your own runs.
    """
    import json

    from api.files import read_text
    from api.measuring.own import current_catalog
    from api.render.validation import validation_text
    from catalog import InvalidDataError, InvalidInputError
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.measurements import read_measurements
    from optimizer.evidence.validate import validate as validated

    try:
        rows = read_measurements(read_text(file))
    except InvalidDataError as error:
        raise InvalidInputError(error.message, "see docs/measurements.md for the columns") from error
    found = validated(rows, current_catalog(), shipped_spellings())
    text = json.dumps(_document(found), indent=2) if as_json else validation_text(found)
    sys.stdout.write(f"{text}\n")


def _document(found: "Validation") -> dict[str, Any]:
    """Return the document with its breakdowns as objects by name."""
    from api.documents import to_plain

    plain: dict[str, Any] = to_plain(found)
    plain["by"] = {kind: dict(pairs) for kind, pairs in plain["by"].items()}
    return plain
