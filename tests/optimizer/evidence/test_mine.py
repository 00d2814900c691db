"""A fit with the user's rows: judged on runs that it never saw, the same every time, refused with too few."""

from collections.abc import Sequence
from functools import cache

import pytest

from catalog import InvalidInputError, OwnEvidence, load_catalog
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.measurements import Measurement, shipped_measurements
from optimizer.evidence.mine import Mine, fit_mine
from optimizer.evidence.validate import validate
from optimizer.performance.coefficients import coefficients_of, shipped_coefficients, write_coefficients
from tests.optimizer.evidence.rows_for_tests import rows

LOADS = (1, 4, 16, 32, 64, 128)


def published() -> tuple[Measurement, ...]:
    """Return some of the published rows: a fit to all of them takes longer."""
    return tuple(row for row in shipped_measurements() if not row.excluded and not row.not_fitted)[::12]


def measured(times: float) -> tuple[Measurement, ...]:
    """Return what the shipped model says of some loads, times a factor."""
    asked = rows(*({"concurrency_or_batch": str(load), "value": "20", "source_date": "2026-08"} for load in LOADS))
    said = validate(asked, load_catalog(), shipped_spellings())
    return rows(
        *(
            {"concurrency_or_batch": str(load), "value": f"{row.predicted * times:.4f}", "source_date": "2026-08"}
            for load, row in zip(LOADS, said.rows, strict=True)
            if row.predicted is not None
        )
    )


def fitted(own: Sequence[Measurement]) -> Mine:
    return fit_mine(published(), own, load_catalog(), shipped_spellings(), shipped_coefficients())


@cache
def slow() -> Mine:
    return fitted(measured(1.3))


def test_machines_that_are_slower_are_predicted_better_where_they_were_held_out() -> None:
    (errors,) = slow().errors
    assert ("tpot", len(LOADS)) == (errors.metric, errors.before.n)
    assert pytest.approx(1 - 1 / 1.3, abs=1e-3) == errors.before.mape
    assert errors.after.mape < errors.before.mape
    assert slow().better


def test_what_the_shipped_model_says_already_is_not_better() -> None:
    assert not fitted(measured(1.0)).better


def test_the_fit_is_the_same_every_time() -> None:
    assert slow().coefficients.calibration_id == fitted(measured(1.3)).coefficients.calibration_id


def test_intervals_keep_their_widths() -> None:
    for key, row in shipped_coefficients().by_key.items():
        if key[0] in {"ratio_low", "ratio_high"}:
            assert row == slow().coefficients.by_key[key]


def test_a_catalog_holds_the_coefficients() -> None:
    own = load_catalog()
    with_own = own.with_own(OwnEvidence.of((), write_coefficients(slow().coefficients)))
    assert slow().coefficients.calibration_id == coefficients_of(with_own).calibration_id
    assert shipped_coefficients().calibration_id == coefficients_of(own).calibration_id


def test_too_few_runs_are_refused() -> None:
    own = measured(1.3)[:3]
    with pytest.raises(InvalidInputError, match="3 runs of yours"):
        fitted(own)
