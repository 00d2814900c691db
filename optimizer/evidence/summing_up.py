"""Sum measurements up as evidence rows: one per source, hardware, format, model and parallelism."""

from collections import defaultdict

import numpy as np

from optimizer.evidence.cases import Cases
from optimizer.performance.support import Support
from optimizer.performance.tables import Floats


def summed_up(batch: Cases, error_fraction: Floats) -> tuple[Support, ...]:
    """Return the evidence rows of cases, given the error of each."""
    groups: dict[tuple[str, str, str, str, str, str, int, int, str], list[int]] = defaultdict(list)
    for index, (row, read) in enumerate(zip(batch.measurements, batch.settings, strict=True)):
        if not row.not_fitted:
            layout = (read.engine, read.gpu, read.quantization, read.model, read.tp, read.pp)
            groups[row.source_id, row.source_date, *layout, read.mode].append(index)
    tokens = batch.input_tokens + batch.output_tokens
    return tuple(
        Support(
            *key[:8],
            shortest_tokens=int(tokens[rows].min()),
            longest_tokens=int(tokens[rows].max()),
            load=key[8],
            rows=len(rows),
            median_error_fraction=float(np.median(error_fraction[rows])),
        )
        for key, rows in sorted(groups.items())
    )
