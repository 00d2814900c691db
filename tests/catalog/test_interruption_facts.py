"""How often spot instances are taken back: the most telling row counts, bands are read at their upper end."""

import math

import pytest

from catalog import Catalog, InvalidDataError, read_catalog


def test_a_type_and_region_have_their_own_row(catalog: Catalog) -> None:
    found = catalog.interruption("aws", "us-east-1", "p5.48xlarge")
    assert ("us-east-1", "p5.48xlarge") == (found.region, found.instance_type)


def test_a_type_that_is_not_listed_has_its_provider_s_row(catalog: Catalog) -> None:
    found = catalog.interruption("aws", "us-east-1", "p6-b300.48xlarge")
    assert ("aws", None, None) == (found.provider, found.region, found.instance_type)


def test_a_provider_that_says_nothing_has_the_estimate(catalog: Catalog) -> None:
    found = catalog.interruption("verda", "FIN-01", "1H100.80S")
    assert (None, "general_knowledge") == (found.provider, found.source_id)


@pytest.mark.parametrize(("low", "high", "taken"), [(0.05, 0.1, 0.1), (0.2, None, 0.4)])
def test_a_band_is_read_at_its_upper_end(catalog: Catalog, low: float, high: float | None, taken: float) -> None:
    rows = [row for row in catalog.interruptions.values() if (row.fraction_low, row.fraction_high) == (low, high)]
    assert {round(-math.log(1 - taken) / 730, 12)} == {round(row.per_hour, 12) for row in rows}


def test_a_table_without_a_row_for_any_provider_does_not_load(texts: dict[str, str]) -> None:
    lines = [line for line in texts["interruptions"].splitlines() if not line.startswith(",,,")]
    with pytest.raises(InvalidDataError, match="stands for any"):
        read_catalog({**texts, "interruptions": "\n".join(lines)})
