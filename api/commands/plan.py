"""`gpumix plan`: a request from a file, its load from a trace if there is one."""

from typing import Annotated, Any

import typer

from api.commands.options import AsJson, NoOwn

MaybeRequestFile = Annotated[
    str | None, typer.Option("--file", "-f", metavar="FILE", help="A PlanRequest in YAML or JSON; - is standard input.")
]
Trace = Annotated[
    str | None,
    typer.Option(metavar="FILE.csv", help="Take the load from a trace (TIMESTAMP, ContextTokens, GeneratedTokens)."),
]
Rate = Annotated[float | None, typer.Option(help="Requests per second, instead of the trace's own.")]


def plan(
    file: MaybeRequestFile = None,
    trace: Trace = None,
    rate: Rate = None,
    no_own: NoOwn = False,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest plan for a PlanRequest in YAML or JSON.

    gpumix plan -f request.yaml

    echo '{"workload": {"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192}}' | gpumix plan -f - --json

    gpumix plan -f request.yaml --trace requests.csv
    """
    from api.answering import Answerer
    from api.commands.planned import show_plan
    from api.files import read_document
    from catalog import InvalidInputError
    from optimizer.request import read_request

    if file is None and trace is None:
        raise InvalidInputError("there is nothing to plan for", "give -f FILE, --trace FILE.csv, or both")
    if rate is not None and trace is None:
        raise InvalidInputError("--rate goes with --trace", "put request_rate_per_s into the request's workload")
    document = {} if file is None else read_document(file)
    request = read_request(document if trace is None else _with_trace(document, trace, rate))
    show_plan(Answerer.current(request.as_of, own=not no_own).plan(request), as_json)


def _with_trace(document: object, trace: str, rate: float | None) -> object:
    """Return a request document with the load of a trace; what else its workload says is kept."""
    from api.files import read_text
    from catalog import InvalidDataError, InvalidInputError
    from optimizer.simulation import read_trace
    from optimizer.traces import workload_of_trace

    try:
        requests = read_trace(read_text(trace))
    except InvalidDataError as error:
        raise InvalidInputError(error.message, "a trace has TIMESTAMP, ContextTokens and GeneratedTokens") from error
    if not isinstance(document, dict):
        return document
    load: dict[str, Any] = workload_of_trace(requests, request_rate_per_s=rate).model_dump(exclude_defaults=True)
    given = document.get("workload", {})
    return {**document, "workload": {**given, **load} if isinstance(given, dict) else given}
