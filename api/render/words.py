"""Words for people: names of GPUs, formats, engines, amounts of money and speeds."""

import math

from optimizer.fleet.plan import UsdPerMillion
from optimizer.performance.intervals import Evidence
from optimizer.performance.support import Support

ENGINES = {"vllm": "vLLM", "sglang": "SGLang", "trt-llm": "TensorRT-LLM", "llama.cpp": "llama.cpp", "tgi": "TGI"}
FORMATS = {
    "fp8-weight-only": "FP8 weight-only",
    "int8-w8a8": "INT8 W8A8",
    "awq-int4": "AWQ INT4",
    "gptq-int4": "GPTQ INT4",
}
TERMS = {
    "on_demand": "on demand",
    "spot": "spot",
    "reserved_1y": "reserved 1 year",
    "reserved_3y": "reserved 3 years",
    "capacity_block": "capacity block",
}


def engine(engine_id: str) -> str:
    """Return an engine's name."""
    return ENGINES.get(engine_id, engine_id)


def weight_format(quantization_id: str) -> str:
    """Return a weight format's name."""
    return FORMATS.get(quantization_id, quantization_id.upper())


def gpu(gpu_id: str) -> str:
    """Return a GPU's name with spaces, `A100 PCIe 80 GB`."""
    *parts, memory = gpu_id.split("-")
    return f"{' '.join(parts)} {memory.removesuffix('GB')} GB" if memory.endswith("GB") else gpu_id.replace("-", " ")


def term(name: str) -> str:
    """Return a term in words."""
    return TERMS.get(name, name)


def money(usd: float, unit: str = "") -> str:
    """Return dollars: cents below 1,000, whole dollars above."""
    return f"${usd:,.2f}{unit}" if abs(usd) < 1000 else f"${usd:,.0f}{unit}"


def per_million(price: UsdPerMillion) -> str:
    """Return dollars per million output tokens at the load asked for, and when full."""
    if price.at_offered_load is None or price.at_saturation is None:
        return ""
    offered, full = (
        f"${value:,.0f}" if value >= 100 else f"${value:.3g}" for value in (price.at_offered_load, price.at_saturation)
    )
    return f"{offered} per million tokens, {full} when full"


def number(value: float) -> str:
    """Return a number with the digits that matter: two significant below 10, whole from there on."""
    if not math.isfinite(value):
        return "no end"
    if abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"


def strength(evidence: Evidence) -> str:
    """Return how strong the evidence is, and what the user's own runs have to do with it."""
    own = evidence.own
    if own is None:
        return evidence.kind
    off = own.tpot_ratio - 1
    model = f"the model alone says {abs(off):.0%} {'faster' if off > 0 else 'slower'}" if abs(off) >= 0.005 else ""
    said = "; ".join(filter(None, (plural(own.runs, "run"), model)))
    if own.measured:
        return f"measured by you ({said})"
    return f"{evidence.kind}; corrected by your measurements ({said})"


def run(support: Support) -> str:
    """Return published runs in words, with the error of our prediction for them."""
    what = f"{support.model} {weight_format(support.quantization)} on {gpu(support.gpu)}, {engine(support.engine)}"
    split = f"tp {support.tp}" if support.pp == 1 else f"tp {support.tp} pp {support.pp}"
    runs = f"{plural(support.rows, 'run')} of {support.source_date} ({support.source_id})"
    return f"{what} {split}, {runs}, error {support.median_error_fraction:.0%}"


def plural(count: int, word: str) -> str:
    """Return a count with its word, in the plural where there is not one."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
