"""The price snapshot that ships with gpumix: read for every question, so without a validator or a database."""

import hashlib
from functools import lru_cache
from importlib.resources import files

from pricing.errors import PricesMissingError
from pricing.files import count_rejections, read_offers, read_rejections
from pricing.offers import Snapshot
from pricing.rejections import Rejection


@lru_cache(maxsize=1)
def load_snapshot() -> Snapshot:
    """Return the shipped snapshot. Raises PricesMissingError where its file is absent or empty."""
    text = _read("snapshot.csv")
    offers = read_offers(text) if text else ()
    if not offers:
        raise PricesMissingError("the shipped price snapshot has no offers", "write it with: python -m pricing.build")
    return Snapshot(snapshot_id(text), offers, count_rejections(_read("rejected.csv")))


@lru_cache(maxsize=1)
def load_rejections() -> tuple[Rejection, ...]:
    """Return every listed price that the shipped snapshot leaves out, in listing order."""
    text = _read("rejected.csv")
    return read_rejections(text) if text else ()


def snapshot_id(text: str) -> str:
    """Return the id of a snapshot: the hash of its file."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(name: str) -> str:
    try:
        return (files("pricing") / "data" / name).read_text("utf-8")
    except FileNotFoundError:
        return ""
