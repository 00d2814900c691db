"""Turn listed prices into offers: each is read, judged against the others, and kept or rejected with a reason."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog import Catalog
from pricing.normalize.choosing import RULES
from pricing.normalize.drafts import Draft
from pricing.normalize.reading import QuoteReader
from pricing.normalize.shapes import ShapeBook
from pricing.offers import Offer
from pricing.quotes import Quote
from pricing.references import References
from pricing.rejections import Rejection

__all__ = ["Normalized", "normalize"]


@dataclass(frozen=True, slots=True)
class Normalized:
    """The offers that stand, in key order, and everything left out, in listing order."""

    offers: tuple[Offer, ...]
    rejections: tuple[Rejection, ...]


def normalize(quotes: Iterable[Quote], references: References, catalog: Catalog) -> Normalized:
    """Return the offers of quotes and every rejection; the order of the quotes changes nothing."""
    reader = QuoteReader(catalog, references, ShapeBook(catalog))
    drafts: list[Draft] = []
    rejections: list[Rejection] = []
    for quote in quotes:
        read = reader.read(quote)
        if isinstance(read, Rejection):
            rejections.append(read)
        else:
            drafts += read
    for rule in RULES:
        struck = {id(draft): draft.reject(reason, detail) for draft, reason, detail in rule(drafts, references)}
        rejections += struck.values()
        drafts = [draft for draft in drafts if id(draft) not in struck]
    offers = tuple(draft.offer for draft in sorted(drafts, key=lambda draft: draft.key))
    return Normalized(offers, tuple(sorted(rejections, key=_listing_order)))


def _listing_order(rejection: Rejection) -> tuple[object, ...]:
    file, _, line = rejection.origin.rpartition(":")
    return file, int(line) if line.isdigit() else 0, rejection.term, rejection.instance_type, rejection.reason
