"""`gpumix export`: a plan as what launches it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.exits import Exit
from catalog import InvalidInputError

if TYPE_CHECKING:
    from api.launch import Artefact


def export(
    plan: Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")],
    to: Annotated[
        str,
        typer.Option(
            help="auto (each line by its own engine), vllm, sglang, llama.cpp, trt-llm, bench, skypilot, dstack, "
            "kubernetes or terraform."
        ),
    ] = "auto",
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[FORMAT=]REPO", help="The checkpoint (llama.cpp: file) to serve, for every line or a format."
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE|DIR", help="Write here instead of to stdout.")
    ] = None,
) -> None:
    """Turn a plan into launch commands, files of an orchestrator, or the benchmark that verifies it.

    gpumix ask "10 tok/s at 8K" --json > plan.json && gpumix export plan.json --to kubernetes

    Nothing is started. docs/launch.md describes every target.
    """
    from api.documents import from_json
    from api.files import read_text
    from api.launch import export_plan, read_checkpoints
    from catalog import load_catalog
    from optimizer.fleet.plan import Plan

    document = from_json(Plan, read_text(plan), plan)
    if not document.lines:
        sys.stderr.write(f"gpumix: plan {document.plan_id} rents nothing: there is nothing to launch\n")
        raise typer.Exit(Exit.NOTHING_FITS)
    catalog = load_catalog()
    checkpoints = read_checkpoints(checkpoint or (), document, catalog)
    _write(export_plan(document, to, catalog, checkpoints), output)


def _write(artefacts: "Sequence[Artefact]", output: str | None) -> None:
    """Write to standard output, to a file, or each into a directory. Raises InvalidInputError where that fails."""
    together = "---\n".join(artefact.text for artefact in artefacts)
    if output is None:
        sys.stdout.write(together)
        return
    from api.files import write_file

    path = Path(output)
    if len(artefacts) > 1 and not (path.is_dir() or output.endswith("/")):
        raise InvalidInputError(
            f"these are {len(artefacts)} files: {', '.join(artefact.name for artefact in artefacts)}",
            f"give a directory: -o {output}/",
        )
    try:
        if path.is_dir() or output.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(f"{output} cannot be made: {error.strerror}", "choose another place") from error
    if not path.is_dir():
        write_file(output, together)
        return
    for artefact in artefacts:
        write_file(str(path / artefact.name), artefact.text)
