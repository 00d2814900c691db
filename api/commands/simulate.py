"""`gpumix simulate`: a plan served request by request."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson

SECONDS = 600.0


def simulate(
    plan: Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")],
    trace: Annotated[
        str | None,
        typer.Option(metavar="FILE.csv", help="Replay these requests (TIMESTAMP, ContextTokens, GeneratedTokens)."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="Seconds of random arrivals.")] = SECONDS,
    seed: Annotated[int, typer.Option(min=0, help="Seed of arrivals and routing.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Serve a plan's requests one engine step after another, and hold what they got against the targets.

    gpumix ask "2 requests/s, 2k in 500 out, llama 3.1 70b" --json > plan.json && gpumix simulate plan.json
    """
    from api.documents import from_json, to_json
    from api.files import read_text
    from api.measuring.own import current_catalog
    from api.progress import counting
    from api.render.simulation import simulation_text
    from catalog import InvalidDataError, InvalidInputError
    from optimizer.fleet.plan import Plan
    from optimizer.simulation import read_trace
    from optimizer.simulation.plans import simulate_plan

    document = from_json(Plan, read_text(plan), plan)
    try:
        requests = None if trace is None else read_trace(read_text(trace))
    except InvalidDataError as error:
        raise InvalidInputError(error.message, "a trace has TIMESTAMP, ContextTokens and GeneratedTokens") from error
    with counting("requests served") as progress:
        catalog = current_catalog()
        found = simulate_plan(document, catalog, trace=requests, seconds=seconds, seed=seed, progress=progress)
    sys.stdout.write(f"{to_json(found) if as_json else simulation_text(found)}\n")
