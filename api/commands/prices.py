"""`gpumix prices`: what the prices are, how old, what they were, and how to get newer ones."""

import sys
from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

from api.commands.options import AsJson
from api.commands.prices_files import export, import_prices
from api.commands.prices_history import history
from api.commands.prices_refresh import refresh
from api.commands.prices_status import status
from catalog import InvalidInputError

app = typer.Typer(help="The prices: offers, ages, history, and everything left out.", no_args_is_help=True)
app.command("refresh")(refresh)
app.command("status")(status)
app.command("history")(history)
app.command("import")(import_prices)
app.command("export")(export)


@app.command("list")
def list_offers(
    provider: Annotated[str | None, typer.Option(help="Only this provider.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region, zone or continent.")] = None,
    gpu: Annotated[str | None, typer.Option(help="Only this GPU, or a family such as A100.")] = None,
    term: Annotated[str | None, typer.Option(help="Only this term: on_demand, spot, reserved_1y, ...")] = None,
    tier: Annotated[
        str | None, typer.Option(help="Only this tier: hyperscaler, neocloud, marketplace, tracker.")
    ] = None,
    instance_type: Annotated[str | None, typer.Option(help="Only this instance type.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="As known on this day.")] = None,
    as_json: AsJson = False,
) -> None:
    """List offers, the cheapest per GPU first.

    gpumix prices list --gpu A100 --term on_demand --provider azure
    """
    from api.documents import to_json
    from api.listing import OfferFilter, find_offers
    from api.offers import OfferList
    from api.render.prices import offers_text
    from catalog import load_catalog
    from pricing.store.current import current_snapshot

    day = _day(as_of)
    snapshot = current_snapshot(as_of=None if day is None else datetime.combine(day, time.max, UTC))
    wanted = OfferFilter(
        provider=provider, region=region, gpu=gpu, term=term, tier=tier, instance_type=instance_type, as_of=day
    )
    document = OfferList(snapshot_id=snapshot.snapshot_id, items=find_offers(snapshot, load_catalog(), wanted))
    sys.stdout.write(f"{to_json(document) if as_json else offers_text(document)}\n")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"--as-of {text!r} is no day", "write it as 2026-08-01") from error
