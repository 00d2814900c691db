"""A fit with the user's own measurements: what it is worth on held-out runs, and whether it was kept."""

from dataclasses import dataclass

from api.render.tables import table_text
from api.render.words import plural
from optimizer.evidence.mine import HeldOut, Mine

FIGURES = {
    "throughput": "throughput", "batch": "throughput of a batch", "tpot": "time per token", "ttft": "first token",
    "sequential": "llama.cpp speeds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What a fit is worth. `stored_in` is None where it was not kept, because it predicts held-out runs no better."""

    calibration_id: str
    stored_in: str | None
    runs: int
    rows: int
    folds: int
    errors: tuple[HeldOut, ...]
    left_out: tuple[str, ...]


def kept_of(found: Mine, path: str) -> Kept:
    """Return a fit as a document."""
    stored_in = path if found.better else None
    identity = found.coefficients.calibration_id
    return Kept(identity, stored_in, found.runs, found.rows, found.folds, found.errors, found.left_out)


def mine_text(kept: Kept) -> str:
    """Return the errors on held-out runs before and after, and what holds from now on."""
    header = ("held out", "rows", "mean error before", "after", "median before", "after", "inside 80%", "after")
    cells = [
        (
            FIGURES[error.metric], str(error.before.n), f"{error.before.mape:.1%}", f"{error.after.mape:.1%}",
            f"{error.before.median_ape:.1%}", f"{error.after.median_ape:.1%}",
            f"{error.before.coverage80:.0%}", f"{error.after.coverage80:.0%}",
        )
        for error in kept.errors
    ]  # fmt: skip
    lines = [
        table_text(header, cells, right=tuple(range(1, len(header)))),
        f"{plural(kept.runs, 'run')} of yours in {kept.folds} parts, each predicted by a fit to the rest",
        *(f"not predicted: {reason}" for reason in kept.left_out),
    ]
    if kept.stored_in is None:
        lines.append("not kept: it predicts your held-out runs no better; the shipped coefficients hold")
    else:
        lines.append(f"kept in {kept.stored_in} and used from now on; gpumix calibrate --reset goes back")
    return "\n".join(lines)
