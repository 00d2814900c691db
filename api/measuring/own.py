"""The user's own evidence, from the data directory into the catalog that answers are computed from."""

import os
from pathlib import Path

from api.measuring.store import MeasurementStore, own_measurements_path
from catalog import Catalog, OwnEvidence, load_catalog

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


def own_evidence(facts: Catalog, measurements: Path | None = None) -> OwnEvidence:
    """Return what the files of the data directory say, in the catalog's names."""
    path = own_measurements_path() if measurements is None else measurements
    if not path.exists():
        return OwnEvidence()
    from api.measuring.rows import to_csv
    from optimizer.evidence.aliases import shipped_spellings
    from optimizer.evidence.measurements import read_measurements
    from optimizer.evidence.own import own_runs

    rows = MeasurementStore(path).rows()
    read = own_runs(read_measurements(to_csv(rows), defaults=()), facts, shipped_spellings())
    return OwnEvidence.of(read.runs)
