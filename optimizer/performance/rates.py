"""Coefficients made concrete: the speeds and fixed costs of every layout row."""

from dataclasses import dataclass, fields

import numpy as np

from optimizer.performance.coefficients import OLDEST_YEAR, REFERENCE_YEAR, Coefficients
from optimizer.performance.shapes import Shapes
from optimizer.performance.tables import COMPUTE_DTYPES, LINK_KINDS, Bools, Floats, Ints, Tables

TAKES_AFTER = {"ollama": "llama.cpp", "tgi": "vllm"}
"""ollama runs llama.cpp; of TGI no usable run is published, and its server is built most like vLLM's."""
PFLOPS = 1e15
DEALING_SINCE = 2025.6
"""TensorRT-LLM 1.0; earlier tables split attention of experts' models by heads."""
AHEAD = "TensorRT-LLM since 2025.6"
"""Since version 1.0 its scheduler runs ahead of the GPU (`disable_overlap_scheduler` is false by default)."""
EARLY_AMD = "AMD before 2025"
EARLY_MI300X = "MI300X before 2025"
EARLY_AMD_UNTIL = 2025.0
"""vLLM's kernels for AMD were tuned with ROCm 6.3 of December 2024; before, a step grew with nearly every stream."""
SPILLED_UNTIL = 2024.5
"""llama.cpp multiplies packed weights of any batch in its own kernels since June 2024 (its pull request 8062)."""
LLAMA_ON_AMD = "AMD with llama.cpp"
ARITHMETIC = (*COMPUTE_DTYPES, "packed", "packed experts", "gguf")
ROW_COEFFICIENTS = (
    "stream_knee",
    "weight_stream",
    "kv_stream",
    "matmul",
    "attention",
    "dequantize",
    "comm_latency",
    "comm_bandwidth",
    "expert_work",
    "expert_knee",
    "spill",
    "layer_s",
    "step_s",
    "sequence_s",
    "request_s",
    "stream_s",
    "burst",
    "lag",
    "backlog",
    "wait",
    "interference",
    "fill",
    "reserve",
    "max_sequences",
    "step_tokens",
    "bubble",
    "overlap",
    "comm_ramp",
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Effective speeds per GPU (bytes/s, FLOP/s, params/s) and engine costs in seconds, one value per row."""

    weight_bytes_per_s: Floats
    kv_bytes_per_s: Floats
    matmul_flops: Floats
    attention_flops: Floats
    dequantized_params_per_s: Floats
    comm_latency_s: Floats
    comm_bytes_per_s: Floats
    expert_work: Floats
    spilled_params_per_s: Floats
    layer_s: Floats
    step_s: Floats
    sequence_s: Floats
    request_s: Floats
    stream_s: Floats
    burst: Floats
    lag: Floats
    backlog: Floats
    wait: Floats
    interference: Floats
    fill: Floats
    reserve: Floats
    max_sequences: Floats
    step_tokens: Floats
    bubble: Floats
    overlap: Floats
    comm_ramp: Floats
    sharpness: float

    def take(self, rows: Bools | Ints) -> "Rates":
        """Return the rows of a mask or an index array."""
        cut = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "sharpness"}
        return Rates(**cut, sharpness=self.sharpness)


def rates(shapes: Shapes, known: Tables, coefficients: Coefficients, year: float | Floats = REFERENCE_YEAR) -> Rates:
    """Return the speeds of every row for engines of `year` (a decimal year, one or one per row)."""
    age = REFERENCE_YEAR - np.clip(np.asarray(year, dtype=float), OLDEST_YEAR, REFERENCE_YEAR)
    scopes = scope_rows(shapes, known, year)
    value = {name: _values(name, scopes, coefficients, age) for name in ROW_COEFFICIENTS}
    dealt = shapes.deals_requests & (age < REFERENCE_YEAR - DEALING_SINCE)
    fewer = np.where(dealt, 2.0, 1.0)
    value["max_sequences"] = value["max_sequences"] * np.where(dealt, shapes.tp, 1.0)
    shallow = shapes.expert_shallowness
    slowed = np.sqrt(np.minimum(1.0, value["stream_knee"] / shapes.bandwidth))
    return Rates(
        weight_bytes_per_s=shapes.bandwidth * np.minimum(value["weight_stream"], 0.97) * slowed,
        kv_bytes_per_s=shapes.bandwidth * np.minimum(value["kv_stream"], 0.97),
        matmul_flops=shapes.peak_flops * np.minimum(value["matmul"], 0.97),
        attention_flops=shapes.dense_flops * value["attention"],
        dequantized_params_per_s=np.where(shapes.dequantizes, shapes.fp32_flops / value["dequantize"], np.inf),
        comm_latency_s=shapes.latency_s * value["comm_latency"] / fewer,
        comm_bytes_per_s=shapes.busbw * value["comm_bandwidth"] * fewer,
        expert_work=value["expert_work"] * (1 + value["expert_knee"] * shapes.peak_flops / PFLOPS * shallow),
        spilled_params_per_s=np.where(
            shapes.dequantizes & shapes.sequential & (age > REFERENCE_YEAR - SPILLED_UNTIL),
            shapes.bandwidth / value["spill"],
            np.inf,
        ),
        **{name: value[name] for name in ROW_COEFFICIENTS[11:]},
        sharpness=coefficients.base("sharpness"),
    )


def arithmetic(shapes: Shapes) -> Ints:
    """Return an index into ARITHMETIC: the compute dtype, or how weights of few bits are unpacked to 16 bits."""
    experts, dense = ARITHMETIC.index("packed experts"), ARITHMETIC.index("packed")
    packed = np.where(shapes.sequential, ARITHMETIC.index("gguf"), np.where(shapes.expert_params > 0, experts, dense))
    return np.where(shapes.dequantizes, packed, shapes.dtype)


def scope_rows(shapes: Shapes, known: Tables, year: float | Floats) -> dict[str, tuple[tuple[str, ...], Ints]]:
    """Return {scope kind: (its scopes, the scope of every row as an index into them)}.

    llama.cpp's own kernels on AMD say nothing about the vendor's libraries that the other engines use: a scope apart.
    """
    amd = known.vendors.index("AMD") if "AMD" in known.vendors else -1
    llama_on_amd = shapes.sequential & (shapes.vendor == amd)
    cdna3 = known.architectures.index("gfx942") if "gfx942" in known.architectures else -1
    trt = known.engine_ids.index("trt-llm") if "trt-llm" in known.engine_ids else -1
    ahead = (shapes.engine == trt) & (np.asarray(year) >= DEALING_SINCE)
    vllm = known.engine_ids.index("vllm") if "vllm" in known.engine_ids else -1
    early_amd = (shapes.engine == vllm) & (shapes.vendor == amd) & (np.asarray(year) < EARLY_AMD_UNTIL)
    return {
        "engine": (known.engine_ids, _fitted_engine(known)[shapes.engine]),
        "vendor": ((*known.vendors, LLAMA_ON_AMD), np.where(llama_on_amd, len(known.vendors), shapes.vendor)),
        "generation": (known.architectures, shapes.architecture),
        "experts": (("no", "yes", "AMD"), (shapes.expert_params > 0) * np.where(shapes.vendor == amd, 2, 1)),
        "dtype": (ARITHMETIC, arithmetic(shapes)),
        "link": (LINK_KINDS, shapes.link_kind),
        "scheduler": (("other", AHEAD), ahead.astype(np.int64)),
        "software": (("other", EARLY_AMD), early_amd.astype(np.int64)),
        "early matmul": (("other", EARLY_MI300X), (early_amd & (shapes.architecture == cdna3)).astype(np.int64)),
    }


def _fitted_engine(known: Tables) -> Ints:
    """Return, for every engine, the one whose coefficients it takes: itself, unless it is named in TAKES_AFTER."""
    ids = known.engine_ids
    return np.array([ids.index(TAKES_AFTER[name]) if TAKES_AFTER.get(name) in ids else i for i, name in enumerate(ids)])


def _values(
    name: str, scopes: dict[str, tuple[tuple[str, ...], Ints]], coefficients: Coefficients, age: Floats
) -> Floats:
    """Base times the factors of every scope that has any for this coefficient, [row]."""
    value = np.full(len(scopes["engine"][1]), coefficients.base(name))
    for kind, (names, index) in scopes.items():
        fitted = coefficients.factors(name, kind)
        if fitted:
            value *= np.array([fitted.get(scope, 1.0) for scope in names])[index]
    growth = coefficients.factor(name, "era", "*")
    return value if growth == 1.0 else np.asarray(value * growth**age)
