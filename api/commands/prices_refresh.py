"""`gpumix prices refresh`: fetch the prices of the clouds and store them."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit


def refresh(
    provider: Annotated[list[str] | None, typer.Option(help="Only this provider; may be given again.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Only this region; may be given again.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Believe large changes at once, quarantine none of them.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and judge, but store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch the prices of the clouds and store them; a provider that fails keeps its last good prices.

    gpumix prices refresh --provider azure --provider lambda
    """
    from api.documents import to_json
    from api.render.prices_refresh import refresh_text
    from pricing.errors import NotConfiguredError
    from pricing.refresh import refresh_prices

    try:
        with _bars() as progress:
            report = refresh_prices(
                os.environ,
                datetime.now(UTC),
                names=provider or (),
                regions=region or (),
                progress=progress,
                dry_run=dry_run,
                accept=accept,
            )
    except NotConfiguredError as error:
        sys.stderr.write(f"gpumix: {error.message}\n  {error.hint}\n")
        raise typer.Exit(Exit.PROVIDER) from error
    sys.stdout.write(f"{to_json(report) if as_json else refresh_text(report)}\n")
    if report.failed:
        raise typer.Exit(Exit.PROVIDER)


@contextmanager
def _bars() -> Iterator[Callable[[str, int], None]]:
    """Yield what is told of each provider's items: a line for each on a terminal, nothing on a pipe."""
    if not sys.stderr.isatty():
        yield lambda provider, items: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    count = TextColumn("{task.completed:,.0f} items")
    columns = SpinnerColumn(), TextColumn("{task.description:<12}"), count, TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, TaskID] = {}
        lock = Lock()

        def advance(provider: str, items: int) -> None:
            with lock:
                if provider not in tasks:
                    tasks[provider] = progress.add_task(provider, total=None)
            progress.advance(tasks[provider], items)

        yield advance
