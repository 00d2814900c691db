"""Estimates: a value with its 80% interval, and the memory bill of a replica."""

from dataclasses import dataclass

from optimizer.performance.intervals import interval, trust_in
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import memory, sequences_that_fit
from optimizer.performance.own.effect import OwnEffect
from optimizer.performance.tables import GIB, Floats, Ints


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 80% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MemoryBill:
    """What a replica holds: weights, KV and overhead over all its GPUs; used and usable of its fullest GPU."""

    weights_gib: float
    kv_cache_gib: float
    overhead_gib: float
    used_gib_per_gpu: float
    usable_gib_per_gpu: float
    max_concurrent_sequences: int


def estimate(
    layouts: Layouts,
    metric: str,
    value: Floats,
    scale: float = 1.0,
    own: OwnEffect | None = None,
    kinds: Ints | None = None,
) -> Estimate:
    """Return the estimate of one layout's metric, a field of Load, in units of 1 / `scale`.

    `own` is the effect of the user's own runs on that load, `kinds` the layout's `evidence_kinds` where they are known.
    """
    low, high = interval(layouts, metric, value, kinds=kinds, trust=trust_in(own, metric))
    return Estimate(float(value[0]) * scale, float(low[0]) * scale, float(high[0]) * scale)


def memory_bill(layouts: Layouts, tokens: float, sequences: int) -> MemoryBill:
    """Return the bill of one layout that holds `sequences` of `tokens` tokens.

    Weights, KV and overhead are those of the whole replica; used and usable are of its fullest GPU.
    """
    bill, gpus = memory(layouts), int(layouts.gpus[0])
    quantization = tuple(layouts.catalog.quantizations.values())[int(layouts.quantization[0])]
    weights_gib = quantization.weight_bytes(layouts.model) / GIB
    cache_per_gpu = float(bill.kv_gib_per_token[0]) * tokens * sequences
    used = float(bill.weights_gib[0]) + cache_per_gpu + float(bill.overhead_gib[0])
    kv_bytes = layouts.model.kv_cache_bytes_per_token_16bit * int(layouts.kv_bits[0]) / 16
    return MemoryBill(
        weights_gib=weights_gib,
        kv_cache_gib=kv_bytes * tokens * sequences / GIB,
        overhead_gib=float(bill.overhead_gib[0]) * gpus,
        used_gib_per_gpu=used,
        usable_gib_per_gpu=float(bill.usable_gib[0]),
        max_concurrent_sequences=int(sequences_that_fit(bill, tokens)[0]),
    )
