"""Requests or tokens in a period: `5 req/s`, `1M requests a day`, `50M tokens a day`."""

from api.question.draft import Draft
from api.question.quantities import Quantity
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import positive
from api.question.readers.load import EACH, HEAD, TOTAL
from api.question.readers.phrases import AT_LEAST, AT_MOST

REQUEST = (
    "(requests|request|reqs|req|rq|r|queries|query|q|calls|call|prompts|messages|message|msgs|completions|generations|"
    "inferences|api calls|api requests|chats|jobs|documents|docs|questions|invocations|articles|summaries|emails|"
    "tickets)"
)
PER = "(per|/|a|an|each|every|in a|p)"
ABOUT = f"[{AT_LEAST}|{AT_MOST}]"
TOKEN = "(tokens|token|toks|tok)"
SHORT_RATES = {"rps": 1, "qps": 1, "rpm": 60, "qpm": 60, "rph": 3600, "rpd": 86400}


@reads(
    f"{ABOUT} <number> {REQUEST} {PER} <period>",
    f"{ABOUT} <number> {REQUEST} <period>",
    f"(request rate|arrival rate|rate|load|traffic) [of|=|is] <number> {REQUEST} {PER} <period>",
    f"{PER} <period> <number> {REQUEST}",
)
def request_rate(found: Found, draft: Draft) -> None:
    """Tell the request rate: `5 req/s`, `300 requests per minute`, `1M requests/day`, `2000 messages an hour`."""
    draft.request_rate_per_s.say(_rate(found, found.get("period", float)), found.text)


@reads(*(f"{ABOUT} <number> {unit}" for unit in SHORT_RATES), *(f"{unit} [of|=|is] <number>" for unit in SHORT_RATES))
def short_request_rate(found: Found, draft: Draft) -> None:
    """Tell the request rate in short: `5 rps`, `300 RPM`, `QPS of 2`."""
    unit = next(unit for unit in SHORT_RATES if unit in found.text.lower())
    draft.request_rate_per_s.say(_rate(found, SHORT_RATES[unit]), found.text)


@reads(
    f"{ABOUT} <number> {REQUEST} {EACH} {PER} <period>",
    f"{ABOUT} <number> {REQUEST} {PER} <period> {EACH}",
    f"(each|every) [{HEAD}] [sends|sending|makes|making|asks|asking|send|make|ask] <number> {REQUEST} {PER} <period>",
    f"[each] (sends|sending|makes|making|asking|send) <number> {REQUEST} {PER} <period> each",
)
def request_rate_of_each(found: Found, draft: Draft) -> None:
    """Tell the request rate of every user: `2 requests per minute per user`, `each sending 3 messages an hour`."""
    draft.request_rate_per_user.say(_rate(found, found.get("period", float)), found.text)


@reads(
    f"{ABOUT} <number> [output|generated|completion|generation] {TOKEN} {PER} <period:long_period> [{TOTAL}]",
    f"{ABOUT} <number> [output|generated] {TOKEN} <period:long_period>",
    f"(generate|generating|produce|producing|process|processing) <number> {TOKEN} {PER} <period:long_period>",
    f"{ABOUT} <number> tpm",
)
def tokens_in_a_period(found: Found, draft: Draft) -> None:
    """Tell the tokens of a period: `50M tokens a day`, `1B output tokens per month`, `60k TPM`."""
    draft.assume(f"“{found.text}” counts generated tokens, spread evenly over the period.")
    draft.tok_per_s_by_volume.say(_rate(found, found.maybe("period", float) or 60), found.text)


@reads(
    f"{ABOUT} <number> [output|generated] {TOKEN} {EACH} {PER} <period:long_period>",
    f"{ABOUT} <number> [output|generated] {TOKEN} {PER} <period:long_period> {EACH}",
)
def tokens_of_each_in_a_period(found: Found, draft: Draft) -> None:
    """Tell the tokens of every user in a period: `50k tokens per user per day`."""
    draft.assume(f"“{found.text}” counts generated tokens, spread evenly over the period.")
    draft.tok_per_s_per_head.say(_rate(found, found.get("period", float)), found.text)


def _rate(found: Found, seconds: float) -> float:
    """Return a number of things in `seconds` as a rate per second; of a range, its upper end."""
    return positive(found.get("number", Quantity).value / seconds, "a rate per second", found.text, most=1e7)


READERS: tuple[Reader, ...] = (
    request_rate,
    short_request_rate,
    request_rate_of_each,
    tokens_in_a_period,
    tokens_of_each_in_a_period,
)
