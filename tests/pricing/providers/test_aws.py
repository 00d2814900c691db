"""AWS through the real boto3, against a server on 127.0.0.1."""

import json
import traceback

import pytest

from pricing.errors import NotConfiguredError, ProviderError
from tests.pricing.providers.fetching import HURRIED, NOW, QUICK, fetch_from, judged, prices, reasons
from tests.pricing.providers.replay import Answer, Replay, payload

SECRET = "dummysecretkeythatmustneverbeseen"
PRODUCTS = json.loads(payload("aws/products.json"))
SERVICES = ("PRICING", "EC2", "SAVINGSPLANS", "SERVICE_QUOTAS")


def operation(request):
    """Return which operation a request is of, as each protocol of AWS says it."""
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return target or request.form.get("Action") or request.path.strip("/")


def products(request, found=PRODUCTS):
    """Answer with the products that fit every TERM_MATCH filter that names one of their attributes."""
    filters = {each["Field"]: each["Value"] for each in json.loads(request.body)["Filters"]}
    asked = [item for item in found if item["product"]["attributes"]["instanceType"] == filters["instanceType"]]
    return Answer.json({"FormatVersion": "aws_v1", "PriceList": [json.dumps(item) for item in asked]})


ANSWERS = {
    "GetProducts": products,
    "DescribeInstanceTypes": lambda request: payload("aws/describe_instance_types.xml"),
    "DescribeSpotPriceHistory": lambda request: payload("aws/describe_spot_price_history.xml"),
    "DescribeCapacityBlockOfferings": lambda request: payload("aws/describe_capacity_block_offerings.xml"),
    "DescribeSavingsPlansOfferingRates": lambda request: payload("aws/savings_plans.json"),
    "ListServiceQuotas": lambda request: payload("aws/quotas.json"),
}


