"""Every stored verdict on the model card is the one that the catalog computes."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, Claim, InvalidInputError, UnknownNameError, load_catalog
from catalog.claim_checks import FIGURES, Case
from catalog.claims import CheckedClaim, check_claim, check_claims

CHECKED = check_claims(load_catalog())
CLAIMS = load_catalog().claims


def named(checked: CheckedClaim) -> str:
    return checked.claim.claim_id


def claim_of(
    check: str, *arguments: str, value: float | None = None, high: float | None = None, unit: str = "GB"
) -> Claim:
    return replace(
        CLAIMS["size-fp16"], check=check, arguments=arguments, value=value, value_high=high, unit=unit, because="x"
    )


@pytest.mark.parametrize("checked", CHECKED, ids=named)
def test_the_stored_verdict_is_the_computed_one(checked: CheckedClaim) -> None:
    assert checked.claim.verdict == checked.verdict


@pytest.mark.parametrize("checked", CHECKED, ids=named)
def test_the_reason_quotes_the_computed_value(checked: CheckedClaim) -> None:
    assert checked.claim.because
    assert re.search(rf"(?<![\d.,]){re.escape(checked.amount)}(?![\d]|[.,]\d)", checked.claim.because)


@pytest.mark.parametrize("checked", [checked for checked in CHECKED if checked.claim.check in FIGURES], ids=named)
def test_a_figure_is_compared_in_the_unit_of_the_claim(checked: CheckedClaim) -> None:
    assert checked.claim.unit == checked.unit


def test_the_card_is_covered() -> None:
    sections = {claim.where_in_card for claim in CLAIMS.values()}
    assert len(CLAIMS) >= 60
    assert {"Positioning", "Limitations", "Hardware guidance", "How to run it", "Common beginner mistakes"} <= sections


@pytest.mark.parametrize(
    ("claim_id", "verdict"),
    [
        ("size-q8-0", "agrees"),
        ("size-q4-k-m", "disagrees"),
        ("size-q2-k", "disagrees"),
        ("layers", "disagrees"),
        ("kv-per-token-and-layer", "disagrees"),
        ("kv-128k", "disagrees"),
        ("fits-4xa100-8k", "agrees"),
        ("a6000-q4", "agrees"),
        ("single-gpu", "disagrees"),
        ("multi-node-only", "disagrees"),
        ("speed-4xa100", "cannot be checked"),
        ("price-4xh100", "cannot be checked"),
    ],
)
def test_the_verdicts_people_ask_about(claim_id: str, verdict: str) -> None:
    assert CLAIMS[claim_id].verdict == verdict


@pytest.mark.parametrize(
    ("value", "high", "verdict"),
    [
        (811.7, None, "agrees"),
        (790, None, "agrees"),
        (780, None, "disagrees"),
        (756, None, "disagrees"),
        (700, 800, "agrees"),
        (700, 780, "disagrees"),
        (830, 900, "agrees"),
        (840, 900, "disagrees"),
    ],
)
def test_a_measure_agrees_within_three_percent(
    catalog: Catalog, value: float, high: float | None, verdict: str
) -> None:
    claim = claim_of("weights_gb", "quantization=fp16", value=value, high=high)
    assert verdict == check_claim(catalog, claim).verdict


def test_a_value_read_as_gib_does_not_agree(catalog: Catalog) -> None:
    claim = claim_of("weights_gb", "quantization=q4_k_m", value=226.4)
    assert check_claim(catalog, claim).verdict == "disagrees"


def test_a_coarse_figure_agrees_with_what_rounds_to_it(catalog: Catalog) -> None:
    claim = claim_of("kv_mb_per_token", value=0.5, unit="MB")
    assert check_claim(catalog, claim).verdict == "agrees"
    assert check_claim(catalog, replace(claim, value=0.55)).verdict == "disagrees"


def test_a_count_agrees_only_when_equal(catalog: Catalog) -> None:
    claim = claim_of("layers", value=126, unit="layers")
    assert check_claim(catalog, claim).verdict == "agrees"
    assert check_claim(catalog, replace(claim, value=127)).verdict == "disagrees"


@given(gpus=st.integers(1, 16), tokens=st.integers(1, 131_072))
def test_more_gpus_never_hold_less(gpus: int, tokens: int) -> None:
    arguments = ("gpu=A100-SXM-80GB", "quantization=q4_k_m", "engine=llama.cpp", f"tokens={tokens}")
    fewer = check_claim(load_catalog(), claim_of("fits", *arguments, f"gpus={gpus}"))
    more = check_claim(load_catalog(), claim_of("fits", *arguments, f"gpus={gpus + 1}"))
    assert fewer.verdict == "disagrees" or more.verdict == "agrees"


@given(tokens=st.integers(1, 131_072))
def test_fits_and_does_not_fit_are_opposites(tokens: int) -> None:
    arguments = ("gpu=RTX-A6000-48GB", "gpus=4", "quantization=q3_k_m", "engine=llama.cpp", f"tokens={tokens}")
    verdicts = {check_claim(load_catalog(), claim_of(check, *arguments)).verdict for check in ("fits", "does_not_fit")}
    assert verdicts == {"agrees", "disagrees"}


def test_a_decider_settles_what_the_catalog_cannot(catalog: Catalog) -> None:
    def decide(case: Case) -> CheckedClaim:
        return CheckedClaim(case.claim, float(case.gpus), "GPUs", "agrees", case.gpu.gpu_id)

    settled = check_claim(catalog, CLAIMS["price-4xh100"], {"price": decide})
    assert (settled.computed, settled.verdict, settled.because) == (4.0, "agrees", "H100-SXM-80GB")


@pytest.mark.parametrize(
    ("claim", "error", "message"),
    [
        (claim_of("astrology", value=1), UnknownNameError, "unknown check 'astrology'"),
        (claim_of("weights_gb", value=1), InvalidInputError, "argument 'quantization' is missing"),
        (claim_of("weights_gb", "quantization=q9", value=1), UnknownNameError, "unknown quantization 'q9'"),
        (claim_of("weights_gb", "quantization=fp16"), InvalidInputError, "states no value"),
        (claim_of("flag_default", "engine=ollama", "flag=NOTHING", value=1), UnknownNameError, "default of ollama"),
        (
            claim_of("compute_bound", "gpu=A100-SXM-80GB", "quantization=fp8", "engine=vllm"),
            InvalidInputError,
            "does not run",
        ),
    ],
)
def test_a_claim_that_cannot_be_read_says_why(
    catalog: Catalog, claim: Claim, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_claim(catalog, claim)


@pytest.mark.parametrize(
    ("computed", "amount"),
    [(None, ""), (811.706, "811.7"), (243.0, "243"), (186_000.0, "186,000"), (4.2279, "4.23"), (0.004096, "0.0041")],
)
def test_amounts_are_short(computed: float | None, amount: str) -> None:
    assert amount == CheckedClaim(CLAIMS["size-fp16"], computed, "GB", "agrees", "").amount
