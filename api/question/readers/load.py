"""How many users, and how fast each of them or all together."""

from api.question.draft import Draft
from api.question.quantities import Quantity
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import count, positive
from api.question.readers.phrases import AT_LEAST, AT_MOST, OR_MORE
from catalog import InvalidInputError

PEOPLE = (
    "(users|user|usrs|people|persons|person|developers|developer|devs|dev|engineers|engineer|employees|colleagues|"
    "students|customers|clients|client|agents|agent|analysts|researchers|readers|chatters|seats|humans|folks|members|"
    "staff|testers|players|writers|programmers|coders|viewers|visitors|subscribers|workers|teammates)"
)
STREAMS = (
    "(streams|stream|sessions|session|conversations|conversation|chats|connections|threads|sequences|seqs|slots|"
    "tenants|callers|bots)"
)
REQUESTS = (
    "(requests|request|reqs|req|queries|query|calls|call|prompts|prompt|generations|completions|jobs|inferences|"
    "messages|chats)"
)
AT_ONCE = (
    "(at once|in parallel|at a time|at the same time|concurrently|simultaneously|concurrent|simultaneous|in flight|"
    "online|active)"
)
ACTIVE = (
    "[(are|is|being|will be)] (active|online|busy|concurrent|simultaneous|using it|logged in|connected|in use|working)"
)
CONCURRENT = "(concurrent|simultaneous|parallel|active|always active|real|online|busy|human|internal|external|virtual)"
WHOSE = (
    "(support|customer support|customer service|service|sales|call center|call centre|contact center|help desk|"
    "helpdesk|enterprise|business|corporate|office|field|power|beta|pilot|test|premium|paying|paid|free|remote|software|"
    "ml|data|research|medical|clinical|legal|technical|back office|front office)"
)
SECOND = "(s|sec|secs|second|seconds|sek)"
TOKENS = (
    "(tok|toks|token|tokens|tokn|tokns|tkn|tkns|tks|tk|t|tokes|tokens output|output tokens|output tok|generated tokens)"
)
SPEED_UNIT = f"({TOKENS} (/|per|a|each|every|pr|p|in a) {SECOND}|tps|tokps|toks|tkps|otps|{TOKENS} {SECOND})"
HEAD = (
    "(user|users|u|usr|person|developer|dev|engineer|stream|session|request|req|seat|client|customer|conversation|"
    "chat|agent|sequence|seq|head|one|employee|student|reader|query)"
)
EACH = (
    f"(each|apiece|individually|a head|per {HEAD}|/ {HEAD}|for (each|every) {HEAD}|to (each|every) {HEAD}|a {HEAD}|"
    f"for each|for a single {HEAD}|(each|every) {HEAD})"
)
TOTAL = (
    "(in total|in aggregate|total|totals|aggregate|aggregated|overall|combined|altogether|all together|throughput|"
    "in all|of throughput|total throughput|output throughput|throughput total|aggregate throughput|system throughput|"
    "across all users|across users|for all users|for all|for everyone|system wide|cluster wide|batch throughput|"
    "for the whole (team|system|cluster|fleet|company)|sum|cumulative|collectively)"
)
OFFLINE_WORK = "(job|jobs|work|workload|processing|inference|generation|pipeline|run|runs|mode)"


@reads(
    f"[{AT_MOST}|{AT_LEAST}] <number> [{CONCURRENT}] [{CONCURRENT}|{WHOSE}] {PEOPLE}",
    f"[number of] {PEOPLE} [=|of|is] <number>",
    f"(team|group|company|class|startup|department|office|lab|crowd) of <number> [{PEOPLE}]",
    "<number> (person|people|head|man|user|developer) (team|group|company|class|startup|office|lab|shop)",
    "(a team of us|team of) <number>",
)
def users(found: Found, draft: Draft) -> None:
    """Tell how many users: `50 users`, `a team of 12`, `for 8 developers`, `users=20`, `12-person team`."""
    draft.users.say(count(found, "users"), found.text)


@reads(
    f"[{AT_MOST}|{AT_LEAST}] <number> [{CONCURRENT}] {STREAMS}",
    f"[{AT_MOST}|{AT_LEAST}] <number> {CONCURRENT} {REQUESTS}",
    f"<number> [{PEOPLE}|{STREAMS}|{REQUESTS}] {AT_ONCE}",
    f"(concurrency|concurrency level|concurrent {PEOPLE}|concurrent {REQUESTS}|parallelism|batch|batch size|bs) "
    "[of|=|is|at] <number>",
    "<number> (concurrency|way concurrency|way concurrent)",
)
def concurrency(found: Found, draft: Draft) -> None:
    """Tell how many streams at once: `8 concurrent requests`, `16 streams`, `concurrency 32`, `8 at a time`."""
    draft.concurrency.say(count(found, "concurrent streams"), found.text)


