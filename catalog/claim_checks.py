"""What each kind of claim is checked against: the functions that recompute it from the catalog.

Memory is weights and KV cache of one user, under what the engine leaves to them of each GPU.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from catalog.errors import InvalidInputError, UnknownNameError
from catalog.facts import Claim, Engine, Gpu, Model, Quantization
from catalog.loading import Catalog

CARD_MODEL = "llama-4-405b"
CARD_CONTEXT_TOKENS = "4096"
KV_BITS_OF_THE_CATALOG = 16
FREE_GIB_WITHOUT_FRACTION = 1.0  # llama.cpp leaves 1024 MiB free on each device (its server README)
RUNTIME_GIB = 1.0  # driver context, libraries and compute buffers on each GPU (estimate)
GIB = 2**30
GB = 10**9
MB = 10**6


class Case:
    """A claim with the facts that its arguments name: `gpu=RTX-A6000-48GB;gpus=4;quantization=q2_k`."""

    def __init__(self, catalog: Catalog, claim: Claim) -> None:
        self.catalog = catalog
        self.claim = claim
        self._arguments = dict(argument.split("=", 1) for argument in claim.arguments)

    def text(self, name: str, default: str | None = None) -> str:
        """Return one argument. Raises InvalidInputError where it is missing and has no default."""
        value = self._arguments.get(name, default)
        if value is None:
            raise InvalidInputError(f"claim {self.claim.claim_id}: argument {name!r} is missing", f"write {name}=...")
        return value

    def numbers(self, name: str) -> list[float]:
        """Return an argument that lists numbers, `231|12`."""
        return [float(part) for part in self.text(name).split("|")]

    @property
    def model(self) -> Model:
        """The model, by default that of the card."""
        return self.catalog.model(self.text("model", CARD_MODEL))

    @property
    def quantization(self) -> Quantization:
        """The weight format."""
        return self.catalog.quantization(self.text("quantization"))

    @property
    def engine(self) -> Engine:
        """The serving engine."""
        return self.catalog.engine(self.text("engine"))

    @property
    def gpu(self) -> Gpu:
        """The GPU."""
        return self.catalog.gpu(self.text("gpu"))

    @property
    def gpus(self) -> int:
        """How many GPUs hold the model."""
        return int(self.text("gpus", "1"))

    @property
    def tokens(self) -> int:
        """The context of one user, in tokens."""
        return int(self.text("tokens", CARD_CONTEXT_TOKENS))

    @property
    def weight_bytes(self) -> float:
        """The weights in this format."""
        return self.quantization.weight_bytes(self.model)

    @property
    def kv_bytes_per_token(self) -> float:
        """The KV cache of one token over all layers, at `kv_bits` (default 16)."""
        bits = int(self.text("kv_bits", str(KV_BITS_OF_THE_CATALOG)))
        return self.model.kv_cache_bytes_per_token_16bit * bits / KV_BITS_OF_THE_CATALOG

    @property
    def needed_bytes(self) -> float:
        """Weights and KV cache of one user."""
        return self.weight_bytes + self.kv_bytes_per_token * self.tokens

    @property
    def usable_bytes(self) -> float:
        """What weights and KV may take: an explicit `pool_gib`, or the GPUs less what the engine leaves free."""
        pool_gib = self.text("pool_gib", "")
        return float(pool_gib) * GIB if pool_gib else self.gpus * usable_bytes(self.gpu, self.engine)


def usable_bytes(gpu: Gpu, engine: Engine) -> float:
    """Return the bytes of one GPU that an engine leaves to weights and KV cache by default."""
    if engine.memory_fraction_default is None:
        return (gpu.memory_gib - FREE_GIB_WITHOUT_FRACTION - RUNTIME_GIB) * GIB
    return (gpu.memory_gib * engine.memory_fraction_default - RUNTIME_GIB) * GIB


def _vram_gb(case: Case) -> float:
    """Return the memory to buy, so that what the engine leaves of it holds weights and KV cache."""
    fraction = case.engine.memory_fraction_default
    runtime = case.needed_bytes + case.gpus * RUNTIME_GIB * GIB
    return (runtime / fraction if fraction else runtime + case.gpus * FREE_GIB_WITHOUT_FRACTION * GIB) / GB


def _overhead_percent(case: Case) -> float:
    """Return KV cache and what the engine takes or leaves free of the GPUs, in percent of the weights."""
    taken = case.gpus * case.gpu.memory_gib * GIB - case.usable_bytes
    return (taken + case.kv_bytes_per_token * case.tokens) / case.weight_bytes * 100


def _context_that_fits(case: Case) -> float:
    """Return the longest context of one user, to the thousand below."""
    tokens = (case.usable_bytes - case.weight_bytes) / case.kv_bytes_per_token
    return tokens // 1000 * 1000


def _fewest_gpus(case: Case) -> float:
    """Return how many GPUs of the best kind hold the model in any format with a kernel; `only` names the kinds."""
    names = [name for name in case.text("only", "").split("|") if name]
    gpus = [case.catalog.gpu(name) for name in names] or list(case.catalog.gpus.values())
    return min(
        math.ceil(needed / usable_bytes(gpu, engine))
        for needed, engine, capabilities in _runnable_formats(case)
        for gpu in gpus
        if gpu.status == "supported" and gpu.compute_capability in capabilities
    )


def _runnable_formats(case: Case) -> Iterator[tuple[float, Engine, tuple[str, ...]]]:
    """Yield (needed bytes, engine, compute capabilities) of every kernel."""
    kv = case.kv_bytes_per_token * case.tokens
    for kernel in case.catalog.kernels:
        weights = case.catalog.quantization(kernel.quantization_id).weight_bytes(case.model)
        yield weights + kv, case.catalog.engine(kernel.engine_id), kernel.compute_capabilities


def _flag_default(case: Case) -> float:
    """Return the number printed after a flag of an engine: `FLAG (default 4096)`."""
    flag = case.text("flag")
    printed = re.search(re.escape(flag) + r" \(default (\d+)\)", case.engine.launch_flags)
    if printed is None:
        raise UnknownNameError(f"default of {case.engine.engine_id}", flag, case.engine.launch_flags.split("; "))
    return float(printed[1])


FIGURES: Mapping[str, tuple[str, Callable[[Case], float]]] = MappingProxyType(
    {
        "weights_gb": ("GB", lambda case: case.weight_bytes / GB),
        "bits_per_weight": ("bits", lambda case: case.weight_bytes * 8 / case.model.params_total),
        "bytes_per_parameter": ("bytes", lambda case: case.weight_bytes / case.model.params_total),
        "kv_mb_per_token": ("MB", lambda case: case.kv_bytes_per_token / MB),
        "kv_mb_per_token_and_layer": ("MB", lambda case: case.kv_bytes_per_token / case.model.layers / MB),
        "kv_gb": ("GB", lambda case: case.kv_bytes_per_token * case.tokens / GB),
        "weights_and_kv_gb": ("GB", lambda case: case.needed_bytes / GB),
        "vram_gb": ("GB", _vram_gb),
        "overhead_percent": ("%", _overhead_percent),
        "layers": ("layers", lambda case: case.model.layers),
        "max_context": ("tokens", lambda case: case.model.max_context),
        "context_that_fits": ("tokens", _context_that_fits),
        "params": ("billion", lambda case: case.model.params_total / 1e9),
        "active_params": ("billion", lambda case: case.model.params_active / 1e9),
        "gpu_pool_gb": ("GB", lambda case: case.gpus * case.gpu.memory_gb_marketing),
        "times_too_small": ("times", lambda case: case.weight_bytes / GB / (case.gpus * case.gpu.memory_gb_marketing)),
        "fewest_gpus": ("GPUs", _fewest_gpus),
        "flag_default": ("tokens", _flag_default),
        "card_sum_gb": ("GB", lambda case: sum(case.numbers("terms"))),
        "card_product_gb": ("GB", lambda case: math.prod(case.numbers("factors"))),
    }
)


def _compute_bound(case: Case) -> tuple[float, bool]:
    """Find the batch at which multiplying takes as long as reading the weights; decoding one user is a batch of 1."""
    kernel = case.catalog.kernel(case.quantization.quantization_id, case.engine.engine_id, case.gpu)
    tflops = kernel and case.gpu.tflops(kernel.compute_dtype)
    if not tflops:
        raise InvalidInputError(f"{case.engine.engine_id} does not run {case.text('quantization')} on this GPU")
    flop_per_byte = tflops * 1e12 / (case.gpu.hbm_bandwidth_gb_s * GB)
    batch = flop_per_byte * case.weight_bytes / (2 * case.model.params_active)
    return batch, batch <= 1


def _draft_cuts_first_token(case: Case) -> tuple[float, bool]:
    """Find the added prefill of a draft model in percent: the large model still reads the whole prompt itself."""
    added = case.catalog.model(case.text("draft")).params_active / case.model.params_active * 100
    return added, added < 0


def _dearer_than(case: Case) -> tuple[float, bool]:
    ratio = case.model.params_active / case.catalog.model(case.text("other")).params_active
    return ratio, ratio > 1


def _tensor_parallel_runs(case: Case) -> tuple[float, bool]:
    tp, model = int(case.text("tp")), case.model
    kernel = case.catalog.kernel(case.quantization.quantization_id, case.engine.engine_id, case.gpu)
    divides = model.attention_heads % tp == 0 and max(model.kv_heads, tp) % min(model.kv_heads, tp) == 0
    return model.kv_heads / tp, divides and kernel is not None and "tp" in case.engine.parallelism


def _joined_by_nvlink(case: Case) -> tuple[float, bool]:
    shapes = [shape for shape in case.catalog.instances.values() if shape.gpu_id == case.gpu.gpu_id]
    several = [shape for shape in shapes if max(shape.rentable_gpu_counts) > 1]
    without = [shape for shape in several if not (shape.intra_link_id or "").startswith("nv")]
    return len(without), bool(several) and not without


def _slower_link(case: Case) -> tuple[float, bool]:
    fast, slow = case.catalog.link(case.text("fast")), case.catalog.link(case.text("slow"))
    ratio = fast.all_reduce_busbw_gb_s / slow.all_reduce_busbw_gb_s
    return ratio, ratio > 1


STATEMENTS: Mapping[str, tuple[str, Callable[[Case], tuple[float | None, bool]]]] = MappingProxyType(
    {
        "fits": ("GiB", lambda case: (case.needed_bytes / GIB, case.needed_bytes <= case.usable_bytes)),
        "does_not_fit": ("GiB", lambda case: (case.needed_bytes / GIB, case.needed_bytes > case.usable_bytes)),
        "no_single_gpu": ("GPUs", lambda case: (_fewest_gpus(case), _fewest_gpus(case) > 1)),
        "compute_bound": ("sequences", _compute_bound),
        "draft_cuts_first_token": ("%", _draft_cuts_first_token),
        "dearer_than": ("times", _dearer_than),
        "tensor_parallel_runs": ("KV heads per GPU", _tensor_parallel_runs),
        "joined_by_nvlink": ("shapes without", _joined_by_nvlink),
        "slower_link": ("times", _slower_link),
        "quality_tier": (
            "%",
            lambda case: (
                case.quantization.perplexity_increase_percent,
                case.quantization.quality_tier == case.text("tier"),
            ),
        ),
        "engine_names": ("", lambda case: (None, case.text("flag") in case.engine.launch_flags)),
        "engine_lacks": ("", lambda case: (None, case.text("flag") not in case.engine.launch_flags)),
        "product_exists": ("", lambda case: (None, case.text("gpu") in case.catalog.gpus)),
    }
)
