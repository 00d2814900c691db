"""Ready answers: what an address was answered before is sent again before anything is routed or read.

Only answers that are a function of the address, the prices of the moment and the day are kept (`respond(again=True)`).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from api.answering import Answerer
from api.http.responses import Sendable
from catalog import GpumixError

MOST_ANSWERS = 256
MOST_BYTES = 16 * 2**20
LONGEST_ADDRESS_BYTES = 2048
Address = tuple[str, bytes]
"""(path, query string without a key)."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer and what it is of."""

    answerer: Answerer
    day: date
    sendable: Sendable


class ReadyAnswers:
    """A bounded store of answers by address; the one that was not asked for the longest makes room."""

    def __init__(self, now: Callable[[], Answerer], today: Callable[[], date], most_bytes: int = MOST_BYTES) -> None:
        self._now, self._today, self._most_bytes = now, today, most_bytes
        self._kept: OrderedDict[Address, _Kept] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, address: Address) -> Sendable | None:
        """Return the answer to an address, or None where there is none of these prices and this day."""
        kept = self._kept.get(address)
        if kept is None:
            return None
        if kept.day != self._today() or kept.answerer is not self._moment():
            self._drop(address)
            return None
        self._kept.move_to_end(address)
        return kept.sendable

    def keep(self, address: Address, sendable: Sendable) -> None:
        """Keep the answer to an address."""
        answerer = self._moment()
        if answerer is None or len(address[0]) + len(address[1]) > LONGEST_ADDRESS_BYTES:
            return
        if address in self._kept:
            self._drop(address)
        self._kept[address] = _Kept(answerer, self._today(), sendable)
        self._bytes += sendable.size_bytes
        while self._kept and (self._bytes > self._most_bytes or len(self._kept) > MOST_ANSWERS):
            self._drop(next(iter(self._kept)))

    def _drop(self, address: Address) -> None:
        self._bytes -= self._kept.pop(address).sendable.size_bytes

    def _moment(self) -> Answerer | None:
        """Return the answerer of the moment, or None where its prices are missing or too old to answer with."""
        try:
            return self._now()
        except GpumixError:
            return None
