import pytest

from catalog import InvalidDataError
from optimizer.performance.coefficients import read_coefficients, shipped_coefficients, write_coefficients

HEADER = "name,scope_kind,scope,value,low,high,prior,prior_sd,unit,rows,meaning"


def test_writing_and_reading_a_set_changes_nothing() -> None:
    shipped = shipped_coefficients()
    again = read_coefficients(write_coefficients(shipped))
    assert list(shipped.by_key) == list(again.by_key)
    assert shipped.calibration_id == again.calibration_id


def test_a_value_outside_its_bounds_does_not_load() -> None:
    with pytest.raises(InvalidDataError) as caught:
        read_coefficients(f"{HEADER}\nweight_stream,all,*,1.4,0.4,0.97,0.85,0.1,fraction,3,x\n")
    assert "outside" in str(caught.value)


def test_every_bad_row_is_reported_at_once() -> None:
    with pytest.raises(InvalidDataError) as caught:
        read_coefficients(f"{HEADER}\na,all,*,nan,0,1,1,1,x,1,x\nb,all,*,x,0,1,1,1,x,1,x\n")
    assert len(caught.value.problems) == 2


def test_shipped_coefficients_are_physical() -> None:
    shipped = shipped_coefficients()
    assert all(row.low <= row.value <= row.high for row in shipped.by_key.values())
    assert 0.5 < shipped.base("weight_stream") <= 0.97
    assert 0.4 < shipped.base("matmul") <= 0.95


def test_a_scope_that_was_not_fitted_has_factor_one() -> None:
    assert shipped_coefficients().factor("matmul", "engine", "an engine of the future") == 1.0
