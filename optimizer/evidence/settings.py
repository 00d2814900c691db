"""A measurement row read into the catalog's terms: which layout, which load; or the reason why it cannot be."""

import math
from dataclasses import dataclass
from typing import Literal

from catalog import Catalog
from optimizer.evidence.aliases import Spellings, find
from optimizer.evidence.measurements import Measurement
from optimizer.performance.coefficients import REFERENCE_YEAR
from optimizer.performance.layouts import default_link, kv_bits

Mode = Literal["closed", "static", "saturated", "open"]
OLD_VLLM_BATCH = 256.0
OLD_VLLM_UNTIL = 2025.1
LAYER_SPLIT = frozenset({"llama.cpp", "ollama"})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a measurement was taken on. `replicas` equal replicas share the load and `concurrency`."""

    row: int
    model: str
    gpu: str
    quantization: str
    engine: str
    kv_bits: int
    link: str
    inter_link: str
    tp: int
    pp: int
    nodes: int
    replicas: int
    input_tokens: float
    output_tokens: float
    concurrency: float
    request_rate: float
    requests: float
    most_sequences: float
    mode: Mode
    year: float


class UnreadableError(Exception):
    """A measurement that cannot be predicted; its text is the reason."""


def setting(row: Measurement, catalog: Catalog, spellings: Spellings) -> Setting:
    """Return the setting of a measurement. Raises UnreadableError with the reason."""
    if row.excluded:
        raise UnreadableError(row.excluded)
    engine = _name(catalog, spellings, "engine", row.engine)
    gpu = _with_memory(catalog, _name(catalog, spellings, "gpu", row.gpu), row.gpu_memory_gb)
    model = _name(catalog, spellings, "model", row.model)
    quantization = _quantization(catalog, spellings, row, engine, gpu)
    tp, pp, copies = _parallelism(row, engine)
    nodes = max(1, -(-tp * pp * row.nodes // row.gpus)) if row.nodes > 1 else 1
    kv_dtype = find(spellings, "kv_dtype", row.kv_quant) if row.kv_quant else "auto"
    mode, inputs, outputs = _load(row)
    return Setting(
        row=row.row,
        model=model,
        gpu=gpu,
        quantization=quantization,
        engine=engine,
        kv_bits=kv_bits(kv_dtype or "auto", quantization, engine),
        link=_link(catalog, spellings, row.interconnect, gpu),
        inter_link="ib-400" if nodes > 1 else "",
        tp=tp,
        pp=pp,
        nodes=nodes,
        replicas=copies,
        input_tokens=inputs,
        output_tokens=outputs,
        concurrency=row.concurrency or 0.0,
        request_rate=row.request_rate or 0.0,
        requests=row.requests or math.inf,
        most_sequences=row.most_sequences or _default_batch(engine, decimal_year(row.source_date)),
        mode=mode,
        year=decimal_year(row.source_date),
    )


def _name(catalog: Catalog, spellings: Spellings, kind: str, text: str) -> str:
    known = {"engine": catalog.engines, "gpu": catalog.gpus, "model": catalog.models}[kind]
    if not text:
        raise UnreadableError(f"{kind} is not stated")
    exact = {name.lower(): name for name in known}.get(text.lower())
    found = exact or find(spellings, kind, text)
    if found is None or found not in known:
        raise UnreadableError(f"{kind} {text!r} is not in the catalog")
    return found


def _with_memory(catalog: Catalog, gpu: str, stated_gb: float | None) -> str:
    """Return the GPU of the same make whose memory is the stated one."""
    if stated_gb is None:
        return gpu
    make = gpu.rsplit("-", 1)[0]
    for candidate in (gpu, *(name for name in catalog.gpus if name.rsplit("-", 1)[0] == make)):
        if abs(catalog.gpus[candidate].memory_gb_marketing / stated_gb - 1) < 0.12:
            return candidate
    raise UnreadableError(f"no {make} with {stated_gb:g} GB is in the catalog")


def _quantization(catalog: Catalog, spellings: Spellings, row: Measurement, engine: str, gpu: str) -> str:
    """Return the weight format; the FP8 checkpoint runs weight-only, and FP4 is MXFP4, where the GPU asks for it.

    A blank format is read off the model's name, else it is 16 bit.
    """
    text = row.weight_quant or next(
        (tag for tag in ("FP8", "AWQ", "GPTQ", "FP4", "INT8") if tag in row.model.upper()), "BF16"
    )
    found = text if text in catalog.quantizations else find(spellings, "quantization", text)
    if not found:
        raise UnreadableError(f"weight format {text!r} is not in the catalog")
    alternatives = {
        "fp8": ("fp8", "fp8-weight-only"),
        "nvfp4": ("nvfp4", "mxfp4"),
        "awq-int4": ("awq-int4", "gptq-int4"),
        "bf16": ("bf16", "fp16"),
    }
    for candidate in alternatives.get(found, (found,)):
        if catalog.kernel(candidate, engine, catalog.gpu(gpu)):
            return candidate
    raise UnreadableError(f"no kernel for {found} on {engine} and {gpu}")


def _parallelism(row: Measurement, engine: str) -> tuple[int, int, int]:
    """Return (tp, pp, replicas). Where the source is silent, one replica spans all GPUs: llama.cpp by layers."""
    if engine in LAYER_SPLIT and row.tp is None:
        tp, pp = 1, row.pp or row.gpus
    else:
        tp, pp = row.tp or max(1, row.gpus // (row.pp or 1)), row.pp or 1
    if row.gpus % (tp * pp):
        raise UnreadableError(f"{row.gpus} GPUs are no whole number of tp {tp} x pp {pp} replicas")
    return tp, pp, row.gpus // (tp * pp)


def _link(catalog: Catalog, spellings: Spellings, text: str, gpu: str) -> str:
    found = find(spellings, "link", text) if text else "auto"
    if found == "pcie":
        return "pcie-gen5" if (catalog.gpu(gpu).pcie_gen or 4) >= 5 else "pcie-gen4"
    return found if found and found in catalog.links else default_link(catalog, gpu)


def _load(row: Measurement) -> tuple[Mode, float, float]:
    """Return (kind of load, input tokens, output tokens)."""
    if row.input_tokens is None or (row.output_tokens is None and not row.metric.startswith("ttft")):
        raise UnreadableError("input or output length is not stated")
    outputs = 1.0 if row.output_tokens is None else row.output_tokens
    if row.input_tokens + outputs < 1:
        raise UnreadableError("no tokens")
    if row.metric == "ttft_ms_p99" and not row.request_rate:
        raise UnreadableError("a percentile needs a request rate: closed loops are predicted by their mean")
    if row.concurrency:
        return ("closed" if row.online else "static"), row.input_tokens, outputs
    if row.online and not row.request_rate:
        raise UnreadableError("neither concurrency nor request rate is stated")
    return ("open" if row.online else "saturated"), row.input_tokens, outputs


def _default_batch(engine: str, year: float) -> float:
    """Return the largest batch that an engine of a year takes unless told otherwise.

    vLLM's max_num_seqs was 256 until its second engine of early 2025; later ones are limited by the coefficients.
    """
    return OLD_VLLM_BATCH if engine == "vllm" and year < OLD_VLLM_UNTIL else math.inf


def decimal_year(date: str) -> float:
    """Return `2024-11-05` as 2024.84; a year alone is its middle, no date the reference year."""
    parts = [part for part in date.replace("/", "-").split("-") if part.isdigit()]
    if not parts:
        return REFERENCE_YEAR
    month = int(parts[1]) - 0.5 if len(parts) > 1 else 6.0
    return int(parts[0]) + month / 12
