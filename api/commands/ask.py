"""`gpumix ask` and `gpumix parse`: a question in plain English."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson, NoOwn

Question = Annotated[str, typer.Argument(help='For example: "cheapest config for 10 tok/s at 8K".')]


def ask(question: Question, no_own: NoOwn = False, as_json: AsJson = False) -> None:
    """Answer a question with the cheapest plan.

    gpumix ask "cheapest config for 10 tok/s at 8K"

    gpumix ask "5 requests/s, 2k in 500 out, llama 3.1 70b, first token under 2 s" --json > plan.json
    """
    from api.answering import Answerer
    from api.commands.planned import show_plan

    answerer = Answerer.current(own=not no_own)
    as_of = answerer.parse(question).request.as_of
    if as_of is not None:  # as it was known then, with what was stored by the end of that day
        answerer = Answerer.current(as_of, own=not no_own)
    show_plan(answerer.ask(question), as_json)


def parse(question: Question, as_json: AsJson = False) -> None:
    """Show how a question is read, without answering it.

    gpumix parse "10 tok/s at 8K on A100, no spot" --json
    """
    from api.answering import Answerer
    from api.documents import to_json
    from api.render.reading import reading_text

    parsed = Answerer.current().parse(question)
    sys.stdout.write(f"{to_json(parsed) if as_json else reading_text(parsed)}\n")
