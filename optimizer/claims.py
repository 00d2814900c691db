"""The model card's claims of speed and price, decided by the physics and the price snapshot."""

import math
from collections.abc import Callable, Sequence

from catalog import Catalog, Claim, Model
from catalog.claim_checks import CARD_MODEL, Case
from catalog.claims import CheckedClaim, check_claim, check_claims
from catalog.facts import Verdict
from optimizer.fleet.plan import CardClaim, Line
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.corrected import load
from pricing.offers import Snapshot

CLAIMS_SHOWN = 2


def checked_claims(catalog: Catalog, snapshot: Snapshot) -> tuple[CheckedClaim, ...]:
    """Return every claim of the model card with its verdict, speeds and prices included."""
    return check_claims(catalog, _deciders(snapshot))


def card_claims(lines: Sequence[Line], model: Model, *, catalog: Catalog, snapshot: Snapshot) -> tuple[CardClaim, ...]:
    """Return what the card says of the plan's first line: of its GPU first, then of its weight format.

    Only the model that the card is about has any.
    """
    if model.model_id != CARD_MODEL or not lines:
        return ()
    line = lines[0]
    family = line.gpu.split("-")[0]
    ranked = sorted(
        ((_kinship(claim, line, family), number, claim) for number, claim in enumerate(catalog.claims.values())),
        key=lambda ranked: (-ranked[0], ranked[1]),
    )
    nearest = [claim for kinship, _, claim in ranked[:CLAIMS_SHOWN] if kinship > 0]
    checked = [check_claim(catalog, claim, _deciders(snapshot)) for claim in nearest]
    return tuple(CardClaim(found.claim.claim, found.verdict, found.because) for found in checked)


def _kinship(claim: Claim, line: Line, family: str) -> int:
    """Return how much a claim is about a line: speeds and prices of its GPU, and sizes of its format, count most."""
    arguments = dict(argument.split("=", 1) for argument in claim.arguments)
    same_gpu = arguments.get("gpu", "").split("-")[0] == family
    same_format = arguments.get("quantization") == line.quantization
    about = {"performance": 3 * same_gpu + 2 * same_format, "price": 3 * same_gpu, "weights_gb": 4 * same_format}
    return about.get(claim.check, same_gpu + same_format) if claim.arguments else 0


def _deciders(snapshot: Snapshot) -> dict[str, Callable[[Case], CheckedClaim]]:
    return {"performance": _speed, "price": lambda case: _price(case, snapshot)}


def _speed(case: Case) -> CheckedClaim:
    """Predict the layout that the claim names, and compare."""
    if not case.claim.arguments:
        return _undecided(case, "it names no layout")
    layouts = Layouts.one(
        case.catalog,
        model=case.text("model", CARD_MODEL),
        gpu=case.text("gpu"),
        quantization=case.text("quantization"),
        engine=case.text("engine"),
        link=case.text("link", "") or None,
        tp=int(case.text("tp")),
        pp=int(case.text("pp")),
    )
    inputs, outputs = int(case.text("input_tokens")), int(case.text("output_tokens"))
    done = load(layouts, inputs, outputs, float(case.text("concurrency", "1")))
    layout = f"{case.text('engine')} tp {case.text('tp')} pp {case.text('pp')}, {case.text('quantization')}"
    match case.text("metric"):
        case "tok_per_s_per_user":
            return _compared(case, float(done.tok_per_s_per_user[0]), "tok/s", layout)
        case "ttft_s":
            return _compared(case, float(done.ttft_s[0]), "s", layout)
        case "prefill_mfu_percent":
            return _compared(case, _prefill_mfu_percent(case, layouts, inputs, float(done.ttft_s[0])), "%", layout)
        case metric:
            return _undecided(case, f"{metric} is not predicted")


def _prefill_mfu_percent(case: Case, layouts: Layouts, inputs: int, ttft_s: float) -> float:
    """Return model FLOPS utilisation: 2 x parameters x tokens over time, GPUs and the 16-bit peak."""
    peak = (case.gpu.tflops("bf16") or math.nan) * 1e12
    return 100 * 2 * layouts.model.params_active * inputs / (ttft_s * int(layouts.gpus[0]) * peak)


def _price(case: Case, snapshot: Snapshot) -> CheckedClaim:
    """Compare with the range of what this many of these GPUs cost, by the hour, at the listed prices."""
    gpus, term = int(case.text("gpus")), case.text("term")
    each = sorted(
        float(offer.usd_per_hour) / offer.gpu_count
        for offer in snapshot.offers
        if offer.gpu_id == case.gpu.gpu_id and offer.term == term and offer.tier != "tracker"
    )
    if not each:
        return _undecided(case, f"no {term} price of {case.gpu.gpu_id} is known")
    cheapest, median, dearest = (gpus * each[place] for place in (0, len(each) // 2, -1))
    spread = (
        f"{gpus} x {case.gpu.gpu_id} {term.replace('_', ' ')}: ${cheapest:.2f} to ${dearest:.2f}, median ${median:.2f}"
    )
    return _compared(case, median, "USD/h", spread)


def _compared(case: Case, value: float, unit: str, how: str) -> CheckedClaim:
    """Return the verdict: within the claimed range, or below or above it."""
    low = case.claim.value if case.claim.value is not None else -math.inf
    high = case.claim.value_high if case.claim.value_high is not None else low
    verdict: Verdict = "agrees" if low <= value <= high else "disagrees"
    return CheckedClaim(case.claim, value, unit, verdict, f"{value:.3g} {unit}: {how}")


def _undecided(case: Case, because: str) -> CheckedClaim:
    return CheckedClaim(case.claim, None, "", "cannot be checked", because)
