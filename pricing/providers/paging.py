"""Read page after page, and notice a provider that gives the same page twice."""

from collections.abc import Callable, Iterator
from typing import Any

from pricing.errors import ProviderError
from pricing.providers.base import Basket

MOST_PAGES = 2000


def pages(
    read: Callable[[str | None], Any], following: Callable[[Any], Any], basket: Basket, where: str
) -> Iterator[Any]:
    """Yield pages until none follows. `read` takes what `following` found in the page before; at first None.

    A page that cannot be read, or was there already, ends the reading and is a gap of the basket: an error only where
    it is the first.
    """
    seen: set[str | int] = set()
    token: str | None = None
    for number in range(1, MOST_PAGES + 1):
        try:
            page = read(token)
        except ProviderError as error:
            if number == 1:
                raise
            basket.gap(f"{where} page {number}", error)
            return
        if (likeness := hash(repr(page))) in seen:
            basket.gap(f"{where} page {number}", ProviderError("repeats an earlier page; what follows is not read"))
            return
        yield page
        token = following(page)
        if not token:
            return
        if not isinstance(token, str):
            basket.gap(f"{where} page {number + 1}", ProviderError("is named by no text; it is not read"))
            return
        if token in seen:
            basket.gap(f"{where} page {number + 1}", ProviderError("is a page that was read already"))
            return
        seen |= {token, likeness}
    basket.gap(where, ProviderError(f"has more than {MOST_PAGES} pages; the rest is not read"))
