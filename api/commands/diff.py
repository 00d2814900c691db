"""`gpumix diff`: a saved plan against the same request on other prices, against another request, or another plan."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit

if TYPE_CHECKING:
    from api.prices_named import NamedPrices
    from catalog import Catalog

PlanFile = Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")]
OtherFile = Annotated[
    str | None, typer.Argument(metavar="[OTHER.json]", help="Another saved plan, instead of planning again.")
]
PRICES = "a day (what was stored by its end), history:DAY, a snapshot id, now, shipped, or a file of prices export"
Now = Annotated[str, typer.Option(metavar="PRICES", help=f"The prices to plan with: {PRICES}.")]
Then = Annotated[
    str | None, typer.Option(metavar="PRICES", help="The prices of before, instead of the saved plan's own; as --now.")
]
Request = Annotated[
    str | None, typer.Option("--request", metavar="FILE", help="Another PlanRequest to plan with, in YAML or JSON.")
]
FactsFolder = Annotated[
    Path | None, typer.Option("--facts", metavar="DIR", help="The catalog/data of the gpumix that made the plan.")
]


def diff(
    plan: PlanFile,
    other: OtherFile = None,
    now: Now = "now",
    then: Then = None,
    request: Request = None,
    facts: FactsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say why a plan's cost changed: prices, catalog, calibration, request; each step solved, adding up to the change.

    gpumix ask "10 tok/s at 8K" --json > plan.json; later: gpumix diff plan.json

    gpumix diff plan.json --then 2026-08-01 --now 2026-11-01

    gpumix diff plan.json --request larger.yaml

    gpumix diff old.json new.json

    Catalog, calibration, prices and request are exchanged one after the other, as far as those of then can be opened:
    stored prices are found by the plan's snapshot id.
    """
    from api.answering import Answerer
    from api.differing import Against, answer_difference, facts_of
    from api.documents import from_json, to_json
    from api.files import read_document, read_text
    from api.render.difference import difference_text
    from catalog import InvalidInputError
    from optimizer.fleet.plan import Plan
    from optimizer.request import read_request

    if other is not None and (request is not None or now != "now"):
        raise InvalidInputError(f"{other} has its own request and prices", "leave --request and --now out")
    answerer = Answerer.current()
    found = answer_difference(
        from_json(Plan, read_text(plan), plan),
        Against(
            prices=_prices(now, answerer.catalog),
            plan=None if other is None else from_json(Plan, read_text(other), other),
            request=None if request is None else read_request(read_document(request)),
            then=None if then is None else _prices(then, answerer.catalog),
            facts=() if facts is None else (facts_of(facts),),
        ),
        answerer.catalog,
    )
    sys.stdout.write(f"{to_json(found) if as_json else difference_text(found)}\n")
    if found.plan.status == "infeasible":
        raise typer.Exit(Exit.NOTHING_FITS)


def _prices(name: str, catalog: "Catalog") -> "NamedPrices":
    from api.prices_named import prices_named, prices_of_export

    return prices_of_export(name, catalog) if Path(name).is_file() else prices_named(name)
