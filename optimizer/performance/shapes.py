"""What the physics needs of a layout, as plain arrays: bytes, FLOP and bandwidths per GPU and pipeline stage."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from catalog import Model
from optimizer.performance.layouts import Layouts
from optimizer.performance.tables import LINK_KINDS, Bools, Floats, Ints, Tables, tables

SEQUENTIAL_ENGINES = frozenset({"llama.cpp", "ollama"})
PCIE_BUSBW_BY_GEN = {3: 8e9, 4: 15e9, 5: 24e9, 6: 40e9}
PCIE_LATENCY_S = 27.5e-6
ATTENTION_DEALERS = frozenset({"trt-llm"})
ROW_SPLIT_SYNCS = 32.0
"""All-reduces per layer that llama.cpp's row split is worth: about 8 gathers launched outside a graph (estimate)."""
ATTENTION_WINDOWS = {"gqa-chunked": (8192, 0.25), "gqa-sliding": (128, 0.5), "gqa-local": (1024, 1 / 6)}


@dataclass(frozen=True, slots=True)
class Shapes:
    """One row per layout, of any mix of models. Sizes are of the whole replica unless named `per_gpu`.

    `layers` .. `window_full_share` describe the model, the rest the layout. Index columns point into the catalog.
    `repeated_params` are the weights that a step reads again on every further GPU of a group (attention, where the
    group deals requests among its GPUs), `expert_shallowness` the mean of 1 / depth of an expert's products.
    """

    layers: Floats
    hidden: Floats
    query_width: Floats
    fixed_params: Floats
    expert_params: Floats
    experts: Floats
    experts_per_token: Floats
    head_params: Floats
    repeated_params: Floats
    expert_shallowness: Floats
    kv_bytes_per_token: Floats
    window_tokens: Floats
    window_full_share: Floats
    linear_bytes_per_param: Floats
    head_bytes: Floats
    kv_split: Floats
    deals_requests: Bools
    reduces_per_layer: Floats
    weights_per_gpu_bytes: Floats
    memory_bytes: Floats
    bandwidth: Floats
    peak_flops: Floats
    dense_flops: Floats
    fp32_flops: Floats
    dequantizes: Bools
    tp: Floats
    pp: Floats
    sequential: Bools
    link_kind: Ints
    busbw: Floats
    latency_s: Floats
    hop_bandwidth: Floats
    hop_latency_s: Floats
    engine: Ints
    vendor: Ints
    architecture: Ints
    dtype: Ints
    gpu: Ints
    link: Ints

    def __len__(self) -> int:
        return len(self.tp)

    def take(self, rows: Bools | Ints) -> "Shapes":
        """Return the rows of a mask or an index array."""
        return Shapes(*(getattr(self, field.name)[rows] for field in fields(self)))


def join_shapes(parts: list[Shapes]) -> Shapes:
    """Return the rows of several Shapes, one after the other."""
    return Shapes(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Shapes)))


def no_shapes() -> Shapes:
    """Return Shapes without rows."""
    whole = {"link_kind", "engine", "vendor", "architecture", "dtype", "gpu", "link"}
    yes_no = {"dequantizes", "deals_requests", "sequential"}
    return Shapes(
        *(np.zeros(0, np.int64 if f.name in whole else bool if f.name in yes_no else float) for f in fields(Shapes))
    )


def shapes(layouts: Layouts) -> Shapes:
    """Gather the numbers of every layout."""
    known, model = tables(layouts.catalog), layouts.model
    linear_bytes = known.weight_bits[layouts.quantization] / 8
    head_bytes = model.vocab_size * model.hidden_size * known.rest_bits[layouts.quantization] / 8
    link_kind, busbw, latency = group_link(layouts, known)
    hop_bandwidth, hop_latency = stage_hop(layouts, known, link_kind)
    sequential = np.array([name in SEQUENTIAL_ENGINES for name in known.engine_ids])[layouts.engine]
    deals = deals_requests(layouts, known)
    repeated = np.where(deals, (layouts.tp - 1.0) * attention_params(layouts.model), 0.0)
    return Shapes(
        **_model_columns(model, len(layouts)),
        **_gpu_columns(layouts, known),
        kv_bytes_per_token=model.kv_cache_bytes_per_token_16bit * layouts.kv_bits / 16.0,
        linear_bytes_per_param=linear_bytes,
        head_bytes=head_bytes,
        repeated_params=repeated,
        expert_shallowness=expert_shallowness(layouts, deals),
        kv_split=kv_split(layouts, sequential, deals),
        deals_requests=deals,
        reduces_per_layer=np.where(sequential, ROW_SPLIT_SYNCS, 2.0),
        weights_per_gpu_bytes=fullest_stage_bytes(layouts, linear_bytes, head_bytes)
        + repeated * linear_bytes / layouts.gpus,
        tp=layouts.tp.astype(float),
        pp=layouts.pp.astype(float),
        sequential=sequential,
        link_kind=link_kind,
        busbw=busbw,
        latency_s=latency,
        hop_bandwidth=hop_bandwidth,
        hop_latency_s=hop_latency,
        engine=layouts.engine,
        link=layouts.link,
    )


