"""Which layouts cannot exist, and why."""

import numpy as np

from optimizer.performance.layouts import Layouts
from optimizer.performance.shapes import SEQUENTIAL_ENGINES
from optimizer.performance.tables import Ints, tables

REASONS = (
    "",
    "tensor parallel does not divide the attention heads",
    "tensor parallel is no whole multiple or divisor of the KV heads",
    "more pipeline stages than layers",
    "the engine has no pipeline parallelism",
    "the engine has no tensor parallelism",
    "no kernel runs this weight format on this engine and GPU",
    "the engine does not run over several nodes",
    "more GPUs than the node has",
    "GPUs without a link between them",
    "the GPU is named in the catalog but cannot be rented",
)


def impossible(layouts: Layouts) -> Ints:
    """Return an index into REASONS for every layout; 0 where nothing forbids it (memory is not looked at)."""
    known, model = tables(layouts.catalog), layouts.model
    engines = list(layouts.catalog.engines.values())
    has_pp = np.array(["pp" in row.parallelism or "layer-split" in row.parallelism for row in engines])[layouts.engine]
    has_tp = np.array(["tp" in row.parallelism or "row-split" in row.parallelism for row in engines])[layouts.engine]
    splits_rows = np.array([name in SEQUENTIAL_ENGINES for name in known.engine_ids])[layouts.engine]
    nodes_ok = np.array([not row.multi_node.startswith("no") for row in engines])[layouts.engine]
    rentable = np.array([row.status == "supported" for row in layouts.catalog.gpus.values()])[layouts.gpu]
    tp, pp = layouts.tp, layouts.pp
    place = layouts.gpu, layouts.quantization, layouts.engine
    no_kernel = (known.kernel_dtype[place] < 0) | (known.kernel_for_experts[place] & (model.dense_or_moe == "dense"))
    checks = (
        (model.attention_heads % tp != 0) & ~splits_rows,
        (model.kv_heads % tp != 0) & (tp % model.kv_heads != 0) & ~splits_rows,
        pp > model.layers,
        (pp > 1) & ~has_pp,
        (tp > 1) & ~has_tp,
        no_kernel,
        (layouts.nodes > 1) & ~nodes_ok,
        tp * pp > layouts.nodes * layouts.gpus_per_node,
        ((layouts.gpus_per_node > 1) & (tp * pp > 1) & (layouts.link < 0))
        | ((layouts.nodes > 1) & (layouts.inter_link < 0)),
        ~rentable,
    )
    code = np.zeros(len(layouts), dtype=np.int64)
    for index, failed in reversed(list(enumerate(checks, start=1))):
        code[failed] = index
    return code


def reason(code: int) -> str:
    """Return the words for a code; empty where the layout is possible."""
    return REASONS[code]
