"""Judge each claim of the model card by what the catalog computes, so that a stored verdict cannot lie.

The rule. A figure agrees when the computed value is within 3% of the claim, or of the nearer end of its range, or
rounds to it, in the unit that the card states: what agrees only when GB is read as GiB disagrees. Counts (layers,
tokens, GPUs) must be equal. A statement agrees when the check finds what it says. Speeds and prices are decided by
`deciders`, where there are any.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catalog.claim_checks import FIGURES, STATEMENTS, Case
from catalog.errors import InvalidInputError, UnknownNameError
from catalog.facts import Claim, Verdict
from catalog.loading import Catalog

TOLERANCE_FRACTION = 0.03
EXACT_UNITS = frozenset({"layers", "tokens", "GPUs"})
UNDECIDED = frozenset({"performance", "price", "not checkable"})


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim, the value that we compute for it (None: nothing to compute) and the verdict that follows."""

    claim: Claim
    computed: float | None
    unit: str
    verdict: Verdict
    because: str

    @property
    def amount(self) -> str:
        """The computed value as text, `243.1`; empty where there is none."""
        if self.computed is None:
            return ""
        digits = ",.0f" if abs(self.computed) >= 1000 else ".1f" if abs(self.computed) >= 10 else ".3g"
        text = format(self.computed, digits)
        return text.rstrip("0").rstrip(".") if "." in text else text


Decider = Callable[[Case], CheckedClaim]
NO_DECIDERS: Mapping[str, Decider] = MappingProxyType({})


def check_claims(catalog: Catalog, deciders: Mapping[str, Decider] = NO_DECIDERS) -> tuple[CheckedClaim, ...]:
    """Return every claim of the catalog with its verdict, in the order of the card's table.

    `deciders` settle the kinds of check that the catalog alone cannot: `performance`, `price`.
    """
    return tuple(check_claim(catalog, claim, deciders) for claim in catalog.claims.values())


def check_claim(catalog: Catalog, claim: Claim, deciders: Mapping[str, Decider] = NO_DECIDERS) -> CheckedClaim:
    """Return one claim with its verdict. Raises UnknownNameError for a check or a fact that does not exist."""
    case = Case(catalog, claim)
    if claim.check in deciders:
        return deciders[claim.check](case)
    if claim.check in FIGURES:
        unit, figure = FIGURES[claim.check]
        computed = figure(case)
        return CheckedClaim(claim, computed, unit, _compare(claim, computed), claim.because)
    if claim.check in STATEMENTS:
        unit, statement = STATEMENTS[claim.check]
        found, holds = statement(case)
        return CheckedClaim(claim, found, unit, "agrees" if holds else "disagrees", claim.because)
    if claim.check in UNDECIDED:
        return CheckedClaim(claim, None, claim.unit, "cannot be checked", claim.because)
    raise UnknownNameError("check", claim.check, [*FIGURES, *STATEMENTS, *UNDECIDED])


def _compare(claim: Claim, computed: float) -> Verdict:
    if claim.value is None:
        raise InvalidInputError(f"claim {claim.claim_id} states no value", f"{claim.check} compares one")
    low, high = claim.value, claim.value if claim.value_high is None else claim.value_high
    return "agrees" if low - _slack(claim, low) <= computed <= high + _slack(claim, high) else "disagrees"


def _slack(claim: Claim, value: float) -> float:
    """Return how far from a stated value still agrees: 3%, or half of its last decimal (0.5 is 0.45 to 0.55)."""
    if claim.unit in EXACT_UNITS:
        return 0.0
    decimals = len(f"{value:g}".partition(".")[2])
    return max(value * TOLERANCE_FRACTION, 0.5 * 10.0**-decimals)
