"""The facts: one frozen type per table, one field per column, units in the names.

A field is named as its CSV column. GiB = 2^30 bytes, GB = 10^9 bytes; TFLOPS and TOPS are dense (no sparsity).
`estimated_fields` (`assumed_fields` for models) lists the columns of a row that were not read in its sources.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from catalog.fields import (
    Counts,
    Flag,
    Id,
    Maybe,
    MaybePositive,
    MaybePositiveInt,
    MaybeText,
    Names,
    Positive,
    PositiveInt,
    SourceId,
    Text,
)

QualityTier = Literal["lossless", "near-lossless", "good", "degraded", "severe"]
QUALITY_TIERS: tuple[QualityTier, ...] = ("lossless", "near-lossless", "good", "degraded", "severe")
ComputeDtype = Literal["bf16", "fp16", "fp8", "int8", "fp4"]
Verdict = Literal["agrees", "disagrees", "cannot be checked"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read; `kind` is `estimate` where nobody published it."""

    source_id: Id
    title: Text
    location: Text
    publisher: Text
    kind: Text
    retrieved_or_dated: Text


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU model of one form factor: SXM, PCIe and NVL are different GPUs.

    `memory_gib` is what the driver reports. Rates are per GPU; link bandwidths are per GPU and direction.
    """

    gpu_id: Id
    status: Literal["supported", "unsupported-named"]
    vendor: Text
    architecture: Text
    compute_capability: Text
    memory_mib: Annotated[int, Field(ge=1024, le=2**21)]
    memory_gib: Annotated[float, Field(ge=1, le=2048)]
    memory_gb_marketing: Annotated[int, Field(ge=1, le=2048)]
    hbm_bandwidth_gb_s: Annotated[float, Field(ge=50, le=50_000)]
    tflops_fp32: MaybePositive
    tflops_tf32: MaybePositive
    tflops_fp16: MaybePositive
    tflops_bf16: MaybePositive
    tflops_fp8: MaybePositive
    int8_tops: MaybePositive
    tflops_fp4: MaybePositive
    nvlink_generation: MaybePositiveInt
    nvlink_bandwidth_gb_s_per_direction: MaybePositive
    pcie_gen: MaybePositiveInt
    pcie_gb_s_per_direction: MaybePositive
    tdp_w: MaybePositive
    source_id: SourceId
    extra_source_ids: Names
    estimated_fields: Names
    note: str

    def tflops(self, dtype: ComputeDtype) -> float | None:
        """Return the dense peak of `dtype` in TFLOPS (TOPS for int8), or None without such a tensor core."""
        rates = {
            "bf16": self.tflops_bf16,
            "fp16": self.tflops_fp16,
            "fp8": self.tflops_fp8,
            "int8": self.int8_tops,
            "fp4": self.tflops_fp4,
        }
        return rates[dtype]


@dataclass(frozen=True, slots=True)
class Link:
    """A GPU-to-GPU or node-to-node link; bus bandwidth as nccl-tests defines it."""

    link_id: Id
    scope: Literal["intra-node", "intra-domain", "inter-node"]
    link_generation: Text
    example: Text
    bandwidth_gb_s_per_direction: Positive
    all_reduce_busbw_gb_s: Positive
    busbw_gpus: PositiveInt
    busbw_message: Text
    all_reduce_latency_us: Positive
    latency_gpus: PositiveInt
    latency_message: Text
    latency_method: Text
    source_id: SourceId
    extra_source_ids: Names
    estimated_fields: Names
    note: str


@dataclass(frozen=True, slots=True)
class Instance:
    """A rentable shape. `rentable_gpu_counts` has several counts where the price is per GPU.

    `intra_link_id` joins the GPUs of one instance (None: one GPU), `inter_link_id` joins instances (None: not usable).
    """

    provider: Id
    instance_type: Text
    gpu_id: Id
    gpu_count: Annotated[int, Field(ge=1, le=72)]
    rentable_gpu_counts: Counts
    vcpus: MaybePositive
    ram_gib: MaybePositive
    local_nvme_gib: MaybePositive
    intra_link_id: MaybeText
    inter_link_id: MaybeText
    inter_node_network: Text
    inter_node_gbps: MaybePositive
    rdma: Flag
    source_id: SourceId
    extra_source_ids: Names
    estimated_fields: Names
    note: str


@dataclass(frozen=True, slots=True)
class Model:
    """A language model's shape; `kv_cache_bytes_per_token_16bit` is over all layers, halved by an 8-bit cache."""

    model_id: Id
    family: Text
    hf_repo: Text
    params_total: PositiveInt
    params_active: PositiveInt
    layers: Annotated[int, Field(ge=1, le=1000)]
    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    attention_heads: PositiveInt
    kv_heads: PositiveInt
    head_dim: PositiveInt
    vocab_size: PositiveInt
    max_context: PositiveInt
    tied_embeddings: Flag
    dense_or_moe: Literal["dense", "moe"]
    experts: Annotated[int, Field(ge=0)]
    experts_per_token: Annotated[int, Field(ge=0)]
    shared_experts: Annotated[int, Field(ge=0)]
    moe_layers: Annotated[int, Field(ge=0)]
    moe_intermediate_size: MaybePositiveInt
    attention_kind: Literal["gqa", "gqa-chunked", "gqa-sliding", "gqa-local", "mla"]
    kv_cache_bytes_per_token_16bit: PositiveInt
    embedding_params: PositiveInt
    quantizable_linear_params: PositiveInt
    license: Text
    assumed_fields: Names
    source_id: SourceId
    extra_source_ids: Names
    note: str


