"""What fits: weights, KV cache and overhead of the fullest GPU, in GiB."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.layouts import Layouts
from optimizer.performance.shapes import Shapes, shapes
from optimizer.performance.tables import GIB, Floats, Ints

RUNTIME_GIB = 0.7
"""CUDA or HIP context and libraries of one process, read off nvidia-smi of idle engines (estimate)."""
GRAPHS_GIB = 0.5
"""CUDA-graph pools: 0.31 to 0.96 GiB in engine logs."""
STEP_TOKENS = 8192
"""Largest number of tokens in one forward pass; activations are sized for it."""
SMALL_GPU_GIB = 35
SMALL_STEP_TOKENS = 2048
"""vLLM and SGLang take smaller steps on GPUs of the 24 and 32 GB class, and so need smaller buffers there."""
LLAMA_STEP_TOKENS = 512
LOGITS_ROWS = 256
MEMORY_FRACTION = {"vllm": 0.92, "tgi": 0.92, "trt-llm": 0.9, "sglang": 0.88}
LLAMA_RESERVE_GIB = 1.0


@dataclass(frozen=True, slots=True)
class Memory:
    """GiB on the fullest GPU of a replica; `kv_gib_per_token` is the share of one token's cache on that GPU."""

    weights_gib: Floats
    overhead_gib: Floats
    usable_gib: Floats
    kv_gib_per_token: Floats

    @property
    def kv_room_gib(self) -> Floats:
        """GiB left for the KV cache; negative where the weights do not fit."""
        return self.usable_gib - self.weights_gib - self.overhead_gib


def memory(layouts: Layouts) -> Memory:
    """Return the memory bill of every layout.

    usable: vLLM takes a fraction of the GPU for everything; SGLang a fraction for weights and KV, with the
    overhead outside; TensorRT-LLM a fraction of what weights and overhead leave; llama.cpp all but 1 GiB.
    """
    return memory_of(layouts, shapes(layouts))


def memory_of(layouts: Layouts, shape: Shapes) -> Memory:
    """Return the memory bill of layouts whose shapes are at hand."""
    weights = shape.weights_per_gpu_bytes / GIB
    overhead = _overhead_gib(layouts, shape)
    total = shape.memory_bytes / GIB
    engines = tuple(layouts.catalog.engines)
    fraction = np.array([MEMORY_FRACTION.get(name, 0.9) for name in engines])[layouts.engine]
    left = np.maximum(total - weights - overhead, 0)
    usable = fraction * total
    usable = np.where(_is(layouts, "trt-llm"), np.minimum(weights + overhead + fraction * left, total), usable)
    usable = np.where(_is(layouts, "sglang"), usable + np.minimum(overhead, (1 - fraction) * total), usable)
    usable = np.where(shape.sequential, total - LLAMA_RESERVE_GIB, usable)
    layer_share = np.ceil(shape.layers / shape.pp) / shape.layers
    return Memory(weights, overhead, usable, shape.kv_bytes_per_token * layer_share / shape.kv_split / GIB)


def max_sequences(layouts: Layouts, tokens: Floats | float) -> Ints:
    """Return how many sequences of `tokens` tokens fit in the KV cache of each layout; 0 where none does."""
    return sequences_that_fit(memory(layouts), tokens)


def sequences_that_fit(bill: Memory, tokens: Floats | float) -> Ints:
    """Return how many sequences of `tokens` tokens fit, given a memory bill."""
    fitting = np.floor(np.maximum(bill.kv_room_gib, 0) / (bill.kv_gib_per_token * tokens) + 1e-9)
    return fitting.astype(np.int64)


def _overhead_gib(layouts: Layouts, shape: Shapes) -> Floats:
    """Runtime, graphs, activations of the largest step (residual, MLP and attention buffers) and the logits."""
    model = layouts.model
    width = model.moe_intermediate_size or model.intermediate_size
    small = (shape.memory_bytes / GIB < SMALL_GPU_GIB) & ~_is(layouts, "trt-llm")
    tokens = np.where(shape.sequential, LLAMA_STEP_TOKENS, np.where(small, SMALL_STEP_TOKENS, STEP_TOKENS))
    per_token = 4 * model.hidden_size + (3 * width + 2 * shape.query_width) / shape.tp
    logits = LOGITS_ROWS * model.vocab_size * 4
    graphs = np.where(shape.sequential, 0.0, GRAPHS_GIB)
    buffers = np.where(shape.tp > 1, 1.3, 0.0)
    return np.asarray(RUNTIME_GIB + graphs + buffers + (tokens * per_token * 2 + logits) / GIB)


def _is(layouts: Layouts, engine_id: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.array([name == engine_id for name in layouts.catalog.engines])[layouts.engine]
