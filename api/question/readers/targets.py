"""How soon the first token comes, how far apart the next ones may be, and for which share of requests."""

from api.question.draft import Draft
from api.question.quantities import Quantity
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import positive
from api.question.readers.phrases import AT_MOST, OR_LESS
from catalog import InvalidInputError

FIRST_TOKEN = (
    "(ttft|time to first token|time to the first token|first token|first token latency|latency to first token|prefill|"
    "first token time|prefill time|prefill latency|time to first byte|first tokens|time till first token|1st token|"
    "time until first token|first word|first response|initial response|initial latency|tttf|tft)"
)
STARTS = (
    "(starts|start|starting|begins|begin|responds|respond|responding) [answering|replying|responding|streaming|"
    "to (answer|respond|reply|stream)]"
)
EACH_TOKEN = (
    "(tpot|itl|time per output token|inter token latency|intertoken latency|token latency|latency per token|"
    "time between tokens|tbt|time per token|decode latency|per token latency|inter token time)"
)
PERCENTILE = (
    "(p<percentile:number>|<percentile:number> (th|st|nd|rd) [percentile|pct]|<percentile:number> percentile|"
    "percentile <percentile:number>|median)"
)


@reads(
    f"[{PERCENTILE}] {FIRST_TOKEN} [{PERCENTILE}] [(comes|arrives|appears|shows up|latency|delay|target|slo)] "
    f"[{AT_MOST}] [{AT_MOST}] [{AT_MOST}] <duration> [{OR_LESS}] [(at|for) [the]] [{PERCENTILE}]",
    f"[{PERCENTILE}] [a|an] [{AT_MOST}] [{AT_MOST}] <duration> [{OR_LESS}] [{PERCENTILE}] (to|until|till|for|"
    f"before) [the] {FIRST_TOKEN}",
    f"[{AT_MOST}] [{AT_MOST}] <duration> [{OR_LESS}] [{PERCENTILE}] {FIRST_TOKEN} [(at|for)] [{PERCENTILE}]",
    f"{STARTS} [{AT_MOST}] [{AT_MOST}] <duration>",
)
def first_token(found: Found, draft: Draft) -> None:
    """Tell the time to first token: `TTFT < 500ms`, `first token under 2 s`, `ttft 2s p95`, `p99 TTFT below 1.5 s`."""
    seconds = positive(found.get("duration", Quantity).value, "a time to first token", found.text, most=86_400)
    draft.ttft_s.say(seconds, found.text)
    _say_percentile(found, draft)


@reads(
    f"[{PERCENTILE}] {EACH_TOKEN} [{PERCENTILE}] [{AT_MOST}] [{AT_MOST}] <duration> [{OR_LESS}] [(at|for)] "
    f"[{PERCENTILE}]",
    f"[{AT_MOST}] [{AT_MOST}] <duration> [{OR_LESS}] [{PERCENTILE}] {EACH_TOKEN} [(at|for)] [{PERCENTILE}]",
    f"[{AT_MOST}] [{AT_MOST}] <duration> (per|/|a|each|every|between) [output] (token|tokens|tok) [(at|for)] "
    f"[{PERCENTILE}]",
)
def each_token(found: Found, draft: Draft) -> None:
    """Tell the time per output token: `50 ms per token`, `TPOT 40ms`, `ITL under 30 ms`, `50ms/token p99`."""
    seconds = positive(found.get("duration", Quantity).value, "a time per output token", found.text, most=3600)
    draft.tpot_ms.say(round(seconds * 1000, 9), found.text)
    _say_percentile(found, draft)


@reads(
    f"[at|@] [the] {PERCENTILE} [latency|latencies]",
    "<share:percent> of [the|all] (requests|users|queries|calls|answers|time)",
)
def percentile(found: Found, draft: Draft) -> None:
    """Tell for which share of requests the targets hold: `p99`, `at the 90th percentile`, `for 99% of requests`."""
    _say_percentile(found, draft)


def _say_percentile(found: Found, draft: Draft) -> None:
    share, number = found.maybe("share", float), found.maybe("percentile", Quantity)
    if share is None and number is None and "median" not in found.text.lower():
        return
    value = round(share * 100, 9) if share is not None else number.value if number else 50.0
    if not 50 <= value <= 99.9:
        raise InvalidInputError(f"{found.text!r}: a percentile is from 50 to 99.9", "say p95 or p99")
    draft.percentile.say(value, found.text)


READERS: tuple[Reader, ...] = (first_token, each_token, percentile)
