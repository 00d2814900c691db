"""`gpumix prices refresh`: fetch the prices of the clouds and store them."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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
    from catalog import load_catalog
    from pricing.errors import NotConfiguredError
    from pricing.providers import ProviderSettings, find_providers
    from pricing.references import load_references
    from pricing.refresh import Refresher
    from pricing.store.price_store import PriceStore

    settings = ProviderSettings.from_environment(os.environ, datetime.now(UTC), tuple(region or ()))
    providers = find_providers()
    try:
        settings.check_online("prices")
    except NotConfiguredError as error:
        sys.stderr.write(f"gpumix: {error.message}\n  {error.hint}\n")
        raise typer.Exit(Exit.PROVIDER) from error
    store = PriceStore.open()
    try:
        refresher = Refresher(store, settings, load_references(), load_catalog(), dry_run, accept)
        with _bars(provider or sorted(providers)) as progress:
            report = refresher.refresh(providers, provider or (), progress)
    finally:
        store.close()
    sys.stdout.write(f"{to_json(report) if as_json else refresh_text(report)}\n")
    if report.failed:
        raise typer.Exit(Exit.PROVIDER)


@contextmanager
def _bars(names: list[str]) -> Iterator[Callable[[str, int], None]]:
    """Yield what is told of each provider's items: a line for each on a terminal, nothing on a pipe."""
    if not sys.stderr.isatty():
        yield lambda name, items: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} items")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {name: progress.add_task(name, total=None) for name in names}
        yield lambda name, items: progress.advance(tasks[name], items)
