"""Azure's Retail Prices API, replayed: what its rows become."""

import json

import pytest

from pricing.errors import ProviderError
from tests.pricing.providers.fetching import fetch, fetch_from, judged, prices, reasons
from tests.pricing.providers.replay import Answer, Replay, payload

EASTUS = {"regions": ("eastus",)}
H100 = "Standard_ND96isr_H100_v5"


def two_pages(request):
    return payload("azure/eastus_2.json" if "$skip" in request.query else "azure/eastus_1.json")


def changed(**fields):
    """Answer with the first row of the first page, changed."""
    item = {**json.loads(payload("azure/eastus_1.json"))["Items"][0], **fields}
    return lambda request: Answer.json({"Items": [item], "NextPageLink": None})


@pytest.fixture(scope="module")
def eastus():
    return judged(fetch("azure", two_pages, **EASTUS))


def test_on_demand_spot_and_committed_prices_of_linux_sizes(eastus):
    assert prices(eastus.offers) == {
        f"eastus/-/{H100}/on_demand": "98.32",
        f"eastus/-/{H100}/spot": "39.328",
        f"eastus/-/{H100}/reserved_1y": "68.8",
        f"eastus/-/{H100}/reserved_3y": "49.165151",
        "eastus/-/Standard_NC40ads_H100_v5/on_demand": "6.98",
        "eastus/-/Standard_ND96is_H100_v5/on_demand": "88.488",
    }


def test_pitfall_1_a_price_of_zero_is_a_rejection(eastus):
    assert reasons(eastus)["Standard_NC80adis_H100_v5/on_demand"] == "a price of zero or less"


def test_pitfall_4_a_retail_spot_price_says_that_the_portal_may_differ(eastus):
    (spot,) = (offer for offer in eastus.offers if offer.term == "spot")
    assert "the portal may show another spot price" in spot.note


def test_pitfall_14_new_hardware_is_told_and_not_dropped(eastus):
    assert reasons(eastus)["Standard_ND144isr_R100_v7/on_demand"] == "shape in no catalog and no listing"


def test_the_size_of_h100_without_a_network_has_none(eastus):
    (offer,) = (offer for offer in eastus.offers if offer.instance_type == "Standard_ND96is_H100_v5")
    assert (offer.gpu_id, offer.gpu_count, offer.inter_link_id) == ("H100-SXM-80GB", 8, None)


def test_a_nc_h100_is_the_94_gb_nvl_part(eastus):
    (offer,) = (offer for offer in eastus.offers if offer.instance_type == "Standard_NC40ads_H100_v5")
    assert offer.gpu_id == "H100-NVL-94GB"


def test_each_region_is_asked_for_alone_with_the_currency_beside_the_filter():
    with Replay(two_pages) as server:
        fetch_from(server, "azure", regions=("eastus", "westeurope"))
        asked = [request.query for request in server.asked if "$skip" not in request.query]
    filters = {query["$filter"] for query in asked}
    assert filters == {
        f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}'" for region in ("eastus", "westeurope")
    }
    assert {query["currencyCode"] for query in asked} == {"'USD'"}


def test_numbers_may_come_as_strings():
    assert prices(judged(fetch("azure", changed(retailPrice="98.32", savingsPlan=None), **EASTUS)).offers) == {
        f"eastus/-/{H100}/on_demand": "98.32"
    }


def test_pitfall_15_another_currency_without_a_rate_is_a_rejection():
    euros = fetch("azure", changed(currencyCode="EUR", savingsPlan=None), **EASTUS)
    assert reasons(judged(euros)) == {f"{H100}/on_demand": "currency without an exchange rate"}


def test_pitfall_15_another_currency_is_converted_once_with_rate_and_date():
    euros = fetch("azure", changed(currencyCode="EUR", retailPrice=90, savingsPlan=None), **EASTUS)
    (offer,) = judged(euros, "EUR=1.1@2026-11-20").offers
    assert (offer.currency, str(offer.native_per_hour), float(offer.usd_per_hour)) == ("EUR", "90", 99.0)
    assert "converted at 1.1 USD of 2026-11-20" in offer.note


def test_pitfall_7_a_row_of_another_shape_is_a_problem_and_the_others_go_on():
    page = json.loads(payload("azure/eastus_2.json"))
    page["Items"][0].pop("retailPrice")
    fetched = fetch("azure", lambda request: Answer.json(page), **EASTUS)
    (problem,) = fetched.problems
    assert (problem.where, problem.reason) == ("azure eastus page 1:1", "retailPrice: Field required")
    assert len(fetched.quotes) == 4


def test_an_answer_without_items_is_an_error():
    with pytest.raises(ProviderError, match="without Items"):
        fetch("azure", lambda request: Answer.json({"Error": "x"}), **EASTUS)


@pytest.mark.parametrize("page", [[], {"Items": None}, {"Items": {}}, 1, None])
def test_an_answer_of_another_shape_is_an_error(page):
    with pytest.raises(ProviderError, match="without Items"):
        fetch("azure", lambda request: Answer.json(page), **EASTUS)


