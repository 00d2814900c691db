"""Options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
RequestFile = Annotated[
    str, typer.Option("--file", "-f", metavar="FILE", help="A PlanRequest in YAML or JSON; - is standard input.")
]
