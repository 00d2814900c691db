"""The user's measurement rows as own runs: one for each replica, size of request and load, in the catalog's names."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from catalog import Catalog, OwnRun
from optimizer.evidence.aliases import Spellings
from optimizer.evidence.cases import cases
from optimizer.evidence.measurements import Measurement
from optimizer.evidence.settings import Setting

SPEEDS = {
    "tpot_ms": lambda value: value / 1e3,
    "itl_ms": lambda value: value / 1e3,
    "output_tok_s_per_user": lambda value: 1 / value,
}
FIRST_TOKENS = ("ttft_ms_mean", "ttft_ms_p50")
BURST = "a batch that is given at once and waited for is no steady load: it has no say in predictions"


@dataclass(frozen=True, slots=True)
class OwnRuns:
    """Runs, and why the other rows have no say (row number to reason)."""

    runs: tuple[OwnRun, ...]
    left_out: dict[int, str]


def own_runs(rows: tuple[Measurement, ...], catalog: Catalog, spellings: Spellings) -> OwnRuns:
    """Return the runs of measurement rows. The figures of a run are its rows that agree in everything but the metric.

    Where a metric comes twice, there were two runs of the same thing. Of the metrics that say the same, the first
    named counts: TPOT before ITL, a mean first token before a median.
    """
    batch = cases(rows, catalog, spellings)
    left_out = dict(batch.skipped)
    grouped: dict[tuple[object, ...], list[tuple[Measurement, Setting]]] = defaultdict(list)
    seen: Counter[tuple[object, ...]] = Counter()
    for row, read in zip(batch.measurements, batch.settings, strict=True):
        if read.mode == "static":
            left_out[row.row] = BURST
            continue
        setting = tuple(getattr(read, name) for name in Setting.__dataclass_fields__ if name not in {"row", "requests"})
        key = (row.source_id, row.source_date, *setting)
        seen[key, row.metric] += 1
        grouped[(seen[key, row.metric], *key)].append((row, read))
    return OwnRuns(tuple(_run(members) for members in grouped.values()), left_out)


def _run(members: list[tuple[Measurement, Setting]]) -> OwnRun:
    row, read = members[0]
    values = {other.metric: other.value for other, _ in members}
    alone = read.tp * read.pp == 1
    return OwnRun(
        source_id=row.source_id,
        source_date=row.source_date,
        model=read.model,
        gpu=read.gpu,
        quantization=read.quantization,
        engine=read.engine,
        kv_bits=read.kv_bits,
        link="" if alone else read.link,
        tp=read.tp,
        pp=read.pp,
        nodes=read.nodes,
        input_tokens=read.input_tokens,
        output_tokens=read.output_tokens,
        concurrency=max(read.concurrency / read.replicas, 1.0) if read.mode == "closed" else None,
        request_rate_per_s=read.request_rate / read.replicas if read.mode == "open" else None,
        tpot_s=_first(SPEEDS[name](values[name]) for name in SPEEDS if name in values),
        ttft_s=_first(values[name] / 1e3 for name in FIRST_TOKENS if name in values),
        output_tok_per_s=_throughput(values, read),
    )


def _first(values: Iterable[float]) -> float | None:
    return next((value for value in values if math.isfinite(value)), None)


def _throughput(values: dict[str, float], read: Setting) -> float | None:
    """Return the output tokens per second of one replica, from whichever metric has them."""
    inputs, outputs, replicas = read.input_tokens, max(read.output_tokens, 1.0), read.replicas
    per_replica = {
        "output_tok_s_total": 1 / replicas,
        "requests_s": outputs / replicas,
        "total_tok_s": outputs / (inputs + outputs) / replicas,
        "tok_s_per_gpu": float(read.tp * read.pp),
    }
    return _first(values[name] * factor for name, factor in per_replica.items() if name in values)
