"""`gpumix candidates`: the columns of the mixed-integer program, before it is solved."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson, NoOwn, RequestFile


def candidates(
    file: RequestFile,
    as_json: AsJson = False,
    pruned: Annotated[bool, typer.Option("--pruned", help="Only the columns that survive dominance pruning.")] = False,
    no_own: NoOwn = False,
) -> None:
    """List every way to serve a request, with its price and capacity, for you to solve on your own.

    gpumix candidates -f request.yaml --json

    n instances of an offer hold replicas while the sum of gpus_per_replica x replicas is at most gpus x n; every
    bucket, or all users, must be served; the cost is the sum of usd_per_hour x n.
    """
    from api.answering import Answerer
    from api.documents import to_json
    from api.files import read_document
    from api.render.tables import candidates_text
    from optimizer.fleet.document import candidates_document
    from optimizer.request import read_request

    asked = read_request(read_document(file))
    answerer = Answerer.current(asked.as_of, own=not no_own)
    request = answerer.resolve(asked)
    document = candidates_document(request, answerer.snapshot, answerer.catalog, pruned=pruned)
    sys.stdout.write(f"{to_json(document) if as_json else candidates_text(document)}\n")
