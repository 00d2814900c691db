"""How the model does on sources that it never saw: fitted to the first ones collected, held against all later ones.

python -m benchmarks.unseen [--sources]
"""

import sys
from collections.abc import Iterator

import numpy as np

from catalog import load_catalog
from optimizer.evidence.accuracy import summary
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.cases import Cases, cases, select
from optimizer.evidence.fitting import fit, kind_of
from optimizer.evidence.measurements import first_sources, shipped_measurements
from optimizer.evidence.predicting import predicted
from optimizer.performance.tables import Bools


def main() -> int:
    """Print the errors on the later sources: all, by kind of figure, and with --sources by source."""
    batch = cases(shipped_measurements(), load_catalog(), shipped_spellings())
    kept = select(batch, np.array([not row.not_fitted for row in batch.measurements]))
    first = np.array([row.source_id in first_sources() for row in kept.measurements])
    later = select(kept, ~first)
    values = predicted(later, fit(select(kept, first)))
    carried = np.isfinite(values)
    sys.stdout.write(
        "| later sources | n | mean error | median | bias | not expected to be carried |\n"
        "|---|---:|---:|---:|---:|---:|\n"
    )
    for name, rows in _groups(later, "--sources" in sys.argv):
        endless = int((rows & ~carried).sum())
        rows = rows & carried
        found = summary(later.value[rows], values[rows], values[rows], values[rows])
        sys.stdout.write(
            f"| {name} | {found.n} | {found.mape:.1%} | {found.median_ape:.1%} | {100 * found.bias:+.1f}% "
            f"| {endless} |\n"
        )
    return 0


def _groups(batch: Cases, by_source: bool) -> Iterator[tuple[str, Bools]]:
    experts = batch.shapes.expert_params > 0
    rows = zip(batch.measurements, batch.settings, strict=True)
    kinds = np.array([kind_of(row.metric, read.mode) for row, read in rows])
    yield "all", np.ones(len(batch), dtype=bool)
    for kind in sorted(set(kinds)):
        yield kind, (kinds == kind) & ~experts
        yield f"{kind} of experts", (kinds == kind) & experts
    if by_source:
        sources = np.array([row.source_id for row in batch.measurements])
        for source in sorted(set(sources)):
            yield source, sources == source


if __name__ == "__main__":
    sys.exit(main())
