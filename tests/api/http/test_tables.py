"""CSV: nothing in it runs, nothing is lost, numbers stay numbers."""

import csv
import io
import math

from hypothesis import given
from hypothesis import strategies as st

from api.http.tables import csv_bytes, guarded, number_text

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


@given(st.text())
def test_no_text_starts_a_formula(text: str) -> None:
    assert not guarded(text).startswith(DANGEROUS)


@given(st.sampled_from(DANGEROUS), st.text())
def test_a_guarded_text_is_the_text_after_an_apostrophe(start: str, rest: str) -> None:
    assert f"'{start}{rest}" == guarded(f"{start}{rest}")


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), st.floats())))
def test_rows_come_back(rows: list[tuple[str, int, float]]) -> None:
    body = csv_bytes(
        ("text", "whole", "real"), [dict(zip(("text", "whole", "real"), row, strict=True)) for row in rows]
    )
    found = list(csv.reader(io.StringIO(body.decode(), newline="")))
    assert [["text", "whole", "real"], *([guarded(t), str(w), number_text(r)] for t, w, r in rows)] == found


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_plain_digits_that_read_back_exactly(value: float) -> None:
    text = number_text(value)
    assert value == float(text)
    assert set(text) <= set("-.0123456789")


@given(st.sampled_from([math.nan, math.inf, -math.inf]))
def test_no_number_is_no_text(value: float) -> None:
    assert "" == number_text(value)


def test_negative_numbers_are_not_guarded() -> None:
    assert b"x\r\n-1.5\r\n" == csv_bytes(("x",), [{"x": -1.5}])


def test_a_missing_column_is_empty() -> None:
    assert b"a,b\r\n1,\r\n" == csv_bytes(("a", "b"), [{"a": 1}])
