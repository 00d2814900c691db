"""Prices over time as text."""

from itertools import groupby, pairwise

from api.history import HistoryItem, PriceHistory
from api.render import words
from api.render.tables import table_text


def history_text(document: PriceHistory) -> str:
    """Return a block for each offer: its prices from the oldest on, with the change from one to the next."""
    blocks = [_offer_text(list(items)) for _, items in groupby(document.items, key=_offer_name)]
    offers, prices = words.plural(len(blocks), "offer"), words.plural(len(document.items), "price")
    return "\n\n".join((*blocks, f"{prices} of {offers}; no price is known between two looks"))


def _offer_text(items: list[HistoryItem]) -> str:
    changes = ["", *(f"{now.usd_per_hour / then.usd_per_hour - 1:+.1%}" for then, now in pairwise(items))]
    rows = [
        (item.first_seen, item.last_seen, words.money(item.usd_per_hour), change, item.source)
        for item, change in zip(items, changes, strict=True)
    ]
    table = table_text(("first seen", "last seen", "$/h", "change", "source"), rows, right=(2, 3))
    return f"{_offer_name(items[0])}\n{table}"


def _offer_name(item: HistoryItem) -> str:
    place = item.region if item.zone is None else f"{item.region} {item.zone}"
    gpus = f" ({item.gpus_per_instance} x {words.gpu(item.gpu)})" if item.gpu and item.gpus_per_instance else ""
    series = f", {item.series}" if item.series else ""
    return f"{item.provider} {place} {item.instance_type}{gpus} {words.term(item.term)}{series}"