@pytest.fixture(scope="module")
def account():
    """Set dummy credentials and nothing of this machine's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "AKIADUMMY",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }.items():
            patch.setenv(name, value)
        yield patch


def fetch_aws(account, regions=("us-east-1",), limits=QUICK, **answers):
    """Return what is fetched when some operations answer otherwise."""
    answering = {**ANSWERS, **answers}
    with Replay(lambda request: answering[operation(request)](request)) as server:
        for service in SERVICES:
            account.setenv(f"AWS_ENDPOINT_URL_{service}", server.address)
        return fetch_from(server, "aws", regions=regions, limits=limits)


@pytest.fixture(scope="module")
def fetched(account):
    return fetch_aws(account)


@pytest.fixture(scope="module")
def virginia(fetched):
    return judged(fetched)


def test_prices_of_every_kind(virginia):
    assert prices(virginia.offers) == {
        "us-east-1/-/g6.4xlarge/on_demand": "1.3232",
        "us-east-1/-/p4d.24xlarge/on_demand": "21.957642",
        "us-east-1/-/p4d.24xlarge/reserved_1y": "13.689954",
        "us-east-1/-/p4d.24xlarge/reserved_3y": "10",
        "us-east-1/-/p5.48xlarge/capacity_block": "41.53",
        "us-east-1/-/p5.48xlarge/on_demand": "55.04",
        "us-east-1/-/p5.48xlarge/reserved_1y": "44.5824",
        "us-east-1/-/p5.48xlarge/reserved_3y": "24.7",
        "us-east-1/-/p5en.48xlarge/on_demand": "63.296",
        "us-east-1/use1-az2/p5.48xlarge/spot": "19.2531",
        "us-east-1/use1-az6/p5.48xlarge/spot": "28.1",
    }


def test_nothing_is_wrong_with_a_whole_answer(fetched):
    assert (fetched.problems, fetched.partial) == ((), False)


def test_pitfall_1_a_capacity_block_product_at_0_is_no_offer(virginia):
    assert reasons(virginia)["p5.48xlarge/capacity_block"] == "a price of zero or less"


def test_pitfall_1_on_demand_products_are_asked_for(account):
    with Replay(lambda request: ANSWERS[operation(request)](request)) as server:
        for service in SERVICES:
            account.setenv(f"AWS_ENDPOINT_URL_{service}", server.address)
        fetch_from(server, "aws", regions=("us-east-1",))
        bodies = [json.loads(request.body) for request in server.asked if operation(request) == "GetProducts"]
    fields = [{each["Field"]: each["Value"] for each in body["Filters"]} for body in bodies]
    assert {(each["marketoption"], each["operatingSystem"], each["tenancy"]) for each in fields} == {
        ("OnDemand", "Linux", "Shared")
    }


def test_pitfall_2_a_capacity_block_is_a_term_of_its_own_with_its_fee(virginia):
    (block,) = (offer for offer in virginia.offers if offer.term == "capacity_block")
    assert block.note.startswith("24 h from 2026-11-26 in us-east-1a; 996.72 USD of it are paid upfront")


def test_pitfall_3_spot_is_kept_by_zone_id_and_the_newest_stands(virginia):
    spot = {offer.zone: float(offer.usd_per_hour) for offer in virginia.offers if offer.term == "spot"}
    assert spot == {"use1-az2": 19.2531, "use1-az6": 28.1}


def test_spot_at_the_on_demand_price_means_no_spare_capacity(virginia):
    assert reasons(virginia)["p5.48xlarge/spot"] == "spot at the on-demand cap: no spare capacity"


def test_pitfall_9_a_zone_of_another_region_is_not_taken_for_one_of_this(virginia):
    assert "usw2-az1" not in {offer.zone for offer in virginia.offers}


def test_pitfall_14_new_hardware_is_told_with_its_name(virginia):
    (row,) = (row for row in virginia.rejections if row.instance_type == "p7-r100.48xlarge")
    assert (row.reason.value, "R100 288GB" in row.detail) == ("GPU in no catalog", True)


def test_a_reservation_spreads_its_fee_over_its_hours(virginia):
    (offer,) = (offer for offer in virginia.offers if offer.offer_id.endswith("p4d.24xlarge/reserved_3y"))
    assert offer.note == "reserved instance, convertible, partial upfront; 131400 USD of it are paid upfront"


def test_a_savings_plan_is_for_linux_on_shared_hardware_and_says_how_it_is_paid(virginia):
    (offer,) = (offer for offer in virginia.offers if offer.offer_id.endswith("p5.48xlarge/reserved_3y"))
    assert offer.note == "Compute Savings Plan, all upfront"


def test_a_type_that_the_catalog_lacks_takes_its_shape_from_aws(virginia):
    (offer,) = (offer for offer in virginia.offers if offer.instance_type == "g6.4xlarge")
    assert (offer.gpu_id, offer.gpu_count, offer.vcpus, offer.ram_gib) == ("L4-24GB", 1, 16, 64)


def test_a_type_whose_gpu_aws_does_not_name_is_known_from_the_catalog(virginia):
    (offer,) = (offer for offer in virginia.offers if offer.instance_type == "p5en.48xlarge")
    assert offer.gpu_id == "H200-SXM-141GB"


def test_quotas_are_vcpus_of_families_that_have_gpus_on_each_market(fetched):
    assert {quota.key: quota.vcpus for quota in fetched.quotas} == {
        "aws/us-east-1/P/on_demand vCPUs": 192,
        "aws/us-east-1/P5/spot vCPUs": 384,
        "aws/us-east-1/G+GR+VT/on_demand vCPUs": 8,
    }


def test_a_quota_has_the_name_that_aws_gives_it_and_the_day_it_was_read(fetched):
    assert fetched.quotas[0].name == "Running On-Demand P instances"
    assert {quota.observed_at for quota in fetched.quotas} == {NOW.date()}


def test_a_region_where_no_quota_was_applied_has_the_defaults(account):
    none = Answer.json({"Quotas": []})
    defaults = Answer.json({"Quotas": [{"QuotaName": "Running On-Demand P instances", "Value": 0.0}]})
    fetched = fetch_aws(
        account,
        ListServiceQuotas=lambda request: none,
        ListAWSDefaultServiceQuotas=lambda request: defaults,
    )
    assert [quota.vcpus for quota in fetched.quotas] == [0]


def test_pitfall_15_yuan_are_not_taken_for_dollars(account):
    china = judged(fetch_aws(account, regions=("cn-north-1",)))
    assert reasons(china) == {"p4d.24xlarge/on_demand": "currency without an exchange rate"}


def refused(code):
    error = f"<Response><Errors><Error><Code>{code}</Code><Message>{SECRET}</Message></Error></Errors></Response>"
    return lambda request: Answer(error, 403)


@pytest.mark.parametrize("failing", ["DescribeSpotPriceHistory", "DescribeInstanceTypes"])
def test_without_the_right_to_ec2_the_list_prices_stay(account, failing):
    fetched = fetch_aws(account, **{failing: refused("UnauthorizedOperation")})
    assert fetched.partial
    assert "UnauthorizedOperation" in fetched.problems[-1].reason
    assert "us-east-1/-/p5.48xlarge/on_demand" in prices(judged(fetched).offers)


def test_without_the_right_to_quotas_nothing_is_missing(account):
    denied = Answer.json({"__type": "AccessDeniedException", "message": SECRET}, 400)
    fetched = fetch_aws(account, ListServiceQuotas=lambda request: denied)
    assert (fetched.partial, fetched.quotas, len(fetched.problems)) == (False, (), 1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer.json({"__type": "AccessDeniedException", "message": SECRET}, 400), "AccessDeniedException"),
        (Answer('{"PriceList": ["{'), "without PriceList"),
        (Answer.json({"FormatVersion": "aws_v1"}), "without PriceList"),
        (Answer.json({"PriceList": ['{"product"', "{}"]}), "none of"),
        (Answer.json({"__type": "ThrottlingException"}, 400), "ThrottlingException"),
    ],
)
def test_a_price_list_that_cannot_be_read_is_an_error_without_secrets(account, answer, told):
    with pytest.raises(ProviderError) as caught:
        fetch_aws(account, limits=QUICK.model_copy(update={"attempts": 1}), GetProducts=lambda request: answer)
    text = "".join(traceback.format_exception(caught.value))
    assert (told in text, SECRET in text) == (True, False)


def test_a_page_that_repeats_ends_the_list_and_is_told(account):
    def repeating(request):
        return Answer.json({**json.loads(products(request).body), "NextToken": "again"})

    fetched = fetch_aws(account, GetProducts=repeating)
    assert (fetched.partial, "repeats an earlier page" in fetched.problems[0].reason) == (True, True)


def test_a_server_that_ignores_the_filters_gives_each_product_once(account):
    everything = Answer.json({"PriceList": [json.dumps(item) for item in PRODUCTS]})
    fetched = fetch_aws(account, GetProducts=lambda request: everything)
    assert prices(judged(fetched).offers)["us-east-1/-/p5.48xlarge/on_demand"] == "55.04"
    assert len({quote.origin for quote in fetched.quotes}) == len(fetched.quotes)


def test_no_credentials_are_an_error_that_says_so(account):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID", raising=False)
        patch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
        with pytest.raises(NotConfiguredError, match="no credentials"):
            fetch_aws(account)


def test_no_quote_holds_a_secret(fetched):
    assert SECRET not in repr(fetched)


def test_a_price_list_that_hangs_is_asked_for_a_few_types_only(account):
    limits = HURRIED.model_copy(update={"attempts": 1})
    asked = []

    def hanging(request):
        asked.append(request)
        return Answer(hangs=True)

    with pytest.raises(ProviderError, match="did not answer in time"):
        fetch_aws(account, limits=limits, GetProducts=hanging)
    assert len(asked) <= 4
