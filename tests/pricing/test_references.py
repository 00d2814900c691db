"""The shipped reference tables, against the catalog and against the listings that need them."""

from importlib.resources import files

import pytest

from catalog import InvalidDataError, load_catalog
from pricing.quotes import load_quotes
from pricing.references import REFERENCE_TABLES, load_references, read_references, unknown_names

REFERENCES = load_references()


def test_every_gpu_and_instance_they_name_is_in_the_catalog():
    assert unknown_names(REFERENCES, load_catalog()) == []


def test_every_listed_provider_region_and_source_is_known():
    unknown = set()
    for quote in load_quotes():
        provider = REFERENCES.provider(quote.provider)
        place = (provider.provider if provider else quote.provider, quote.region)
        if provider is None or place not in REFERENCES.regions or REFERENCES.source(quote.source) is None:
            unknown.add((*place, quote.source))
    assert unknown == set()


def test_every_listed_gpu_is_spelled_in_the_table():
    labels = {quote.gpu_label for quote in load_quotes() if quote.gpu_label}
    assert labels <= REFERENCES.gpu_spellings.keys()


def test_every_supported_gpu_has_a_price_band():
    supported = {gpu.gpu_id for gpu in load_catalog().gpus.values() if gpu.status == "supported"}
    assert supported <= REFERENCES.bands.keys()


def test_price_bands_are_not_empty():
    assert all(band.min_usd_per_gpu_hour < band.max_usd_per_gpu_hour for band in REFERENCES.bands.values())


def test_members_of_the_union_are_in_europe_and_a_country_has_one_continent():
    assert {row.continent for row in REFERENCES.regions.values() if row.in_eu} == {"europe"}
    places = {(row.country, row.continent) for row in REFERENCES.regions.values() if row.country}
    assert len(places) == len({country for country, _ in places})


def test_every_region_belongs_to_a_provider_of_the_table():
    assert {provider for provider, _ in REFERENCES.regions} <= REFERENCES.providers.keys()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("karpenter-provider-gcp initial-prices.json (on-demand+spot)", "karpenter-provider-gcp"),
        (
            "karpenter-provider-gcp initial-prices.json (on-demand+spot); CUD = gcosts pricing.yml",
            "karpenter-provider-gcp initial-prices.json (on-demand+spot); CUD = gcosts",
        ),
        ("skypilot-catalog v8/verda/vms.csv (same as in tardellirs/gpu-pricing)", "skypilot-catalog"),
    ],
)
def test_a_source_is_recognised_by_what_its_text_names_first_and_most_exactly(text, match):
    source = REFERENCES.source(text)
    assert source is not None
    assert source.match == match


def test_rows_that_do_not_load_are_named_with_file_and_line():
    folder = files("pricing") / "data"
    texts = {name: (folder / f"{name}.csv").read_text("utf-8") for name in REFERENCE_TABLES}
    texts["bands"] += "X100,-1,5,estimate\n"
    line = texts["bands"].count("\n")
    with pytest.raises(InvalidDataError) as caught:
        read_references(texts)
    assert [problem[:3] for problem in caught.value.problems] == [
        ("pricing/data/bands.csv", line, "min_usd_per_gpu_hour")
    ]
