"""How alike two replicas are, as the correlation of the model's errors on them.

    correlation = same GPU, engine, model and nodes x same format x same link
                  x exp(-doublings of parallelism / reach) x exp(-doublings of prompt and answer / reach)

A product of exponentials of distances and of two-valued factors is a covariance (Rasmussen and Williams, Gaussian
Processes for Machine Learning, 2006, section 4.2). Its numbers are the correlations of left-out errors between
published runs of one source that differ in one thing, `benchmarks/own_evidence.py` prints them. Between models too few
pairs differ in nothing else, and those that differ in the format too have a correlation of about 0 in time per token: a
run of another model has no say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from optimizer.performance.layouts import Layouts
from optimizer.performance.tables import Bools, Floats, Ints, tables

METRICS = ("tpot", "ttft", "throughput")
OTHER_FORMAT = 0.4
OTHER_LINK = 0.5
"""An estimate: no source measured the same GPUs on two links."""
PARALLELISM_REACH = {"tpot": 3.5, "ttft": 9.0, "throughput": 1.5}
SIZE_REACH = 6.0
LOAD_REACH = {"tpot": 1.5, "ttft": 4.0, "throughput": 1.5}
"""In factors of e of the modelled figure: along a curve of loads, errors of figures that far apart go apart."""
STEPS_PER_DOUBLING = 8
"""Sizes of request within 9 % are the same: runs of random prompts differ by that from one another."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where replicas with a size of request stand; one value a row, sizes and parallelism in doublings."""

    hardware: Ints
    format: Ints
    link_kind: Ints
    tp: Floats
    pp: Floats
    input_tokens: Floats
    output_tokens: Floats

    def __len__(self) -> int:
        return len(self.hardware)

    def take(self, rows: Bools | Ints) -> "Places":
        """Return the rows of a mask or an index array."""
        return Places(*(getattr(self, field.name)[rows] for field in fields(self)))

    def row(self, index: int) -> tuple[float, ...]:
        """Return one row as a key: equal keys are the same place."""
        return tuple(float(getattr(self, field.name)[index]) for field in fields(self))


def places(layouts: Layouts, input_tokens: Floats | float, output_tokens: Floats | float) -> Places:
    """Return where the layouts of one model stand."""
    known, one = tables(layouts.catalog), np.ones(len(layouts))
    alone = layouts.gpus == 1
    return Places(
        hardware=(layouts.gpu * 64 + layouts.engine) * 1024 + layouts.nodes,
        format=layouts.quantization * 64 + layouts.kv_bits,
        link_kind=np.where(alone, -1, known.link_kind[layouts.link]),
        tp=np.log2(layouts.tp),
        pp=np.log2(layouts.pp),
        input_tokens=_doublings(input_tokens * one),
        output_tokens=_doublings(output_tokens * one),
    )


def places_of(keys: Iterable[tuple[float, ...]]) -> Places:
    """Return the places of keys, as `Places.row` gives them."""
    columns = np.array(list(keys), dtype=float).reshape(-1, len(fields(Places))).T
    whole = [column.astype(np.int64) for column in columns[:3]]
    return Places(whole[0], whole[1], whole[2], columns[3], columns[4], columns[5], columns[6])


def correlation(metric: str, some: Places, others: Places) -> Floats:
    """Return [some, other]: how the errors of a metric go together."""

    def apart(name: str) -> Floats:
        mine, theirs = getattr(some, name), getattr(others, name)
        return np.asarray(np.abs(mine[:, None] - theirs[None, :]), dtype=float)

    alike = np.where(apart("hardware") == 0, 1.0, 0.0)
    alike *= np.where(apart("format") == 0, 1.0, OTHER_FORMAT)
    alike *= np.where(apart("link_kind") == 0, 1.0, OTHER_LINK)
    alike *= np.exp(-(apart("tp") + apart("pp")) / PARALLELISM_REACH[metric])
    return np.asarray(alike * np.exp(-(apart("input_tokens") + apart("output_tokens")) / SIZE_REACH))


def _doublings(tokens: Floats) -> Floats:
    return np.round(np.log2(np.maximum(tokens, 1.0)) * STEPS_PER_DOUBLING) / STEPS_PER_DOUBLING
