"""Lambda, RunPod, Vast.ai, OCI and Verda, replayed."""

import json
import logging
import traceback

import pytest

from pricing.errors import NotConfiguredError, ProviderError
from pricing.providers import find_providers
from tests.pricing.providers.fetching import KEY, NOW, fetch, fetch_from, judged, prices, reasons, settings
from tests.pricing.providers.replay import Answer, Replay, in_turn, payload

LAMBDA = in_turn(payload("lambda/instance_types.json"))
RUNPOD = in_turn(payload("runpod/gpu_types.json"))
VAST = in_turn(payload("vast/bundles.json"))
OCI = in_turn(payload("oci/products.json"))


def verda(request):
    if request.path == "/v1/oauth2/token":
        return Answer.json({"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600})
    return payload("verda/instance_types.json" if request.path.endswith("types") else "verda/availability.json")


CUDO = in_turn(payload("cudo/machine_types.json"))
REPLAYED = {"cudo": CUDO, "lambda": LAMBDA, "runpod": RUNPOD, "vast": VAST, "oci": OCI, "verda": verda}


def test_lambda_prices_are_cents_for_the_whole_instance():
    assert prices(judged(fetch("lambda", LAMBDA)).offers) == {
        "us-west-1/-/gpu_8x_h100_sxm5/on_demand": "31.92",
        "us-east-3/-/gpu_1x_gh200/on_demand": "2.29",
    }


def test_pitfall_13_lambda_without_capacity_is_a_rejection_with_its_price():
    (row,) = (row for row in judged(fetch("lambda", LAMBDA)).rejections if row.instance_type == "gpu_1x_h100_pcie")
    assert (row.reason.value, float(row.usd_per_hour)) == ("not rentable when it was seen", 3.29)


def test_pitfall_14_lambdas_new_gpu_is_told():
    assert reasons(judged(fetch("lambda", LAMBDA)))["gpu_8x_r100/on_demand"] == "GPU in no catalog"


def test_pitfall_11_runpod_prices_are_per_gpu():
    offers = prices(judged(fetch("runpod", RUNPOD)).offers)
    secure = {name: price for name, price in offers.items() if name.startswith("secure/-/") and "H100-SXM" in name}
    assert secure == {
        f"secure/-/{count}x H100-SXM-80GB/{term}": f"{round(count * price, 2):g}"
        for count in (1, 2, 4, 8)
        for term, price in (("on_demand", 2.99), ("spot", 1.28))
    }


def test_pitfall_13_runpod_without_stock_is_a_rejection():
    assert reasons(judged(fetch("runpod", RUNPOD)))["8x NVIDIA H100 PCIe/on_demand"] == "not rentable when it was seen"


def test_pitfall_5_runpods_form_factors_are_products_of_their_own():
    offers = judged(fetch("runpod", RUNPOD)).offers
    assert {offer.gpu_id for offer in offers if "H100" in offer.gpu_id} == {"H100-SXM-80GB", "H100-NVL-94GB"}


def test_pitfall_12_runpods_placeholder_price_is_quarantined():
    (row, *_) = (row for row in judged(fetch("runpod", RUNPOD)).rejections if "MI300X" in row.instance_type)
    assert (row.region, row.quarantined, row.reason.value) == (
        "community",
        True,
        "outside the plausible price of this GPU",
    )


def test_runpod_is_not_asked_for_more_gpus_than_it_joins():
    offers = judged(fetch("runpod", RUNPOD)).offers
    assert max(offer.gpu_count for offer in offers if offer.gpu_id == "H100-NVL-94GB") == 4


FAILED = {"errors": [{"message": f"Unauthorized: Bearer {KEY}"}], "data": None}


def test_a_graphql_error_under_status_200_is_an_error_without_the_key():
    with pytest.raises(ProviderError) as caught:
        fetch("runpod", in_turn(Answer.json(FAILED)))
    text = "".join(traceback.format_exception(caught.value))
    assert ("Unauthorized: Bearer ***" in text, KEY in text) == (True, False)


def test_a_graphql_error_beside_data_is_a_gap():
    data = {**json.loads(payload("runpod/gpu_types.json")), "errors": [{"message": "timeout"}]}
    fetched = fetch("runpod", in_turn(Answer.json(data)))
    assert (fetched.partial, len(fetched.quotes) > 10) == (True, True)


def test_one_query_that_fails_is_a_gap_and_the_others_go_on():
    def answering(request):
        eight = json.loads(request.body)["variables"]["lowestPriceInput"]["gpuCount"] == 8
        return Answer.json(FAILED) if eight else payload("runpod/gpu_types.json")

    fetched = fetch("runpod", answering)
    assert (fetched.partial, {quote.gpu_count for quote in fetched.quotes}) == (True, {1, 2, 4})


def test_vast_prices_are_the_hosts_with_its_disk():
    offers = prices(judged(fetch("vast", VAST)).offers)
    assert offers == {
        "DE/-/1x A100-PCIe-80GB/on_demand": "1",
        "FI/-/1x GH200-96GB/on_demand": "2",
        "FI/-/1x H200-SXM-141GB/on_demand": "2.7",
        "SE/-/4x A100-SXM-40GB/on_demand": "2.9",
        "SE/-/4x A100-SXM-40GB/spot": "1.3",
        "US/-/8x H100-SXM-80GB/on_demand": "16.1",
        "US/-/8x H100-SXM-80GB/spot": "8.1",
    }


def test_pitfall_5_vasts_a100_is_told_by_form_factor_and_memory():
    gpus = {offer.gpu_id for offer in judged(fetch("vast", VAST)).offers if "A100" in offer.gpu_id}
    assert gpus == {"A100-PCIe-80GB", "A100-SXM-40GB"}


def test_gh200_and_h200_are_two_gpus():
    gpus = {offer.gpu_id for offer in judged(fetch("vast", VAST)).offers if "H200" in offer.gpu_id}
    assert gpus == {"GH200-96GB", "H200-SXM-141GB"}


def test_a_vast_hosts_ram_is_its_share():
    (offer,) = (
        offer
        for offer in judged(fetch("vast", VAST)).offers
        if offer.offer_id.startswith("vast/US/-/8x H100-SXM-80GB/on")
    )
    assert offer.ram_gib == 503.8


def test_vast_hosts_are_a_marketplace():
    assert {offer.tier for offer in judged(fetch("vast", VAST)).offers} == {"marketplace"}


def test_oci_sells_gpus_and_the_catalog_knows_the_shapes():
    assert prices(judged(fetch("oci", OCI)).offers) == {
        "any/-/BM.GPU.A100-v2.8/on_demand": "32",
        "any/-/BM.GPU.GB200.4/on_demand": "64",
        "any/-/BM.GPU.H100.8/on_demand": "80",
        "any/-/BM.GPU.H200.8/on_demand": "80",
    }


def test_oci_says_that_its_list_price_is_no_capacity():
    offers = judged(fetch("oci", OCI)).offers
    assert all("says nothing about capacity" in offer.note for offer in offers)


def test_oci_at_0_and_of_new_gpus_is_left_out_with_the_reason():
    assert reasons(judged(fetch("oci", OCI))) == {
        "1x R100/on_demand": "GPU in no catalog",
        "1x L40S/on_demand": "a price of zero or less",
    }


def test_verda_prices_are_strings_and_hold_where_there_is_capacity():
    assert prices(judged(fetch("verda", verda)).offers) == {
        "FIN-01/-/8B200.240V/on_demand": "39.12",
        "FIN-01/-/8B200.240V/spot": "13.69",
        "FIN-03/-/8B200.240V/on_demand": "39.12",
        "FIN-03/-/8B200.240V/spot": "13.69",
        "FIN-03/-/4B200.120V/on_demand": "19.56",
        "FIN-03/-/4B200.120V/spot": "6.85",
    }


def test_verda_without_capacity_or_a_rate_is_a_rejection():
    assert reasons(judged(fetch("verda", verda))) == {
        "1H100.80S.30V/on_demand": "not rentable when it was seen",
        "1H100.80S.30V/spot": "not rentable when it was seen",
        "2L40S.40V/on_demand": "currency without an exchange rate",
        "2L40S.40V/spot": "currency without an exchange rate",
    }


def test_verdas_secret_goes_to_the_token_and_the_token_to_the_rest():
    with Replay(verda) as server:
        fetch_from(server, "verda")
        tokens = [request.headers.get("Authorization") for request in server.asked]
    assert tokens == [None, *["Bearer t0ken"] * 3]


@pytest.mark.parametrize("token", [{}, {"access_token": 1}, {"access_token": "a\nb"}, []])
def test_verda_without_a_token_is_an_error(token):
    with pytest.raises(ProviderError, match="no access token"):
        fetch("verda", in_turn(Answer.json(token)))


@pytest.mark.parametrize("provider", REPLAYED)
def test_pitfall_6_every_quote_says_when_it_was_seen_and_where(provider):
    quotes = fetch(provider, REPLAYED[provider]).quotes
    assert {(quote.observed_at, bool(quote.source), quote.provider) for quote in quotes} == {
        (NOW.date(), True, provider)
    }


@pytest.mark.parametrize("provider", REPLAYED)
def test_no_quote_or_problem_holds_a_key(provider):
    assert KEY not in repr(fetch(provider, REPLAYED[provider]))


@pytest.mark.parametrize("provider", ["cudo", "lambda", "runpod", "vast", "oci", "verda"])
@pytest.mark.parametrize(
    "body", ["[]", "{}", "1", "null", '"text"', '{"data": 1}', '{"offers": {}}', '{"items": null}']
)
def test_an_answer_of_another_shape_is_an_error(provider, body):
    with pytest.raises(ProviderError):
        fetch(provider, in_turn(body))


@pytest.mark.parametrize("provider", ["lambda", "verda", "gcp", "cudo"])
def test_a_provider_that_needs_a_key_says_so(provider):
    with pytest.raises(NotConfiguredError, match="no key"):
        fetch(provider, in_turn("{}"), keys={})


def test_every_provider_is_found_by_its_file():
    assert list(find_providers()) == [
        "aws",
        "azure",
        "cudo",
        "gcp",
        "lambda",
        "nebius",
        "oci",
        "runpod",
        "vast",
        "verda",
    ]


@pytest.mark.parametrize("provider", find_providers())
def test_pitfall_16_offline_no_provider_touches_the_network(provider):
    with Replay(in_turn("{}")) as server:
        with pytest.raises(NotConfiguredError, match="GPUMIX_OFFLINE"):
            find_providers()[provider].fetch(settings(server.address, provider, offline=True), lambda items: None)
        assert server.asked == []


@pytest.mark.parametrize("provider", ["cudo", "gcp", "lambda", "runpod", "vast", "verda"])
@pytest.mark.parametrize("answer", [Answer(status=503), Answer(status=403), Answer(body="{"), Answer.json(FAILED)])
def test_no_log_holds_a_key_even_at_its_most_talkative(provider, answer, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderError):
        fetch(provider, in_turn(answer))
    assert (bool(caplog.records), KEY in caplog.text) == (True, False)
