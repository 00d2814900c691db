"""`gpumix prices`: what the prices are, how old, and what was left out."""

import sys
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from api.commands.options import AsJson
from catalog import InvalidInputError, UnknownNameError

app = typer.Typer(help="The prices: offers, ages, and everything left out with its reason.", no_args_is_help=True)


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Show, per provider, how many offers there are, how old, and what was rejected or quarantined and why."""
    from api.documents import to_json
    from api.render.prices import status_text
    from pricing import load_rejections, load_snapshot, prices_status

    document = prices_status(load_snapshot(), load_rejections(), datetime.now(UTC).date())
    sys.stdout.write(f"{to_json(document) if as_json else status_text(document)}\n")


@app.command("list")
def list_offers(
    provider: Annotated[str | None, typer.Option(help="Only this provider.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region, zone or continent.")] = None,
    gpu: Annotated[str | None, typer.Option(help="Only this GPU, or a family such as A100.")] = None,
    term: Annotated[str | None, typer.Option(help="Only this term: on_demand, spot, reserved_1y, ...")] = None,
    tier: Annotated[
        str | None, typer.Option(help="Only this tier: hyperscaler, neocloud, marketplace, tracker.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Only prices seen by this day.")] = None,
    as_json: AsJson = False,
) -> None:
    """List offers, the cheapest per GPU first.

    gpumix prices list --gpu A100 --term on_demand --provider azure
    """
    from api.documents import to_json
    from api.offers import OfferList, offer_facts
    from api.render.prices import offers_text
    from catalog import load_catalog
    from pricing import load_snapshot, select_offers

    snapshot, catalog = load_snapshot(), load_catalog()
    _check("provider", provider, {offer.provider for offer in snapshot.offers})
    _check("term", term, {offer.term for offer in snapshot.offers})
    _check("tier", tier, {offer.tier for offer in snapshot.offers})
    places = {place for offer in snapshot.offers for place in (offer.region, offer.zone, offer.continent) if place}
    _check("region", region, places)
    chosen = select_offers(
        snapshot.offers,
        provider=provider,
        region=region,
        gpu_ids=catalog.gpus_named(gpu) if gpu else None,
        term=term,
        tier=tier,
    )
    last = _day(as_of)
    items = [offer_facts(offer) for offer in chosen if last is None or offer.observed_at <= last]
    items.sort(key=lambda item: (item.usd_per_hour / item.gpus_per_instance, item.provider, item.instance_type))
    document = OfferList(snapshot_id=snapshot.snapshot_id, items=tuple(items))
    sys.stdout.write(f"{to_json(document) if as_json else offers_text(document)}\n")


def _check(kind: str, name: str | None, known: set[str]) -> None:
    if name is not None and name.lower() not in {candidate.lower() for candidate in known}:
        raise UnknownNameError(kind, name, known)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"--as-of {text!r} is no day", "write it as 2026-08-01") from error
