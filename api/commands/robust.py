"""`gpumix robust`: the plan that is safe against prices being old."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit

Asked = Annotated[str, typer.Argument(metavar="QUESTION|FILE", help="A question, or a request in YAML or JSON.")]
Quantile = Annotated[float, typer.Option(min=0.5, max=0.99, help="Upper end of each price's likely range.")]


def robust(asked: Asked, quantile: Quantile = 0.9, as_json: AsJson = False) -> None:
    """Plan against the upper end of where prices of their age have gone, beside the plan at listed prices.

    gpumix robust "8 users at 20 tok/s, 8k, llama 3.1 70b"

    gpumix robust request.yaml --quantile 0.8 --json

    It says how old each used price is, its likely range by the price history of its provider and term (of its trust
    tier, its term or all prices, where that is too short), how far it may rise before another fleet is as cheap, what
    may be regretted, and what being safe costs.
    """
    from api.answering import Answerer
    from api.documents import to_json
    from api.files import read_document
    from api.render.robust import robust_text
    from api.robust import answer_robust, drift_of
    from optimizer.request import read_request

    answerer = Answerer.current()
    is_file = asked == "-" or Path(asked).is_file()
    request = read_request(read_document(asked)) if is_file else answerer.parse(asked).request
    if request.as_of is not None:
        answerer = Answerer.current(request.as_of)
    found = answer_robust(answerer, request, drift_of(answerer), quantile=quantile)
    sys.stdout.write(f"{to_json(found) if as_json else robust_text(found)}\n")
    if found.listed is None or found.robust is None:
        raise typer.Exit(Exit.NOTHING_FITS)
