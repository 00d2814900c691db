"""What else Lambda, RunPod, Vast.ai, OCI and Verda may answer: older shapes, null, numbers as text, and no answer."""

import json

import pytest

from pricing.errors import ProviderError
from tests.pricing.providers.fetching import HURRIED, QUICK, fetch, judged, prices, reasons
from tests.pricing.providers.replay import Answer, in_turn, payload
from tests.pricing.providers.test_neoclouds import verda


def edited(name, change):
    """Answer with a payload after a change of it."""
    document = json.loads(payload(name))
    change(document)
    return in_turn(Answer.json(document))


def h100(document):
    return document["data"]["gpu_8x_h100_sxm5"]


def older_shape(document):
    """An answer as it once was: the GPU in the description only, counted in the name alone."""
    kind = h100(document)["instance_type"]
    kind.pop("gpu_description")
    kind["specs"].pop("gpus")


@pytest.mark.parametrize(
    "change",
    [
        older_shape,
        lambda document: h100(document)["instance_type"].update(price_cents_per_hour="3192"),
        lambda document: h100(document)["instance_type"]["specs"].update(vcpus="208", memory_gib="1800"),
        lambda document: document["data"]["gpu_1x_gh200"].update(instance_type=None),
        lambda document: document["data"]["gpu_1x_gh200"].update(regions_with_capacity_available=None),
    ],
)
def test_what_else_lambda_may_answer(change):
    offers = prices(judged(fetch("lambda", edited("lambda/instance_types.json", change))).offers)
    assert offers["us-west-1/-/gpu_8x_h100_sxm5/on_demand"] == "31.92"


def runpods(lowest=None, **fields):
    """Return RunPod's first GPU, changed, at the count of one in a secure data centre."""

    def change(document):
        gpu = document["data"]["gpuTypes"][0]
        gpu["lowestPrice"].update(lowest or {})
        document["data"]["gpuTypes"] = [{**gpu, **fields}]

    found = judged(fetch("runpod", edited("runpod/gpu_types.json", change)))
    return {name: price for name, price in prices(found.offers).items() if name.startswith("secure/-/1x")}


RUNPODS_H100 = {"secure/-/1x H100-SXM-80GB/on_demand": "2.99", "secure/-/1x H100-SXM-80GB/spot": "1.28"}


@pytest.mark.parametrize(
    ("lowest", "fields"),
    [
        ({}, {}),
        ({}, {"securePrice": "2.99", "memoryInGb": "80", "maxGpuCount": "8"}),
        ({}, {"securePrice": None}),
        ({}, {"maxGpuCount": None, "displayName": None, "communityPrice": None}),
        ({"minimumBidPrice": None}, {"secureSpotPrice": 1.28}),
    ],
)
def test_what_else_runpod_may_answer(lowest, fields):
    assert runpods(lowest, **fields) == RUNPODS_H100


@pytest.mark.parametrize("spot", [2.99, 2.9, 3.5])
def test_runpods_spot_price_at_its_on_demand_price_is_no_offer(spot):
    assert "secure/-/1x H100-SXM-80GB/spot" not in runpods({"minimumBidPrice": spot})


@pytest.mark.parametrize(("lowest", "fields"), [({"stockStatus": None}, {}), ({}, {"lowestPrice": None})])
def test_what_runpod_has_no_stock_of_is_no_offer(lowest, fields):
    assert runpods(lowest, **fields) == {}


HOST = json.loads(payload("vast/bundles.json"))["offers"][0]
VASTS_H100 = {"US/-/8x H100-SXM-80GB/on_demand": "16.1", "US/-/8x H100-SXM-80GB/spot": "8.1"}


def vasts(**fields):
    """Return Vast's first host, changed."""
    return prices(judged(fetch("vast", in_turn(Answer.json({"offers": [{**HOST, **fields}]})))).offers)


@pytest.mark.parametrize(
    "fields",
    [
        {"dph_base": "16.0", "min_bid": "8.0", "num_gpus": "8", "gpu_ram": "81559"},
        {"cpu_cores": None, "cpu_cores_effective": None},
        {"rented": None, "rentable": None, "verification": None},
    ],
)
def test_what_else_vast_may_answer(fields):
    assert vasts(**fields) == VASTS_H100


@pytest.mark.parametrize("fields", [{"rented": True}, {"rentable": False}, {"verification": "unverified"}])
def test_a_vast_host_that_was_not_asked_for_is_no_offer(fields):
    assert vasts(**fields) == {}


def test_a_vast_host_that_says_no_place_is_somewhere():
    assert list(vasts(geolocation=None)) == [name.replace("US/", "global/") for name in VASTS_H100]


def oracles(*localizations):
    product = {**json.loads(payload("oci/products.json"))["items"][0], "currencyCodeLocalizations": localizations}
    return judged(fetch("oci", in_turn(Answer.json({"items": [product]}))))


def sold(currency, *values):
    return {"currencyCode": currency, "prices": [{"model": "PAY_AS_YOU_GO", "value": value} for value in values]}


@pytest.mark.parametrize(
    "localizations",
    [(sold("USD", "10.0"),), (sold("EUR", 9), sold("USD", 10)), (sold("USD", 0, 10),)],
    ids=["text", "euros first", "a free tier first"],
)
def test_what_else_oci_may_answer(localizations):
    assert prices(oracles(*localizations).offers) == {"any/-/BM.GPU.H100.8/on_demand": "80"}


def test_oci_in_another_currency_needs_a_rate():
    assert reasons(oracles(sold("EUR", 9))) == {"1x H100/on_demand": "currency without an exchange rate"}


def test_oci_without_a_price_says_so():
    assert reasons(oracles()) == {"1x H100/on_demand": "no price listed"}


def test_verdas_spot_price_has_two_names():
    def answering(request):
        if not request.path.endswith("types"):
            return verda(request)
        kinds = json.loads(payload("verda/instance_types.json"))
        return Answer.json([{**kind, "spot_price": None, "spot_price_per_hour": "13.69"} for kind in kinds[:1]])

    assert prices(judged(fetch("verda", answering)).offers)["FIN-03/-/8B200.240V/spot"] == "13.69"


def test_verda_that_does_not_tell_where_spot_is_keeps_its_on_demand_prices():
    def answering(request):
        return Answer(status=500) if request.query.get("is_spot") == "true" else verda(request)

    fetched = fetch("verda", answering)
    assert (fetched.partial, {quote.term for quote in fetched.quotes}) == (True, {"on_demand"})


def test_verda_that_tells_no_place_at_all_is_an_error():
    def answering(request):
        return Answer(status=500) if "availability" in request.path else verda(request)

    with pytest.raises(ProviderError, match="where its instances can be had"):
        fetch("verda", answering)


@pytest.mark.parametrize("provider", ["cudo", "lambda", "runpod", "vast", "oci", "verda"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(status=429, headers={"Retry-After": "1"}), "answered 429"),
        (Answer(hangs=True), "did not answer in time"),
        (Answer('{"data": {"gpu'), "broken JSON"),
        (Answer("<html>", headers={"Content-Type": "text/html"}), "broken JSON"),
        (Answer(status=302, headers={"Location": "https://elsewhere.example"}), "redirects are not followed"),
    ],
    ids=["throttled", "hanging", "cut short", "a page", "moved"],
)
def test_a_cloud_in_trouble_is_an_error_that_says_what_it_did(provider, answer, told):
    limits = (HURRIED if answer.hangs else QUICK).model_copy(update={"attempts": 1})
    with pytest.raises(ProviderError, match=told):
        fetch(provider, in_turn(answer), limits=limits)