def _model_columns(model: Model, n: int) -> dict[str, Any]:
    """Return what describes the model, the same in every row."""
    expert_params = params_per_expert(model)
    window, full_share = ATTENTION_WINDOWS.get(model.attention_kind, (np.inf, 1.0))
    values = {
        "layers": model.layers,
        "hidden": model.hidden_size,
        "query_width": model.attention_heads * model.head_dim,
        "fixed_params": model.quantizable_linear_params - expert_params * model.experts,
        "expert_params": expert_params,
        "experts": max(model.experts, 1),
        "experts_per_token": max(model.experts_per_token, 1),
        "head_params": model.vocab_size * model.hidden_size,
        "window_tokens": window,
        "window_full_share": full_share,
    }
    return {name: np.full(n, float(value)) for name, value in values.items()}


def _gpu_columns(layouts: Layouts, known: Tables) -> dict[str, Any]:
    """Return what describes the GPU and the arithmetic that the weight format gets on it.

    Rates are 1 rather than 0 where there is no kernel, so that impossible layouts have huge but finite times.
    """
    gpu, dtype = layouts.gpu, known.kernel_dtype[layouts.gpu, layouts.quantization, layouts.engine]
    return {
        "memory_bytes": known.memory_bytes[gpu],
        "bandwidth": known.bandwidth[gpu],
        "peak_flops": np.maximum(known.peak_flops[gpu, np.maximum(dtype, 0)], 1.0),
        "dense_flops": np.maximum(known.peak_flops[gpu, :2].max(axis=1), 1.0),
        "fp32_flops": np.maximum(known.fp32_flops[gpu], 1.0),
        "dequantizes": (known.weight_bits[layouts.quantization] < 7.9) & (dtype <= 1),
        "vendor": known.vendor[gpu],
        "architecture": known.architecture[gpu],
        "dtype": dtype,
        "gpu": gpu,
    }


def params_per_expert(model: Model) -> float:
    """Return the parameters of one routed expert over all layers; total - active = (experts - used) x expert."""
    unused = model.experts - model.experts_per_token
    return (model.params_total - model.params_active) / unused if unused > 0 else 0.0


def fullest_stage_bytes(layouts: Layouts, linear_bytes: Floats, head_bytes: Floats) -> Floats:
    """Return the weight bytes of one GPU of the fullest pipeline stage.

    Layers are dealt in whole numbers; the embedding is on the first stage and the head on the last.
    """
    model = layouts.model
    stage_share = np.ceil(model.layers / layouts.pp) / model.layers
    ends = np.where((layouts.pp == 1) & (not model.tied_embeddings), 2.0, 1.0) * head_bytes
    return (model.quantizable_linear_params * linear_bytes * stage_share + ends) / layouts.tp