@reads(
    f"[with|and] [{AT_MOST}|{AT_LEAST}] <share:percent> [of (them|whom|these|{PEOPLE}|the {PEOPLE}|all {PEOPLE})] "
    f"{ACTIVE} [{AT_ONCE}] [(at peak|at the peak|at most)]",
    f"[with|and] [{AT_MOST}|{AT_LEAST}] <share:percent> [of (them|whom|these|{PEOPLE}|the {PEOPLE}|all {PEOPLE})] "
    f"({AT_ONCE}|at peak|at the peak|concurrency|simultaneity)",
)
def active_share(found: Found, draft: Draft) -> None:
    """Tell which share of the users is active: `15% active at once`, `10% of them online`, `with 5% concurrency`."""
    share = found.get("share", float)
    if not 0 < share <= 1:
        raise InvalidInputError(f"{found.text!r}: a share is more than 0% and at most 100%", "say 10% active at once")
    draft.active_share.say(share, found.text)


@reads(
    f"(one|a|single|a single|only one|just one|1) ({PEOPLE}|{STREAMS}|concurrent request|concurrent user|person)",
    "(just me|only me|just for me|only for me|me alone|myself|personal use|just myself)",
    "(single user|single stream|single tenant|one user|batch size one)",
)
def alone(found: Found, draft: Draft) -> None:
    """Tell that one person uses it: `single user`, `just me`, `one stream`, `for personal use`."""
    draft.users.say(1, found.text)


@reads(
    f"[{AT_LEAST}] <number> [{OR_MORE}] {SPEED_UNIT} [{OR_MORE}] [decode|decoding|generation|output] [speed]",
    f"(speed|decode speed|generation speed|output speed|tok/s|tokens/s|tps|tokens per second) [{AT_LEAST}|of] "
    f"<number> [{SPEED_UNIT}]",
)
def speed(found: Found, draft: Draft) -> None:
    """Tell the decode speed: `10 tok/s`, `at least 20 tokens per second`, `30 tps`, `25+ t/s`, `speed of 15`."""
    draft.tok_per_s.say(_slowest(found, draft), found.text)


@reads(
    f"[{AT_LEAST}] <number> [{OR_MORE}] {SPEED_UNIT} [{OR_MORE}] [for] {EACH} [{OR_MORE}]",
    f"{EACH} [gets|get|needs|reading|reads|should get|speed|wants|sees] [{AT_LEAST}] <number> {SPEED_UNIT}",
)
def speed_of_each(found: Found, draft: Draft) -> None:
    """Tell the speed of every user: `10 tok/s each`, `10 tok/sec/user`, `each at 15 tok/s`, `20 tps per stream`."""
    draft.tok_per_s_per_user.say(_slowest(found, draft), found.text)


@reads(
    f"[{AT_LEAST}] <number> [{OR_MORE}] [{TOTAL}] {SPEED_UNIT} [{OR_MORE}] {TOTAL} [{OR_MORE}]",
    f"[a|an] {TOTAL} [output|speed|rate|throughput] [of|=|is] [{AT_LEAST}] <number> {SPEED_UNIT}",
    f"[{AT_LEAST}] <number> {TOTAL} {SPEED_UNIT}",
)
def speed_in_total(found: Found, draft: Draft) -> None:
    """Tell the speed of all together: `2k tok/s in total`, `total 2000 tok/s`, `throughput of 5000 tokens/s`."""
    draft.tok_per_s_in_total.say(_slowest(found, draft), found.text)


@reads("(reading speed|human reading speed|as fast as (i|one|people|we) [can] read|comfortable reading speed)")
def reading_speed(found: Found, draft: Draft) -> None:
    """Tell a speed without a number: `at reading speed`."""
    draft.assume(f"“{found.text}” is 10 tok/s, somewhat faster than people read.")
    draft.tok_per_s_per_user.say(10.0, found.text)


@reads(
    f"(offline|overnight|non interactive|not interactive|in the background|background job|background jobs) "
    f"[{OFFLINE_WORK}]",
    f"(batch|bulk|asynchronous|async) {OFFLINE_WORK}",
    "(as a batch|in bulk|in batch|nobody waits|no one waits|nobody is waiting|no one is waiting)",
)
def offline(found: Found, draft: Draft) -> None:
    """Tell that nobody waits, so that only the total counts: `offline`, `batch job`, `bulk processing`."""
    draft.offline.say(True, found.text)


def _slowest(found: Found, draft: Draft) -> float:
    """Return the speed that must be reached: of a range, its lower end."""
    quantity = found.get("number", Quantity)
    if quantity.low != quantity.value:
        draft.assume(f"Of “{quantity.text}” the lower end is the speed that must be reached.")
    return positive(quantity.low, "a speed in tok/s", found.text, most=1e7)


READERS: tuple[Reader, ...] = (
    alone,
    users,
    active_share,
    concurrency,
    speed,
    speed_of_each,
    speed_in_total,
    reading_speed,
    offline,
)
