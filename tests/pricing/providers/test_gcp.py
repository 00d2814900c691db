"""Google's Cloud Billing Catalog, replayed: a machine is the sum of its parts or nothing."""

import fnmatch
import json

import pytest

from catalog import load_catalog
from pricing.errors import NotConfiguredError, ProviderError
from pricing.providers.gcp.machines import load_machine_parts
from pricing.providers.gcp.skus import load_spellings
from tests.pricing.providers.fetching import KEY, fetch, fetch_from, judged, prices
from tests.pricing.providers.replay import Answer, Replay, in_turn, payload


def two_pages(request):
    return payload("gcp/skus_2.json" if request.query.get("pageToken") == "page-2" else "gcp/skus_1.json")


def without(*descriptions):
    """Answer with the catalog but for some SKUs."""

    def answering(request):
        page = json.loads(two_pages(request))
        page["skus"] = [sku for sku in page["skus"] if sku["description"] not in descriptions]
        return Answer.json(page)

    return answering


@pytest.fixture(scope="module")
def fetched():
    return fetch("gcp", two_pages)


@pytest.fixture(scope="module")
def catalog(fetched):
    return judged(fetched)


def h100_sum(gpu, core, ram, ssd_month):
    """8 GPUs, 208 vCPUs, 1872 GiB of RAM and 6000 GiB of SSD."""
    return round(8 * gpu + 208 * core + 1872 * ram + 6000 * ssd_month / 730, 6)


def test_pitfall_8_a_machine_is_the_sum_of_its_gpus_cores_ram_and_ssd(catalog):
    eight = {
        offer.term: float(offer.usd_per_hour) for offer in catalog.offers if offer.instance_type == "a3-highgpu-8g"
    }
    assert eight == {
        "on_demand": h100_sum(9.796550015, 0.02932, 0.00255, 0.08),
        "spot": h100_sum(3.2, 0.009, 0.0008, 0.048),
        "reserved_1y": h100_sum(6.8, 0.02, 0.0018, 0.056),
    }


def test_pitfall_8_names_that_differ_by_region_mean_one_gpu(catalog):
    assert "europe-west4/-/a3-megagpu-8g/on_demand" in prices(catalog.offers)


def test_pitfall_8_a_missing_sku_is_a_rejection_and_no_partial_sum(catalog):
    (row,) = (row for row in catalog.rejections if (row.instance_type, row.region) == ("a3-megagpu-8g", "us-central1"))
    assert (row.usd_per_hour, row.reason.value, row.detail) == (None, "no price listed", "no SKU for gpu h100-mega")


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("A3 Instance Ram running in Americas", "no SKU for ram a3"),
        ("SSD backed Local Storage", "no SKU for ssd"),
        ("Nvidia H100 80GB GPU running in Americas", "no SKU for gpu h100"),
    ],
)
def test_every_part_is_needed(missing, told):
    left = judged(fetch("gcp", without(missing)))
    assert "us-central1/-/a3-highgpu-8g/on_demand" not in prices(left.offers)
    assert told in {row.detail for row in left.rejections if row.instance_type == "a3-highgpu-8g"}


def test_a_part_at_0_is_a_missing_part(catalog, fetched):
    assert not [offer for offer in catalog.offers if offer.instance_type.startswith("g2-")]
    assert any("l4 gpu" in problem.reason for problem in fetched.problems)


def test_a_spot_sku_that_says_on_demand_is_spot(catalog):
    a4 = {offer.term: float(offer.usd_per_hour) for offer in catalog.offers if offer.instance_type == "a4-highgpu-8g"}
    assert a4 == {"spot": 44.0}


def test_pitfall_13_fewer_than_8_gpus_do_not_start_on_demand(catalog):
    assert {row.reason.value for row in catalog.rejections if row.instance_type == "a3-highgpu-4g"} == {
        "cannot be launched on demand"
    }


def test_pitfall_14_a_new_gpu_is_told_by_name(fetched):
    told = " ".join(problem.reason for problem in fetched.problems)
    assert "Nvidia R100 300GB GPU" in told


def test_gh200_is_not_h200(fetched, catalog):
    assert "Nvidia GH200 141GB GPU" in " ".join(problem.reason for problem in fetched.problems)
    assert "a3-ultragpu-8g" not in {offer.instance_type for offer in catalog.offers}


def test_the_key_is_in_a_header_and_not_in_the_address():
    with Replay(two_pages) as server:
        fetch_from(server, "gcp")
        asked = server.asked
    assert [request.headers["X-Goog-Api-Key"] for request in asked] == [KEY, KEY]
    assert KEY not in repr([(request.path, request.query) for request in asked])


def test_only_the_regions_asked_for():
    europe = judged(fetch("gcp", two_pages, regions=("europe-west4",)))
    assert {offer.region for offer in europe.offers} == {"europe-west4"}


def test_a_page_that_repeats_is_told():
    fetched = fetch("gcp", in_turn(payload("gcp/skus_1.json")))
    assert (fetched.partial, "repeats an earlier page" in fetched.problems[0].reason) == (True, True)


def test_without_a_key_it_says_which_setting_lacks():
    with pytest.raises(NotConfiguredError):
        fetch("gcp", two_pages, keys={})


def test_an_answer_without_skus_is_an_error():
    with pytest.raises(ProviderError, match="without skus"):
        fetch("gcp", in_turn("{}"))


def test_every_machine_of_the_table_is_in_the_catalog_and_its_parts_are_spelled():
    machines = [name for provider, name in load_catalog().instances if provider == "gcp"]
    spelled = set(load_spellings().values())
    for row in load_machine_parts():
        assert fnmatch.filter(machines, row.machine_pattern)
        assert {row.gpu_part, row.core_part, row.ram_part, row.ssd_part} <= {*spelled, None}
