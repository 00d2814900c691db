"""The user's own evidence, from the data directory into the catalog that answers are computed from."""

import os
from typing import TYPE_CHECKING

from api.measuring.store import MeasurementStore, own_calibration_path, own_measurements_path
from catalog import NO_OWN, Catalog, OwnEvidence, load_catalog

if TYPE_CHECKING:
    from optimizer.evidence.measurements import Measurement

OFF_SETTING = "GPUMIX_NO_OWN"


def current_catalog(own: bool = True) -> Catalog:
    """Return the shipped facts with the user's own evidence; without it where it is not wanted, or there is none.

    Raises InvalidInputError where the user's files cannot be read.
    """
    facts = load_catalog()
    return facts.with_own(own_evidence(facts)) if own and own_is_wanted() else facts


def own_is_wanted() -> bool:
    """Return whether GPUMIX_NO_OWN leaves the user's own evidence in."""
    return os.environ.get(OFF_SETTING, "") in {"", "0"}


def own_evidence(facts: Catalog) -> OwnEvidence:
    """Return what the files of the data directory say, in the catalog's names."""
    measurements, calibration = own_measurements_path(), own_calibration_path()
    if not measurements.exists() and not calibration.exists():
        return NO_OWN
    from api.measuring.calibration import own_coefficients
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.own import own_runs

    read = own_runs(own_rows(), facts, shipped_spellings())
    return OwnEvidence.of(read.runs, own_coefficients(calibration))


def own_rows() -> "tuple[Measurement, ...]":
    """Return the user's own rows. Raises InvalidInputError where their file is not one of gpumix."""
    from api.measuring.rows import to_csv
    from optimizer.evidence.measurements import read_measurements

    return read_measurements(to_csv(MeasurementStore(own_measurements_path()).rows()), defaults=())
