"""How sure the plan must be to keep its targets, by the spread of comparable measurements."""

from api.question.draft import Draft
from api.question.reader import Found, Reader, reads
from catalog import InvalidInputError

SURE = (
    "(sure|certain|confident|safe|confidence|certainty|probability|chance|likelihood|confidence level|probability of "
    "success|chance of success)"
)
CAUTIOUS = 0.9


@reads(
    f"[(be|being|to be)] [(with|at|by|a)] [(at least|about|over)] <share:percent> {SURE} "
    "[(that it (works|holds)|to keep (it|them|the targets)|to meet (it|them|the targets))]",
    f"[with] {SURE} [(of|is|=|at)] [(at least|about|over)] <share:percent>",
)
def confidence(found: Found, draft: Draft) -> None:
    """Tell how sure to be: `90% sure`, `with 80% confidence`, `95% certain`, `confidence of 90%`."""
    share = found.get("share", float)
    if not 0.5 <= share < 1:
        raise InvalidInputError(f"{found.text!r}: a confidence is from 50% to below 100%", "say 90% sure")
    draft.confidence.say(share, found.text)


@reads(
    "(conservative|conservatively|cautious|cautiously|pessimistic|pessimistically|worst case|safe side|"
    "on the safe side|to be safe|to be on the safe side|play it safe)"
)
def cautious(found: Found, draft: Draft) -> None:
    """Tell to be sure without a number: `conservative`, `to be on the safe side`."""
    draft.assume(f"“{found.text}” is 90% sure: the targets are kept in nine of ten comparable cases.")
    draft.confidence.say(CAUTIOUS, found.text)


READERS: tuple[Reader, ...] = (confidence, cautious)
