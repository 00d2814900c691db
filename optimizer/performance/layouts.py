"""How replicas are laid out over GPUs: one row per combination of hardware, weight format, engine and parallelism."""

from dataclasses import dataclass, replace

import numpy as np

from catalog import Catalog, InvalidInputError, Model
from optimizer.performance.tables import Bools, Ints, tables

KV_BITS_BY_DTYPE = {
    "bf16": 16,
    "fp16": 16,
    "f16": 16,
    "float16": 16,
    "bfloat16": 16,
    "fp8": 8,
    "fp8_e4m3": 8,
    "fp8_e5m2": 8,
    "int8": 8,
    "q8_0": 8,
}
INDEX_COLUMNS = ("gpu", "quantization", "engine", "link", "inter_link", "kv_bits", "tp", "pp", "nodes", "gpus_per_node")


@dataclass(frozen=True, slots=True)
class Layouts:
    """Replica layouts of one model, as arrays of equal length.

    `gpu`, `quantization`, `engine`, `link` and `inter_link` index the catalog's mappings in their order; -1 means
    no link (one GPU, one node). A replica has `tp` x `pp` GPUs over `nodes` nodes of `gpus_per_node` GPUs.
    For llama.cpp, `pp` is its layer split and `tp` its row split.
    """

    catalog: Catalog
    model: Model
    gpu: Ints
    quantization: Ints
    engine: Ints
    link: Ints
    inter_link: Ints
    kv_bits: Ints
    tp: Ints
    pp: Ints
    nodes: Ints
    gpus_per_node: Ints

    def __len__(self) -> int:
        return len(self.gpu)

    @property
    def gpus(self) -> Ints:
        """GPUs of one replica."""
        return self.tp * self.pp

    def take(self, rows: Bools | Ints) -> "Layouts":
        """Return the rows of a mask or of an index array."""
        return replace(self, **{name: getattr(self, name)[rows] for name in INDEX_COLUMNS})

    @classmethod
    def one(
        cls,
        catalog: Catalog,
        *,
        model: str,
        gpu: str,
        quantization: str,
        engine: str,
        kv_dtype: str = "auto",
        link: str | None = None,
        inter_link: str | None = None,
        tp: int = 1,
        pp: int = 1,
        nodes: int = 1,
    ) -> "Layouts":
        """Return one layout by names. Raises UnknownNameError or InvalidInputError."""
        if min(tp, pp, nodes) < 1 or tp * pp > 1024 or tp * pp % nodes:
            raise InvalidInputError(
                f"tp {tp} x pp {pp} over {nodes} nodes is no layout", "tp, pp and nodes are whole numbers from 1 on"
            )
        known = tables(catalog)
        engine_id = catalog.engine(engine).engine_id
        format_id = catalog.quantization(quantization).quantization_id
        link_id = _link_id(catalog, gpu, link, tp * pp // nodes)
        inter_id = None if nodes == 1 else catalog.link(inter_link or "ib-400").link_id
        values = {
            "gpu": known.gpu_ids.index(catalog.gpu(gpu).gpu_id),
            "quantization": known.quantization_ids.index(format_id),
            "engine": known.engine_ids.index(engine_id),
            "link": -1 if link_id is None else known.link_ids.index(link_id),
            "inter_link": -1 if inter_id is None else known.link_ids.index(inter_id),
            "kv_bits": kv_bits(kv_dtype, format_id, engine_id),
            "tp": tp,
            "pp": pp,
            "nodes": nodes,
            "gpus_per_node": tp * pp // nodes,
        }
        columns = {name: np.array([value], dtype=np.int64) for name, value in values.items()}
        return cls(catalog=catalog, model=catalog.model(model), **columns)


def join(parts: list[Layouts]) -> Layouts:
    """Return the rows of several layouts of the same model, one after the other."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in INDEX_COLUMNS}
    return Layouts(parts[0].catalog, parts[0].model, **columns)


def kv_bits(kv_dtype: str, quantization_id: str, engine_id: str) -> int:
    """Return the width of a KV element; `auto` is 16, and 8 where TensorRT-LLM runs an FP8 or FP4 checkpoint.

    An FP8 checkpoint implies an FP8 cache in TensorRT-LLM (its v0.14 performance documentation).
    """
    name = kv_dtype.strip().lower()
    if name == "auto":
        return 8 if engine_id == "trt-llm" and quantization_id in {"fp8", "nvfp4", "mxfp4"} else 16
    if name not in KV_BITS_BY_DTYPE:
        raise InvalidInputError(f"unknown KV dtype {kv_dtype!r}", f"known: auto, {', '.join(KV_BITS_BY_DTYPE)}")
    return KV_BITS_BY_DTYPE[name]


def default_link(catalog: Catalog, gpu_name: str) -> str:
    """Return the usual link inside a node of a GPU: the switch of its NVLink generation, Infinity Fabric or PCIe."""
    gpu = catalog.gpu(gpu_name)
    if gpu.vendor in {"AMD", "Intel"}:
        return "infinity-fabric" if gpu.vendor == "AMD" else "gaudi-mesh"
    if gpu.gpu_id.startswith(("GB200", "GB300")):
        return "nvl72"
    if gpu.nvlink_generation == 2:
        return "nvlink-mesh"
    if gpu.nvlink_generation and ("SXM" in gpu.gpu_id or gpu.gpu_id.startswith("GH200")):
        return f"nvswitch-gen{gpu.nvlink_generation}"
    if "NVL" in gpu.gpu_id:
        return "nvlink-pair"
    return "pcie-gen5" if (gpu.pcie_gen or 4) >= 5 else "pcie-gen4"


def _link_id(catalog: Catalog, gpu: str, link: str | None, gpus_in_node: int) -> str | None:
    if gpus_in_node == 1:
        return None
    return catalog.link(link).link_id if link else catalog.link(default_link(catalog, gpu)).link_id
