"""Options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
NoOwn = Annotated[
    bool, typer.Option("--no-own", help="Leave your own measurements out (GPUMIX_NO_OWN=1 does so everywhere).")
]
RequestFile = Annotated[
    str, typer.Option("--file", "-f", metavar="FILE", help="A PlanRequest in YAML or JSON; - is standard input.")
]
