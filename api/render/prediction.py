"""A prediction as text."""

from rich.text import Text

from api.render import words
from api.render.terminal import console, labelled
from optimizer.performance.estimates import Estimate
from optimizer.performance.predict import Prediction


def prediction_text(prediction: Prediction) -> str:
    """Return what fits, how fast it is, how sure that is, and what limits it."""
    width, bill = console().width, prediction.memory
    memory = (
        f"{bill.used_gib_per_gpu:.1f} of {bill.usable_gib_per_gpu:.1f} GiB per GPU; in all: weights "
        f"{bill.weights_gib:.1f}, KV {bill.kv_cache_gib:.1f}, engine {bill.overhead_gib:.1f} GiB; "
        f"room for {words.plural(bill.max_concurrent_sequences, 'sequence')}"
    )
    if not prediction.fits:
        return (
            str(labelled("does not fit", prediction.reason or "", width))
            + str(labelled("memory", memory, width)).rstrip()
        )
    text = Text()
    for label, estimate, unit in (
        ("speed", prediction.tok_per_s_per_user, "tok/s per user"),
        ("first token", prediction.ttft_s, "s"),
        ("per token", prediction.tpot_ms, "ms"),
        ("throughput", prediction.output_tok_per_s, "output tok/s"),
        ("requests", prediction.requests_per_s, "per second"),
        ("streams", prediction.concurrency, "at a time"),
    ):
        if estimate is not None:
            text.append_text(labelled(label, _estimate(estimate, unit), width))
    text.append_text(labelled("memory", memory, width))
    if prediction.breakdown_ms is not None:
        parts = prediction.breakdown_ms
        shares = (
            ("weights", parts.weights), ("matmul", parts.matmul), ("KV", parts.kv), ("links", parts.communication),
            ("overhead", parts.overhead), ("prefill", parts.prefill_interference),
        )  # fmt: skip
        spent = "  ".join(f"{name} {value:.2f}" for name, value in shares)
        text.append_text(labelled("token, ms", f"{spent}   limited by {prediction.bottleneck}", width))
    text.append_text(labelled("evidence", _evidence(prediction), width))
    for warning in prediction.warnings:
        text.append_text(labelled("note", Text(warning, style="yellow"), width))
    return str(text).rstrip("\n")


def _estimate(estimate: Estimate, unit: str) -> str:
    value, low, high = (words.number(part) for part in (estimate.value, estimate.low, estimate.high))
    interval = "" if estimate.low == estimate.high else f"  (80% interval {low} to {high})"
    return f"{value} {unit}{interval}"


def _evidence(prediction: Prediction) -> str:
    return "\n".join([words.strength(prediction.evidence), *(words.run(run) for run in prediction.evidence.nearest)])