def group_link(layouts: Layouts, known: Tables) -> tuple[Ints, Floats, Floats]:
    """Return (link kind, all-reduce bus bandwidth in bytes/s, latency in s) of each tensor-parallel group.

    Bandwidth against group size t, fitted by eye to the catalog's nccl-tests figures: a switch gives 78 % up to
    4 GPUs (no in-switch reduction), a fabric of point-to-point links (t-1)/7, PCIe falls as t^-0.35.
    A bridged pair serves 2 GPUs; larger groups cross PCIe. A group over several nodes uses the network.
    """
    switch, fabric, pair, pcie, network = (
        LINK_KINDS.index(kind) for kind in ("switch", "fabric", "pair", "pcie", "network")
    )
    crosses_nodes = layouts.tp > layouts.gpus_per_node
    link = np.where(crosses_nodes, layouts.inter_link, layouts.link)
    kind, t = known.link_kind[link], layouts.tp.astype(float)
    busbw, latency = known.link_busbw[link], known.link_latency_s[link]
    broken_pair = (kind == pair) & (t > 2)
    by_gen = np.array([PCIE_BUSBW_BY_GEN.get(int(gen), 8e9) for gen in known.pcie_gen])[layouts.gpu]
    busbw, latency = np.where(broken_pair, by_gen, busbw), np.where(broken_pair, PCIE_LATENCY_S, latency)
    kind = np.where(broken_pair, pcie, kind)
    peers = (t - 1) / 7
    busbw = busbw * _narrowed(layouts, known, link, kind)
    busbw = busbw * np.where(
        kind == pcie,
        (8 / t) ** 0.35,
        np.where(kind == fabric, np.minimum(1, peers), np.where((kind == switch) & (t <= 4), 0.78, 1.0)),
    )
    latency = latency * np.where(kind == pcie, peers, np.where(np.isin(kind, (network, pair)), 1.0, 0.5 + 0.5 * peers))
    return kind, busbw, latency


def _narrowed(layouts: Layouts, known: Tables, link: Ints, kind: Ints) -> Floats:
    """Return the share of a switch's or mesh's bandwidth that the GPU's own ports reach: H800 and A800 have fewer."""
    own, wire = known.gpu_wire[layouts.gpu], known.link_wire[link]
    through_ports = np.isin(kind, [LINK_KINDS.index(name) for name in ("switch", "mesh")]) & (own > 0)
    return np.where(through_ports, np.minimum(own / np.maximum(wire, 1.0), 1.0), 1.0)


def stage_hop(layouts: Layouts, known: Tables, kind: Ints) -> tuple[Floats, Floats]:
    """Return (bytes/s, seconds) of sending activations from one pipeline stage to the next."""
    over_nodes = (layouts.nodes > 1) & (layouts.tp <= layouts.gpus_per_node)
    link = np.where(over_nodes, layouts.inter_link, layouts.link)
    wire = np.where(link >= 0, known.link_wire[link], np.inf)
    per_gpu = np.where(over_nodes & (layouts.gpus_per_node > 0), wire / np.maximum(layouts.gpus_per_node, 1), wire)
    return per_gpu, np.where(over_nodes, known.link_latency_s[link] / 2, 10e-6) * (layouts.pp > 1)


def kv_split(layouts: Layouts, sequential: Bools, deals: Bools) -> Floats:
    """Return over how many GPUs of a tensor-parallel group the KV cache is dealt.

    At most one KV head per GPU; a latent cache (MLA) is kept whole on each; llama.cpp's row split keeps it on one;
    a group that deals requests keeps each request's cache on one GPU.
    """
    model = layouts.model
    heads = 1 if model.attention_kind == "mla" else model.kv_heads
    return np.where(sequential, 1.0, np.where(deals, layouts.tp, np.minimum(layouts.tp, heads)).astype(float))


def deals_requests(layouts: Layouts, known: Tables) -> Bools:
    """Return where a group deals requests among its GPUs for attention and shares the experts.

    TensorRT-LLM's tables run mixtures of experts so ("attention data parallel", DEP) since version 1.0.
    """
    experts = layouts.model.dense_or_moe == "moe"
    deals = np.array([experts and name in ATTENTION_DEALERS for name in known.engine_ids])[layouts.engine]
    return np.asarray(deals & (layouts.tp > 1))


def attention_params(model: Model) -> float:
    """Return the linear parameters outside MLPs and experts."""
    experts = model.moe_layers * 3 * model.hidden_size * (model.moe_intermediate_size or 0)
    mlps = (model.layers - model.moe_layers) * 3 * model.hidden_size * model.intermediate_size
    return float(model.quantizable_linear_params - mlps - experts * (model.experts + model.shared_experts))


def expert_shallowness(layouts: Layouts, deals: Bools) -> Floats:
    """Return 2/3 / hidden + 1/3 / expert width: two products of an expert sum over the one, one over the other."""
    model = layouts.model
    if not model.moe_intermediate_size:
        return np.zeros(len(layouts))
    width = model.moe_intermediate_size / np.where(deals, 1.0, layouts.tp)
    return np.asarray(2 / 3 / model.hidden_size + 1 / 3 / width)
