"""`gpumix sweep`: many plans at once."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit

if TYPE_CHECKING:
    from api.sweeps.ledger import Ledger
    from api.sweeps.points import Sweep
    from api.sweeps.workers import Workers
    from catalog import Catalog, OwnEvidence


def sweep(
    file: Annotated[
        str, typer.Option("--file", "-f", metavar="FILE", help="A sweep in YAML or JSON; - is standard input.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.parquet", help="Default: FILE, with .parquet.")
    ] = None,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Solve on the cluster of this scheduler.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Processes here; default: one a core.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Time limit of the solver at each point.")] = 60,
    as_json: AsJson = False,
    png: Annotated[str | None, typer.Option(metavar="FILE", help="Draw a summary to a .png or .svg file.")] = None,
) -> None:
    """Solve a request over a grid or a table of changes, and over days of prices: one Parquet row a point.

    gpumix sweep -f sweep.yaml -o sweep.parquet --png sweep.png

    gpumix sweep -f sweep.yaml --dask tcp://scheduler:8786

    Interrupted or killed, it goes on where it stopped when it is run again. docs/scale.md describes the file.
    """
    from api.documents import to_json
    from api.files import read_document
    from api.measuring.own import current_catalog
    from api.render.sweep import sweep_text
    from api.sweeps.reading import read_sweep
    from api.sweeps.summary import summarize
    from api.sweeps.workers import Workers

    asked = read_sweep(read_document(file), Path() if file == "-" else Path(file).parent)
    chosen = Workers.of(workers, dask)
    target = output or (Path("sweep.parquet") if file == "-" else Path(file).with_suffix(".parquet"))
    started = time.perf_counter()
    catalog = current_catalog()
    with _ledger(target, asked, catalog) as ledger:
        solved = _solve(asked, ledger, chosen, seconds, catalog.own)
        ledger.finish()
    summary = summarize(target, asked.columns, solved=solved, seconds=time.perf_counter() - started)
    if png is not None:
        from api.charts.files import save_chart
        from api.sweeps.summary import gpus_chosen, groups_along
        from api.sweeps.summary_chart import sweep_chart

        save_chart(sweep_chart(summary, groups_along(target, asked.columns), gpus_chosen(target)), png)
    sys.stdout.write(f"{to_json(summary) if as_json else sweep_text(summary)}\n")
    if not {"optimal", "feasible"} & set(summary.statuses):
        raise typer.Exit(Exit.NOTHING_FITS)


def _ledger(output: Path, asked: "Sweep", catalog: "Catalog") -> "Ledger":
    from importlib.metadata import version

    from api.sweeps.ledger import Identity, Ledger
    from optimizer.performance.coefficients import calibration_id

    identity = Identity(asked.sweep_id, catalog.catalog_id, calibration_id(catalog), version("gpumix"))
    return Ledger(output, asked, identity)


def _solve(asked: "Sweep", ledger: "Ledger", workers: "Workers", seconds: float, own: "OwnEvidence") -> int:
    """Solve what is not finished; return how many points that was."""
    from api.progress import counting
    from api.sweeps.prices import kept_prices, prices_of
    from api.sweeps.running import Job, run_sweep

    if ledger.complete:
        return 0
    prices = kept_prices(ledger.folder, lambda: prices_of(asked))
    job = Job.of(asked, ledger.identity, prices, seconds, own)
    with counting("points", len(asked)) as progress:
        progress(len(ledger.finished))
        return run_sweep(job, ledger, workers, progress)
