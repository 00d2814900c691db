"""Rules of memory: weights and KV cache by hand, the rest from the physics, all of it within the GPU."""

import math
from collections.abc import Iterator
from fractions import Fraction

from catalog import Catalog, Model, Quantization
from optimizer.demand import demand_of
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.memory import memory, sequences_that_fit
from optimizer.verifying.serving import layouts_of, running_sequences, shown_amounts_of
from pricing.offers import Snapshot

GIB = 2**30
TOLERANCE = 0.002


def memory_rules(plan: Plan, snapshot: Snapshot, catalog: Catalog) -> Iterator[str]:
    """Yield memory bills that the arithmetic does not bear out."""
    model = catalog.model(plan.request.model)
    for number, line in enumerate(plan.lines, start=1):
        for broken in (*_by_hand(line, plan, model, catalog), *_by_physics(line, plan, catalog)):
            yield f"line {number}: {broken}"


def _by_hand(line: Line, plan: Plan, model: Model, catalog: Catalog) -> Iterator[str]:
    weights_gib = float(_weight_bits(model, catalog.quantizations[line.quantization]) / 8 / GIB)
    if _differs(line.memory.weights_gib, weights_gib):
        yield f"weights_gib is {line.memory.weights_gib:.3f}, the arithmetic gives {weights_gib:.3f}"
    bits = 8 if line.kv_dtype.startswith(("fp8", "q8")) else 16
    per_token = Fraction(model.kv_cache_bytes_per_token_16bit * bits, 16)
    sequences = running_sequences(line, plan, catalog)
    needed = float(per_token) * _mean_tokens(line, plan, catalog) * sequences / GIB
    if _differs(line.memory.kv_cache_gib, needed):
        yield f"kv_cache_gib is {line.memory.kv_cache_gib:.3f}, {sequences} sequences need {needed:.3f}"


def _by_physics(line: Line, plan: Plan, catalog: Catalog) -> Iterator[str]:
    layouts, bill = layouts_of(line, plan.request.model, catalog), line.memory
    facts, gpus = memory(layouts), line.tensor_parallel * line.pipeline_parallel
    cached_gib = (
        bill.kv_cache_gib / max(1e-12, _kv_gib_per_token(line, plan, catalog)) * float(facts.kv_gib_per_token[0])
    )
    used = float(facts.weights_gib[0] + facts.overhead_gib[0]) + cached_gib
    fit = int(sequences_that_fit(facts, _mean_tokens(line, plan, catalog))[0])
    for name, claimed, real in (
        ("overhead_gib", bill.overhead_gib, float(facts.overhead_gib[0]) * gpus),
        ("usable_gib_per_gpu", bill.usable_gib_per_gpu, float(facts.usable_gib[0])),
        ("used_gib_per_gpu", bill.used_gib_per_gpu, used),
    ):
        if _differs(claimed, real):
            yield f"{name} is {claimed:.3f}, the physics gives {real:.3f}"
    if bill.used_gib_per_gpu > bill.usable_gib_per_gpu * (1 + 1e-9):
        yield f"{bill.used_gib_per_gpu:.1f} GiB used per GPU, {bill.usable_gib_per_gpu:.1f} usable"
    if bill.usable_gib_per_gpu > catalog.gpus[line.gpu].memory_gib:
        yield f"{bill.usable_gib_per_gpu:.1f} GiB usable of a GPU of {catalog.gpus[line.gpu].memory_gib:.1f}"
    if bill.max_concurrent_sequences != fit:
        yield f"max_concurrent_sequences is {bill.max_concurrent_sequences}, {fit} fit"


def _mean_tokens(line: Line, plan: Plan, catalog: Catalog) -> float:
    """Return the tokens of a request of a line's own mix, on average."""
    demand = demand_of(plan.request, catalog.model(plan.request.model))
    amounts = shown_amounts_of(line, demand, layouts_of(line, plan.request.model, catalog))
    tokens = (size.tokens * amount for size, amount in zip(demand.sizes, amounts, strict=True))
    return math.fsum(tokens) / math.fsum(amounts)


def _weight_bits(model: Model, row: Quantization) -> Fraction:
    """Linear layers at the block's width and the rest at its own, or all at the file's average."""
    if row.embedding_bits is None:
        return Fraction(model.params_total) * Fraction(str(row.bits_per_weight))
    rest = model.params_total - model.quantizable_linear_params
    block = model.quantizable_linear_params * Fraction(str(row.bits_per_weight_block))
    return block + rest * Fraction(str(row.embedding_bits))


def _kv_gib_per_token(line: Line, plan: Plan, catalog: Catalog) -> float:
    """GiB of one token's cache over the whole replica, counted once however often it is replicated."""
    bits = 8 if line.kv_dtype.startswith(("fp8", "q8")) else 16
    return catalog.model(plan.request.model).kv_cache_bytes_per_token_16bit * bits / 16 / GIB


def _differs(claimed: float, real: float) -> bool:
    return abs(claimed - real) > TOLERANCE * abs(real) + 1e-9
