"""What own measurements are worth: each recent published source plays the user, and half of its runs are held back.

The coefficients are fitted without the source; the other half of its runs then corrects the predictions of the half
that was held back. Printed too: how the left-out errors of two runs of one source go together when they differ in one
thing, which is where the numbers of `optimizer.performance.own.kernel` come from.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from catalog import Catalog, OwnEvidence, OwnRun, load_catalog
from optimizer.evidence.aliases import shipped_spellings
from optimizer.evidence.cases import Cases, cases, select
from optimizer.evidence.fitting import fit
from optimizer.evidence.leaving_out import leave_out
from optimizer.evidence.measurements import Measurement, shipped_measurements
from optimizer.evidence.own import own_runs
from optimizer.evidence.settings import Setting
from optimizer.evidence.spread import interval_metrics
from optimizer.performance.coefficients import Coefficients, collect, shipped_coefficients, write_coefficients
from optimizer.performance.intervals import interval, trust_in
from optimizer.performance.layouts import Layouts
from optimizer.performance.own.corrected import load, saturated
from optimizer.performance.support import evidence_kinds, shipped_support
from optimizer.performance.tables import Floats

SINCE = "2025"
FEWEST_RUNS = 12
FIGURES = {"tpot": "tpot_s", "ttft": "ttft_s", "throughput": "output_tok_per_s"}
MOST = 1.0


@dataclass(frozen=True, slots=True)
class Held:
    """One held-back figure: measured, and predicted without and with own runs, each as (value, low, high)."""

    metric: str
    measured: float
    before: tuple[float, float, float]
    after: tuple[float, float, float]


def main() -> int:
    """Print both tables."""
    known, spellings = load_catalog(), shipped_spellings()
    rows = shipped_measurements()
    batch = cases(rows, known, spellings)
    sys.stdout.write(
        "held back      source                      figure        n  error before  after  inside 80%  after\n"
    )
    for source in sorted({row.source_id for row in rows if row.source_date >= SINCE and not row.excluded}):
        runs = own_runs(tuple(row for row in rows if row.source_id == source and not row.not_fitted), known, spellings)
        steady = [run for run in runs.runs if run.request_rate_per_s is None]
        if len(steady) < FEWEST_RUNS:
            continue
        fitted = _fitted_without(batch, source)
        for name, group in (("other loads", _load_number), ("other layouts", _place_number)):
            odd = group(steady)
            own, held = (
                [run for run, number in zip(steady, odd, strict=True) if number % 2 == side] for side in (0, 1)
            )
            sys.stdout.write("".join(_lines(name, source, list(_held(known, fitted, source, own, held)))))
    sys.stdout.write("\nerrors of two runs of one source that differ in   figure       pairs  correlation\n")
    sys.stdout.write("".join(_correlations(batch, known)))
    return 0


def _fitted_without(batch: Cases, source: str) -> Coefficients:
    """Return coefficients of a fit that never saw a source, with the shipped widths of intervals."""
    inside = np.array([row.source_id != source and not row.not_fitted for row in batch.measurements])
    widths = [row for row in shipped_coefficients().by_key.values() if row.name in {"ratio_low", "ratio_high"}]
    return collect([*fit(select(batch, inside)).by_key.values(), *widths])


def _place(run: OwnRun) -> tuple[object, ...]:
    return (
        run.model,
        run.gpu,
        run.engine,
        run.quantization,
        run.kv_bits,
        run.tp,
        run.pp,
        run.input_tokens,
        run.output_tokens,
    )


def _load_number(runs: Sequence[OwnRun]) -> list[int]:
    """Number the loads of each place: every other one is held back."""
    by_place: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for run in runs:
        by_place[_place(run)].append(run.concurrency or np.inf)
    return [sorted(set(by_place[_place(run)])).index(run.concurrency or np.inf) for run in runs]


def _place_number(runs: Sequence[OwnRun]) -> list[int]:
    """Number the places: every other one is held back."""
    places = sorted({_place(run) for run in runs}, key=repr)
    return [places.index(_place(run)) for run in runs]


def _held(
    known: Catalog, fitted: Coefficients, source: str, own: Sequence[OwnRun], held: Sequence[OwnRun]
) -> Iterator[Held]:
    text = write_coefficients(fitted)
    plain, taught = (known.with_own(OwnEvidence.of(runs, text)) for runs in ((), own))
    for run in held:
        before, after = (_predicted(run, catalog, source) for catalog in (plain, taught))
        for metric, field in FIGURES.items():
            measured = getattr(run, field)
            if measured is not None:
                yield Held(metric, measured, before[metric], after[metric])


def _predicted(run: OwnRun, catalog: Catalog, source: str) -> dict[str, tuple[float, float, float]]:
    layouts = Layouts.one(
        catalog, model=run.model, gpu=run.gpu, quantization=run.quantization, engine=run.engine,
        kv_dtype="fp8" if run.kv_bits == 8 else "fp16", link=run.link or None, tp=run.tp, pp=run.pp,
    )  # fmt: skip
    sizes = (run.input_tokens, max(run.output_tokens, 1.0))
    done = saturated(layouts, *sizes) if run.concurrency is None else load(layouts, *sizes, run.concurrency)
    published = tuple(row for row in shipped_support() if row.source_id != source)
    kinds = evidence_kinds(layouts, published)
    found = {}
    for metric, field in FIGURES.items():
        value: Floats = getattr(done, field)
        low, high = interval(layouts, field, value, kinds=kinds, trust=trust_in(done.own, field))
        found[metric] = (float(value[0]), float(low[0]), float(high[0]))
    return found


def _lines(name: str, source: str, held: Sequence[Held]) -> Iterator[str]:
    for metric in FIGURES:
        mine = [one for one in held if one.metric == metric]
        if len(mine) < FEWEST_RUNS // 2:
            continue
        errors = [np.mean([abs(getattr(one, at)[0] / one.measured - 1) for one in mine]) for at in ("before", "after")]
        inside = [
            np.mean([getattr(one, at)[1] <= one.measured <= getattr(one, at)[2] for one in mine])
            for at in ("before", "after")
        ]
        yield (
            f"{name:<14} {source:<26}  {metric:<11} {len(mine):>3}  {errors[0]:>12.1%} {errors[1]:>6.1%}"
            f"  {inside[0]:>10.0%} {inside[1]:>6.0%}\n"
        )


DIFFERENCES: dict[str, Callable[[Setting], object]] = {
    "load": lambda read: (read.concurrency, read.request_rate, read.mode),
    "size": lambda read: (read.input_tokens, read.output_tokens),
    "parallelism": lambda read: (read.tp, read.pp),
    "format": lambda read: (read.quantization, read.kv_bits),
    "model": lambda read: read.model,
}


def _correlations(batch: Cases, known: Catalog) -> Iterator[str]:
    """Yield how errors go together: mean product over mean square, errors beyond a factor of e cut off."""
    fold, metrics = leave_out(batch, known, "source"), interval_metrics(batch)
    errors = np.clip(np.log(batch.value / fold.predicted), -MOST, MOST)
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, (row, read) in enumerate(zip(batch.measurements, batch.settings, strict=True)):
        if np.isfinite(errors[index]) and not row.not_fitted and metrics[index] in FIGURES:
            groups[metrics[index], _unit(row, metrics[index]), row.source_id, read.gpu, read.engine].append(index)
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for key, members in groups.items():
        for place, first in enumerate(members):
            for second in members[place + 1 :]:
                one, other = batch.settings[first], batch.settings[second]
                differ = [name for name, of in DIFFERENCES.items() if of(one) != of(other)]
                if len(differ) == 1:
                    pairs[differ[0], key[0]].append((float(errors[first]), float(errors[second])))
    for (name, metric), found in sorted(pairs.items()):
        both = np.array(found)
        together = (both[:, 0] * both[:, 1]).mean() / (both**2).mean()
        yield f"{name:<50}{metric:<11} {len(found):>6}  {together:>11.2f}\n"


def _unit(row: Measurement, metric: str) -> str:
    return "" if metric == "throughput" else row.metric


if __name__ == "__main__":
    sys.exit(main())
