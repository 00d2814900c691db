"""Nebius through its own package, against a gRPC server on 127.0.0.1."""

import logging
import traceback

import pytest

pytest.importorskip("nebius", reason="the optional package nebius is not installed: pip install nebius")

import grpc

from catalog import InvalidInputError
from pricing.errors import NotConfiguredError, ProviderError
from pricing.providers import ProviderSettings, find_providers
from tests.pricing.providers.calculator import Calculator, answering, platform
from tests.pricing.providers.fetching import HURRIED, NOW, QUICK, judged, prices, reasons, settings

KEY = "t0ken-of-nebius"
EIGHT, ONE, NEW = "8gpu-128vcpu-1600gb", "1gpu-16vcpu-200gb", "8gpu-999vcpu-1gb"
COSTS = {
    (EIGHT, "on_demand"): "28.00",
    (EIGHT, "spot"): "11.60",
    (ONE, "on_demand"): "3.50",
    (ONE, "spot"): "1.45",
    (NEW, "on_demand"): "90",
    (NEW, "spot"): "40",
}
H200 = platform("gpu-h200-sxm", (EIGHT, 8), (ONE, 1), memory_gb=141)
CPUS = platform("cpu-d3", ("4vcpu-16gb", 0), memory_gb=0)
R100 = platform("gpu-r100", (NEW, 8), memory_gb=288)
NORTH = {"nebius_projects": "eu-north1=project-e00"}


def asked(calculator, limits=QUICK, options=NORTH, **changes):
    """Return what is fetched from a calculator."""
    with answering(calculator) as address:
        given = settings(address, "nebius", limits=limits, options=options, keys={"nebius_api_key": KEY}, **changes)
        return find_providers()["nebius"].fetch(given, lambda items: None)


def refusing(code, preset=EIGHT, term="on_demand"):
    return Calculator([[H200]], {**COSTS, (preset, term): code})


def test_the_price_of_each_preset_with_gpus_on_demand_and_preemptible():
    fetched = asked(Calculator([[H200, CPUS]], COSTS))
    assert (fetched.problems, fetched.partial) == ((), False)
    assert prices(judged(fetched).offers) == {
        f"eu-north1/-/gpu-h200-sxm_{EIGHT}/on_demand": "28",
        f"eu-north1/-/gpu-h200-sxm_{EIGHT}/spot": "11.6",
        f"eu-north1/-/gpu-h200-sxm_{ONE}/on_demand": "3.5",
        f"eu-north1/-/gpu-h200-sxm_{ONE}/spot": "1.45",
    }


def test_each_region_is_asked_in_its_own_project_with_the_token():
    calculator = Calculator([[H200]], COSTS)
    fetched = asked(calculator, options={"nebius_projects": "eu-north1=project-e00, us-central1=project-u00"})
    assert ({quote.region for quote in fetched.quotes}, calculator.projects, calculator.tokens) == (
        {"eu-north1", "us-central1"},
        {"project-e00", "project-u00"},
        {f"Bearer {KEY}"},
    )


def test_only_the_regions_asked_for_are_asked():
    calculator = Calculator([[H200]], COSTS)
    asked(calculator, options={"nebius_projects": "eu-north1=a,us-central1=b"}, regions=("us-central1",))
    assert calculator.projects == {"b"}


def test_every_page_of_platforms_is_read():
    fetched = asked(Calculator([[CPUS], [H200]], COSTS))
    assert len(fetched.quotes) == 4


def test_what_may_not_be_preemptible_has_no_spot_price():
    fetched = asked(Calculator([[platform("gpu-h200-sxm", (ONE, 1), memory_gb=141, spot=False)]], COSTS))
    assert [quote.term for quote in fetched.quotes] == ["on_demand"]


def test_pitfall_7_a_preset_without_a_price_is_told_and_the_others_go_on():
    fetched = asked(refusing(grpc.StatusCode.INVALID_ARGUMENT))
    (problem,) = fetched.problems
    assert (problem.reason, fetched.partial, len(fetched.quotes)) == (
        "nebius: Calculator.Estimate answered INVALID_ARGUMENT",
        False,
        3,
    )


def test_a_price_that_could_not_be_asked_for_is_a_gap():
    fetched = asked(refusing(grpc.StatusCode.UNAVAILABLE))
    assert (fetched.partial, len(fetched.quotes)) == (True, 3)


@pytest.mark.parametrize("cost", ["", "much"])
def test_a_price_that_is_no_number_is_told(cost):
    assert [problem.reason for problem in asked(refusing(cost)).problems] == ["its price is no number"]


@pytest.mark.parametrize(
    ("cost", "reason"),
    [
        ("0", "a price of zero or less"),
        ("0.28", "outside the plausible price of this GPU"),
        ("-1", "a price of zero or less"),
    ],
)
def test_pitfall_1_a_price_that_cannot_be_is_left_out(cost, reason):
    assert reasons(judged(asked(refusing(cost))))[f"gpu-h200-sxm_{EIGHT}/on_demand"] == reason


def test_pitfall_14_a_new_platform_is_told():
    assert reasons(judged(asked(Calculator([[R100]], COSTS))))[f"gpu-r100_{NEW}/on_demand"] == "GPU in no catalog"


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED])
def test_where_nothing_may_be_read_the_error_says_so_without_the_token(code, caplog):
    caplog.set_level(logging.DEBUG)
    calculator = Calculator([[H200]], dict.fromkeys(COSTS, code))
    with pytest.raises(ProviderError, match=code.name) as caught:
        asked(calculator)
    assert KEY not in "".join(traceback.format_exception(caught.value)) + caplog.text


def test_a_server_that_is_not_there_is_an_error():
    limits = HURRIED.model_copy(update={"attempts": 1})
    given = settings("http://127.0.0.1:9", "nebius", limits=limits, options=NORTH, keys={"nebius_api_key": KEY})
    with pytest.raises(ProviderError, match="nebius"):
        find_providers()["nebius"].fetch(given, lambda items: None)


@pytest.mark.parametrize("text", ["project-e00", "eu-north1=", "eu-north1=project e00", "=x"])
def test_a_project_that_cannot_be_read_is_named(text):
    with pytest.raises(InvalidInputError, match="GPUMIX_NEBIUS_PROJECTS"):
        asked(Calculator([], {}), options={"nebius_projects": text})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"options": {}}, "no project"),
        ({"keys": {}}, "no key"),
        ({"options": {**NORTH, "nebius_credentials_file": "/nonexistent"}}, "credentials cannot be read"),
    ],
)
def test_what_is_not_set_is_said(changes, told):
    given = {"options": NORTH, "keys": {"nebius_api_key": KEY}, **changes}
    with pytest.raises(NotConfiguredError, match=told):
        find_providers()["nebius"].fetch(settings("http://127.0.0.1:9", "nebius", **given), lambda items: None)


def test_the_settings_come_from_the_environment():
    environment = {"GPUMIX_NEBIUS_PROJECTS": "eu-north1=x", "GPUMIX_NEBIUS_API_KEY": KEY}
    read = ProviderSettings.from_environment(environment, NOW)
    assert (read.options, list(read.keys)) == ({"nebius_projects": "eu-north1=x"}, ["nebius_api_key"])
