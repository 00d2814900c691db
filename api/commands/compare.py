"""`gpumix compare`: GPUs for one request, or saved plans, in one table."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit

if TYPE_CHECKING:
    from api.answering import Answerer
    from optimizer.fleet.comparison import Comparison
    from optimizer.request import PlanRequest

FORMS = ("SXM", "PCIe", "NVL")

Asked = Annotated[
    list[str], typer.Argument(metavar="QUESTION|FILE|PLAN.json...", help="A question, a request file, or saved plans.")
]
Gpus = Annotated[list[str] | None, typer.Option("--gpu", metavar="GPU", help="A GPU id or family; give two or more.")]


def compare(asked: Asked, gpu: Gpus = None, as_json: AsJson = False) -> None:
    """Put the cheapest plans of two GPUs, or saved plans, side by side.

    gpumix compare "A100 vs H100 for 10 tok/s at 8K"

    gpumix compare request.yaml --gpu A100 --gpu H100

    gpumix compare A.json B.json
    """
    from api.answering import Answerer
    from api.documents import to_json
    from api.render.comparison import comparison_text

    found = _plans(asked) if len(asked) > 1 else _gpus(asked[0], gpu or [], Answerer.current())
    sys.stdout.write(f"{to_json(found) if as_json else comparison_text(found)}\n")
    if found.cheapest is None:
        raise typer.Exit(Exit.NOTHING_FITS)


def _plans(names: list[str]) -> "Comparison":
    from api.documents import from_json
    from api.files import read_text
    from optimizer.fleet.comparison import compare_plans
    from optimizer.fleet.plan import Plan

    return compare_plans([(Path(name).stem, from_json(Plan, read_text(name), name)) for name in names])


def _gpus(asked: str, gpus: list[str], answerer: "Answerer") -> "Comparison":
    from api.files import read_document
    from optimizer.fleet.comparison import compare_gpus
    from optimizer.request import read_request

    is_file = asked == "-" or Path(asked).is_file()
    request = read_request(read_document(asked)) if is_file else answerer.parse(asked).request
    names = gpus or _named(answerer.resolve(request))
    return compare_gpus(answerer.resolve(request), names, answerer.snapshot, answerer.catalog)


def _named(request: "PlanRequest") -> list[str]:
    """Return the GPUs that a request names, by family where there are several of these."""
    families = list(dict.fromkeys(_family(name) for name in request.allow.gpus))
    return families if len(families) > 1 else list(request.allow.gpus)


def _family(gpu_id: str) -> str:
    """Return a GPU's name without its form and memory: `A100` of `A100-SXM-80GB`."""
    parts = gpu_id.split("-")
    while len(parts) > 1 and (parts[-1].endswith("GB") or parts[-1] in FORMS):
        parts.pop()
    return "-".join(parts)
