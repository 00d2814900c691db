"""The user's own evidence: runs that were measured on the user's machines, and coefficients fitted with them.

It travels with the catalog, so whatever is computed from the catalog is computed from it too. A catalog as shipped
has none.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnRun:
    """One run in the catalog's names, per replica; None where a figure was not measured.

    A closed loop has a `concurrency`, an open one a `request_rate_per_s`, neither means an unlimited queue.
    """

    source_id: str
    source_date: str
    model: str
    gpu: str
    quantization: str
    engine: str
    kv_bits: int
    link: str
    tp: int
    pp: int
    nodes: int
    input_tokens: float
    output_tokens: float
    concurrency: float | None
    request_rate_per_s: float | None
    tpot_s: float | None
    ttft_s: float | None
    output_tok_per_s: float | None

    @property
    def mode(self) -> str:
        """Return the kind of load, as published evidence names it."""
        if self.concurrency is not None:
            return "closed"
        return "saturated" if self.request_rate_per_s is None else "open"


@dataclass(frozen=True, slots=True)
class OwnEvidence:
    """Runs, and the CSV text of coefficients that replace the shipped ones (empty: they stay).

    `own_id` is the hash of both, empty without any.
    """

    runs: tuple[OwnRun, ...] = ()
    coefficients: str = ""
    own_id: str = ""

    @classmethod
    def of(cls, runs: Iterable[OwnRun], coefficients: str = "") -> "OwnEvidence":
        """Return the evidence of runs and coefficients."""
        listed = tuple(runs)
        if not listed and not coefficients:
            return NO_OWN
        text = "\n".join((coefficients, *map(repr, listed)))
        return cls(listed, coefficients, hashlib.sha256(text.encode()).hexdigest()[:16])


NO_OWN = OwnEvidence()