@dataclass(frozen=True, slots=True)
class Quantization:
    """A weight format.

    `bits_per_weight_block` is the bare format. With `embedding_bits`, everything outside the quantizable linear
    layers is stored at that width; without it (GGUF), `bits_per_weight` is the average over the whole file.
    """

    quantization_id: Id
    family: Literal["unquantized", "fp8", "int8", "int4", "fp4", "gguf"]
    bits_per_weight: Annotated[float, Field(ge=1, le=32)]
    bits_per_weight_block: Annotated[float, Field(ge=1, le=32)]
    embedding_bits: MaybePositive
    unquantized_parts: Text
    kv_cache_dtypes: Names
    recovery_percent: Annotated[Annotated[float, Field(gt=0, le=101)] | None, Maybe]
    perplexity_increase_percent: Annotated[Annotated[float, Field(ge=0)] | None, Maybe]
    quality_benchmark: Text
    quality_tier: QualityTier
    llama_405b_size_gb: Positive
    source_id: SourceId
    extra_source_ids: Names
    estimated_fields: Names
    note: str

    def weight_bytes(self, model: Model) -> float:
        """Return the bytes of `model` stored in this format: linear layers at the block's width, the rest apart."""
        if self.embedding_bits is None:
            return model.params_total * self.bits_per_weight / 8
        rest = model.params_total - model.quantizable_linear_params
        return (model.quantizable_linear_params * self.bits_per_weight_block + rest * self.embedding_bits) / 8


@dataclass(frozen=True, slots=True)
class Kernel:
    """A format that an engine runs on some compute capabilities and with what dtype; `moe`: for experts only."""

    quantization_id: Id
    engine_id: Id
    compute_capabilities: Names
    compute_dtype: ComputeDtype
    models: Literal["any", "moe"]
    source_id: SourceId
    estimated_fields: Names
    note: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """How often spot instances are taken back: a fraction of them, low to high, in `per_hours`.

    A blank provider, region or type stands for any. A band without an upper end (`over 20 %`) ends at twice its low.
    """

    provider: MaybeText
    region: MaybeText
    instance_type: MaybeText
    fraction_low: Annotated[float, Field(ge=0, lt=1)]
    fraction_high: Annotated[Annotated[float, Field(gt=0, lt=1)] | None, Maybe]
    per_hours: Positive
    observed_on: MaybeText
    source_id: SourceId
    estimated_fields: Names
    note: str

    @property
    def per_hour(self) -> float:
        """Return the interruptions of one instance per hour, -ln(1 - fraction) / hours, at the band's upper end."""
        fraction = min(0.99, 2 * self.fraction_low) if self.fraction_high is None else self.fraction_high
        return -math.log1p(-fraction) / self.per_hours


@dataclass(frozen=True, slots=True)
class Engine:
    """A serving engine, its parallelism rules, its memory fraction and the names of its launch flags."""

    engine_id: Id
    parallelism: Names
    tp_sizes_rule: Text
    pp_rule: Text
    memory_fraction_flag: MaybeText
    memory_fraction_default: Annotated[Annotated[float, Field(gt=0, le=1)] | None, Maybe]
    memory_fraction_meaning: Text
    min_compute_capability: Positive
    vendors: Names
    launch_command: Text
    launch_flags: Text
    weight_formats: Names
    kv_cache_dtypes: Names
    speculative_decoding: Text
    continuous_batching: Text
    multi_node: Text
    source_id: SourceId
    extra_source_ids: Names
    estimated_fields: Names
    note: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A checkable statement of the model card, and our verdict on it.

    `value`..`value_high` in `unit`; `check` names how it is checked, `arguments` the inputs of that check.
    """

    claim_id: Id
    where_in_card: Text
    claim: Text
    value: Annotated[float | None, Maybe]
    value_high: Annotated[float | None, Maybe]
    unit: str
    check: Text
    arguments: Names
    verdict: Verdict
    because: str
    source_id: SourceId


@dataclass(frozen=True, slots=True)
class Alias:
    """Another spelling of a catalog id, as people and benchmarks write it."""

    kind: Literal["gpu", "model", "quantization", "engine", "kv_dtype", "provider", "region"]
    alias: Text
    canonical_id: Text
    source_id: SourceId
    note: str
