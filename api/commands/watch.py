"""`gpumix watch`: say when a materially cheaper plan than a saved one exists."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import NoOwn
from api.exits import Exit
from catalog import InvalidInputError

if TYPE_CHECKING:
    from api.watching.checking import Check

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def watch(
    plan: Annotated[str, typer.Argument(metavar="PLAN.json", help="A plan saved with --json; - is standard input.")],
    every: Annotated[str, typer.Option(metavar="TIME", help="How often: 30m, 6h, 1d.")] = "6h",
    once: Annotated[bool, typer.Option("--once", help="Check once and stop, for cron.")] = False,
    threshold: Annotated[
        float, typer.Option(min=0.001, max=1, help="Least saving that is worth a word, as a share of today's cost.")
    ] = 0.05,
    cooldown: Annotated[str, typer.Option(metavar="TIME", help="How long the same thing is not told again.")] = "1d",
    refresh: Annotated[
        bool, typer.Option("--refresh/--no-refresh", help="Fetch prices first; GPUMIX_OFFLINE=1 never does.")
    ] = True,
    provider: Annotated[list[str] | None, typer.Option(help="Refresh only this provider; may be given again.")] = None,
    webhook: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Post alerts here. Better in GPUMIX_WEBHOOK_URL: a command line can be seen."),
    ] = None,
    no_own: NoOwn = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document a line for each check.")] = False,
) -> None:
    """Plan a saved plan's request again on every refresh, and say when another fleet is materially cheaper.

    gpumix ask "10 tok/s at 8K" --json > plan.json && gpumix watch plan.json --every 6h

    gpumix watch plan.json --once --json

    Alerts are marked, and posted to the webhook. Ctrl-C ends it. docs/watch.md describes the documents.
    """
    import time

    from api.answering import Answerer
    from api.documents import from_json
    from api.files import read_text
    from api.watching.memory import Memory
    from api.watching.rounds import Watch
    from api.watching.webhook import Webhook
    from optimizer.fleet.plan import Plan

    pause, quiet = _duration("--every", every), _duration("--cooldown", cooldown)
    saved = from_json(Plan, read_text(plan), plan)
    if not saved.lines:
        raise InvalidInputError(f"plan {saved.plan_id} rents nothing: there is nothing to watch", "save one that fits")
    offline, told = _offline(), Webhook.from_settings(webhook)
    if offline and told is not None:
        raise InvalidInputError("GPUMIX_OFFLINE is set, and a webhook is on the network", "unset one of them")
    watched = Watch(
        plan=saved,
        threshold_fraction=threshold,
        cooldown=quiet,
        memory=Memory(),
        webhook=told,
        refresh=(lambda: _refreshed(provider or ())) if refresh and not offline else tuple,
        answerer=lambda: Answerer.current(own=not no_own),
        clock=lambda: datetime.now(UTC),
        show=_show_json if as_json else _show_text,
    )
    if not once:
        watched.forever(pause, time.sleep)
    elif watched.once().state == "nothing fits":
        raise typer.Exit(Exit.NOTHING_FITS)


def _duration(option: str, text: str) -> timedelta:
    """Return a time such as 30m. Raises InvalidInputError."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if found is None or int(found[1]) == 0:
        raise InvalidInputError(f"{option} {text!r} is no time", "for example 30m, 6h or 1d")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _offline() -> bool:
    import os

    from pricing.providers import ProviderSettings

    return ProviderSettings.from_environment(os.environ, datetime.now(UTC)).offline


def _refreshed(providers: Sequence[str]) -> tuple[str, ...]:
    """Fetch prices; return what went wrong, which leaves a provider's last good prices in place."""
    import os

    from pricing.refresh import refresh_prices

    report = refresh_prices(os.environ, datetime.now(UTC), names=providers)
    failed = tuple(f"{one.provider}: {one.error}" for one in report.providers if one.status == "failed")
    return failed if report.providers else ("no provider could be asked: the stored prices are used",)


def _show_text(found: "Check") -> None:
    from api.render.watch import line_text

    sys.stdout.write(f"{line_text(found)}\n")
    sys.stdout.flush()


def _show_json(found: "Check") -> None:
    import json

    from api.documents import to_plain

    sys.stdout.write(f"{json.dumps(to_plain(found), ensure_ascii=False)}\n")
    sys.stdout.flush()
