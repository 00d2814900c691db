"""`gpumix calibrate`: fit the coefficients anew from the shipped measurements."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.exits import Exit


def calibrate(
    check: Annotated[
        bool,
        typer.Option("--check", help="Change nothing; exit 1 when the shipped coefficients differ from a fresh fit."),
    ] = False,
) -> None:
    """Fit the performance model to the shipped measurements and write its coefficients and their evidence.

    gpumix calibrate --check
    """
    import catalog
    from api.render.accuracy import accuracy_text
    from catalog import load_catalog
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.calibrate import calibrate as fitted
    from optimizer.evidence.calibrate import drift, refit
    from optimizer.evidence.measurements import shipped_measurements
    from optimizer.evidence.report import write_accuracy
    from optimizer.performance.coefficients import shipped_coefficients, write_coefficients
    from optimizer.performance.support import write_support

    rows, spellings = shipped_measurements(), shipped_spellings()
    if check:
        found = drift(shipped_coefficients(), refit(rows, load_catalog(), spellings))
        for line in found:
            sys.stdout.write(f"{line}\n")
        if found:
            raise typer.Exit(Exit.INTERNAL)
        sys.stdout.write("the shipped coefficients are those of the shipped measurements\n")
        return
    fresh = fitted(rows, load_catalog(), spellings)
    folder = Path(catalog.__file__).parent / "data"
    (folder / "calibration.csv").write_text(write_coefficients(fresh.coefficients))
    (folder / "calibration_evidence.csv").write_text(write_support(fresh.support))
    (folder / "calibration_accuracy.csv").write_text(write_accuracy(fresh.accuracy))
    sys.stdout.write(f"{accuracy_text(fresh.accuracy)}\n")