@pytest.mark.parametrize("link", [5, ["x"], "http://[", "https://h" + "x" * 70_000])
def test_a_link_that_is_none_is_a_gap(link):
    page = {**json.loads(payload("azure/eastus_1.json")), "NextPageLink": link}
    fetched = fetch("azure", lambda request: Answer.json(page), **EASTUS)
    assert (fetched.partial, len(fetched.quotes)) == (True, 5)


@pytest.mark.parametrize("price", ["1e400", "-1e30", "NaN", "Infinity", True, [], {}, "98,32"])
def test_a_number_that_is_no_price_is_a_problem(price):
    page = json.loads(payload("azure/eastus_2.json"))
    page["Items"][0]["retailPrice"] = price
    fetched = fetch("azure", lambda request: Answer.json(page), **EASTUS)
    assert [problem.where for problem in fetched.problems] == ["azure eastus page 1:1"]


def test_rows_that_all_changed_their_shape_are_an_error():
    with pytest.raises(ProviderError, match="none of 1 items could be read"):
        fetch("azure", lambda request: Answer.json({"Items": [{"price": 1}], "NextPageLink": None}), **EASTUS)


def test_a_repeated_page_ends_the_region_and_is_told():
    page = json.loads(payload("azure/eastus_1.json"))
    fetched = fetch("azure", lambda request: Answer.json(page), **EASTUS)
    assert fetched.partial
    assert fetched.problems[0].reason == "repeats an earlier page; what follows is not read"


def test_pitfall_9_a_region_that_fails_is_a_gap_and_the_others_go_on():
    def answering(request):
        return Answer(status=400) if "westeurope" in request.query["$filter"] else payload("azure/eastus_2.json")

    fetched = fetch("azure", answering, regions=("eastus", "westeurope"))
    assert (fetched.partial, [problem.where for problem in fetched.problems]) == (True, ["westeurope"])
    assert {quote.region for quote in fetched.quotes} == {"eastus"}


def test_a_second_page_that_fails_keeps_the_first():
    fetched = fetch(
        "azure", lambda request: Answer(status=404) if "$skip" in request.query else two_pages(request), **EASTUS
    )
    assert (fetched.partial, len(fetched.quotes)) == (True, 5)


def only_row(**fields):
    """Return what the first row, changed, becomes; a field that is None is null in the answer."""
    return judged(fetch("azure", changed(**{"savingsPlan": None, **fields}), **EASTUS))


@pytest.mark.parametrize(
    "fields",
    [
        {"armRegionName": "EastUS"},
        {"reservationTerm": None, "savingsPlan": []},
        {"savingsPlan": [{"term": "1 Year", "unitPrice": 50}]},
        {"savingsPlan": [{"retailPrice": 50}]},
        {"effectiveStartDate": None},
    ],
)
def test_what_else_a_row_may_look_like(fields):
    assert prices(only_row(**fields).offers) == {f"eastus/-/{H100}/on_demand": "98.32"}


def test_a_region_may_be_asked_for_in_any_case():
    fetched = fetch("azure", changed(savingsPlan=None), regions=("EastUS",))
    assert [quote.region for quote in fetched.quotes] == ["eastus"]


def test_a_price_to_come_is_not_taken_for_todays():
    assert only_row(effectiveStartDate="2026-12-01T00:00:00Z").offers == ()


def test_a_price_that_is_not_by_the_hour_is_left_out_with_its_unit():
    (row,) = only_row(unitOfMeasure="1/Month").rejections
    assert (row.reason.value, row.detail) == ("no price listed", "sold by '1/Month', not by the hour")


@pytest.mark.parametrize(
    "fields",
    [
        {"productName": "Virtual Machines NDsr H100 v5 Series Windows"},
        {"productName": "Virtual Machines NDsr H100 v5 Series Win"},
        {"productName": "NDsr H100 v5 Series Cloud Services"},
        {"productName": "NDsr H100 v5 Series Dedicated Host"},
        {"meterName": "ND96isr H100 v5 Low Priority"},
        {"skuName": "ND96isr H100 v5 Low Priority"},
        {"type": "DevTestConsumption"},
        {"armSkuName": ""},
        {"armSkuName": None},
        {"productName": None, "meterName": "ND96isr H100 v5 Low Priority"},
    ],
)
def test_rows_of_other_products_are_no_offers(fields):
    assert only_row(**fields).offers == ()


@pytest.mark.parametrize(("term", "hours"), [("1 Year", 8760), ("3 Years", 26280)])
def test_a_reservation_is_its_total_over_its_hours(term, hours):
    (offer,) = only_row(type="Reservation", reservationTerm=term, retailPrice=str(50 * hours)).offers
    assert float(offer.usd_per_hour) == 50


def test_a_reservation_for_another_time_is_none_of_ours():
    assert only_row(type="Reservation", reservationTerm="5 Years").offers == ()
