"""`gpumix mix`: the program on a user's own throughput table."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit


def mix(
    profile: Annotated[str, typer.Option(metavar="FILE.json", help="A throughput table in Mélange's format.")],
    rate: Annotated[float | None, typer.Option(help="Requests per second, instead of the file's own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest mix of GPU types for measured throughputs; reads Mélange's files as they are.

    gpumix mix --profile example.json --rate 30
    """
    from api.documents import to_json
    from api.files import read_document
    from api.render.mix import mix_text
    from optimizer.mix import cheapest_mix, read_profile

    found = cheapest_mix(read_profile(read_document(profile)), rate)
    sys.stdout.write(f"{to_json(found) if as_json else mix_text(found)}\n")
    if found.status == "infeasible":
        raise typer.Exit(Exit.NOTHING_FITS)
