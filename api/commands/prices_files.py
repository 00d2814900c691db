"""`gpumix prices import` and `export`: prices in files, in and out."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import AsJson
from catalog import InvalidInputError


def import_prices(
    file: Annotated[str, typer.Argument(help="Contract rates, or a SkyPilot or gpuhunt catalog: CSV, or zip.")],
    provider: Annotated[str | None, typer.Option(help="Whose prices they are, where the file does not say.")] = None,
    as_json: AsJson = False,
) -> None:
    """Store the prices of a file: your contract rates, which beat every list price, or another tool's catalog.

    An import replaces the last one of its kind for the providers it names. A file of contract rates has the columns
    provider, region, instance_type (or gpu and count), term and usd_per_hour; `-` is standard input. What `prices
    export` wrote restores an empty database.

    gpumix prices import rates.csv
    """
    from api.documents import to_json
    from api.render.prices_refresh import import_text
    from catalog import load_catalog
    from pricing.importers import read_price_file
    from pricing.importing import store_import
    from pricing.rates import SETTING, with_rates
    from pricing.references import load_references
    from pricing.restoring import is_export, restore_export
    from pricing.store.price_store import PriceStore

    now, content = datetime.now(UTC), _content(file)
    fetched = None if is_export(content) else read_price_file(file, content, now.date(), provider)
    store = PriceStore.open()
    try:
        references = with_rates(load_references(), os.environ.get(SETTING, ""))
        if fetched is None:
            report = restore_export(store, file, content, now, load_catalog())
        else:
            report = store_import(store, fetched, now, references, load_catalog())
    finally:
        store.close()
    sys.stdout.write(f"{to_json(report) if as_json else import_text(report)}\n")


def export(as_json: AsJson = False) -> None:
    """Print the current prices as CSV, every column; the snapshot's id is the hash of this text.

    gpumix prices export > prices.csv
    """
    from api.documents import to_json
    from api.offers import OfferList, offer_facts
    from pricing.files import write_offers
    from pricing.store.current import current_snapshot

    snapshot = current_snapshot(checked=True)
    document = OfferList(snapshot.snapshot_id, tuple(offer_facts(offer) for offer in snapshot.offers))
    sys.stdout.write(f"{to_json(document)}\n" if as_json else write_offers(snapshot.offers))


def _content(name: str) -> bytes:
    """Return the bytes of a file, or of standard input for `-`. Raises InvalidInputError."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be read: {error.strerror}", "check the path; - is stdin") from error
