"""`gpumix calibrate`: fit the coefficients anew, from the shipped measurements or with the user's own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit
from catalog import InvalidInputError


def calibrate(
    check: Annotated[
        bool,
        typer.Option("--check", help="Change nothing; exit 1 when the shipped coefficients differ from a fresh fit."),
    ] = False,
    mine: Annotated[
        bool, typer.Option("--mine", help="Fit with your own measurements too, and use that from now on.")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Forget your own fit and go back to the shipped coefficients.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fit the performance model to the shipped measurements and write its coefficients and their evidence.

    gpumix calibrate --check

    gpumix calibrate --mine

    With --mine, runs of yours are held out in turn, and the fit is kept, in your data directory, only where it
    predicts them better than the shipped one. With --reset, it is gone.
    """
    if (check, mine, reset).count(True) > 1:
        raise InvalidInputError("--check, --mine and --reset are one choice", "name one of them")
    if as_json and not mine:
        raise InvalidInputError("--json goes with --mine", "drop one of them")
    if mine:
        _mine(as_json)
    elif reset:
        _reset()
    elif check:
        _check()
    else:
        _shipped()


def _mine(as_json: bool) -> None:
    from datetime import UTC, datetime

    from api.documents import to_json
    from api.measuring.calibration import store_calibration
    from api.measuring.own import own_rows
    from api.measuring.store import own_calibration_path
    from api.render.mine import kept_of, mine_text
    from catalog import load_catalog
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.measurements import shipped_measurements
    from optimizer.evidence.mine import fit_mine
    from optimizer.performance.coefficients import shipped_coefficients

    path = own_calibration_path()
    found = fit_mine(shipped_measurements(), own_rows(), load_catalog(), shipped_spellings(), shipped_coefficients())
    if found.better:
        store_calibration(found.coefficients, found.runs, datetime.now(UTC), path)
    kept = kept_of(found, str(path))
    sys.stdout.write(f"{to_json(kept) if as_json else mine_text(kept)}\n")


def _reset() -> None:
    from api.measuring.calibration import reset_calibration
    from api.measuring.store import own_calibration_path

    there = reset_calibration(own_calibration_path())
    sys.stdout.write("the shipped coefficients hold again\n" if there else "the shipped coefficients hold, as before\n")


def _check() -> None:
    from catalog import load_catalog
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.calibrate import drift, refit
    from optimizer.evidence.measurements import shipped_measurements
    from optimizer.performance.coefficients import shipped_coefficients

    found = drift(shipped_coefficients(), refit(shipped_measurements(), load_catalog(), shipped_spellings()))
    for line in found:
        sys.stdout.write(f"{line}\n")
    if found:
        raise typer.Exit(Exit.INTERNAL)
    sys.stdout.write("the shipped coefficients are those of the shipped measurements\n")


def _shipped() -> None:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    import catalog
    from api.render.accuracy import accuracy_text
    from catalog import load_catalog
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.calibrate import calibrate as fitted
    from optimizer.evidence.measurements import shipped_measurements
    from optimizer.evidence.report import write_accuracy
    from optimizer.performance.coefficients import write_coefficients
    from optimizer.performance.support import write_support

    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        fresh = fitted(shipped_measurements(), load_catalog(), shipped_spellings(), pool.map)
    folder = Path(catalog.__file__).parent / "data"
    (folder / "calibration.csv").write_text(write_coefficients(fresh.coefficients))
    (folder / "calibration_evidence.csv").write_text(write_support(fresh.support))
    (folder / "calibration_accuracy.csv").write_text(write_accuracy(fresh.accuracy))
    sys.stdout.write(f"{accuracy_text(fresh.accuracy)}\n")
