"""What it may cost."""

from api.question.draft import Draft
from api.question.quantities import SECONDS_PER_HOUR, Quantity
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import positive
from api.question.readers.phrases import AT_MOST, OR_LESS
from catalog import InvalidInputError

MONEY = (
    "([us|u s] $ <number>|(usd|us dollars) <number>|<number> ([us] $|usd|dollars|dollar|us dollars|bucks|usd$|"
    "dollarss))"
)
FOREIGN = (
    "((€|£|¥|eur|gbp|chf|jpy|cny|inr) <number>|<number> (€|£|¥|eur|euro|euros|gbp|pounds|quid|chf|francs|jpy|yen|cny|"
    "yuan|rmb|inr|rupees))"
)
BUDGET = (
    "(budget|max budget|budget limit|cost|price|spend|spending|bill|max cost|cost limit|price limit|max price|"
    "total cost|cost cap|we have|i have)"
)
SAY = f"[{BUDGET}] [(should be|must be|has to be|is|of|=|stays|to spend)] [{AT_MOST}] [{AT_MOST}]"
PER = "(/|per|a|an|each|every|p)"
MILLION = (
    "(million|m|1m|mtok|mtoks|1 m|1 million|1k|thousand|k|million output|million generated|million total|billion|"
    "token|1000)"
)
UNPRICED_MOST_USD = 1000


@reads(
    f"{SAY} {MONEY} [{PER}] <period> [{OR_LESS}] [budget|total|in total|all in]",
    f"<period> {BUDGET} [of|=|is|under|max|at most] {MONEY}",
    f"{BUDGET} [of|=|is] [{AT_MOST}] <number> [{PER}] <period>",
    f"(max|maximum|under|below|at most|less than|up to|no more than|<|≤) <number> {PER} <period>",
    f"{SAY} {MONEY} [an] hourly",
)
def budget(found: Found, draft: Draft) -> None:
    """Cap the cost: `under $20/h`, `max 15 dollars an hour`, `$10k/month`, `budget 20 USD per hour`."""
    amount, period_s = found.get("number", Quantity).value, found.get("period", float)
    hours = period_s / SECONDS_PER_HOUR
    usd_per_hour = positive(amount / hours, "a budget in $ per hour", found.text, most=1e9)
    if hours != 1:
        draft.assume(f"“{found.text}” is ${usd_per_hour:,.2f}/h, by {hours:,g} hours.")
    draft.max_usd_per_hour.say(usd_per_hour, found.text)


@reads(f"{SAY} {MONEY} [{OR_LESS}] [budget|total|in total]", f"budget [of|=|is] [{AT_MOST}] [$] <number>")
def budget_without_a_period(found: Found, draft: Draft) -> None:
    """Cap the cost per hour where no period is said: `under $20`."""
    amount = positive(found.get("number", Quantity).value, "a budget", found.text, most=1e9)
    if amount >= UNPRICED_MOST_USD:
        raise InvalidInputError(f"{found.text!r} does not say per what", "say $20/h, $10k/month or $100k/year")
    draft.assume(f"“{found.text}” is per hour.")
    draft.max_usd_per_hour.say(amount, found.text)


@reads(
    f"{SAY} {MONEY} {PER} (gpu|card|device) [{PER}] [(hour|h|hr)]",
    f"{SAY} {MONEY} [{PER}] <period> {PER} (gpu|card|user|instance|machine|node|seat)",
    f"{SAY} {MONEY} {PER} (user|seat|person|developer|request|query|instance|call) [{PER}] [<period>]",
    f"{SAY} {MONEY} {PER} {MILLION} [output|input|generated] [(tokens|tok|token|toks)]",
)
def unit_price(found: Found, draft: Draft) -> None:
    """Leave a price per unit aside: `$2 per GPU-hour`, `$0.50 per million tokens`."""
    draft.leave(found.text, "a budget is for the whole fleet: say $20/h, $10k/month or $100k/year")


@reads(f"{SAY} {FOREIGN} [[{PER}] <period>]")
def foreign_money(found: Found, draft: Draft) -> None:
    """Refuse another currency than US dollars."""
    raise InvalidInputError(f"{found.text!r}: only USD is supported", "convert the budget to US dollars, such as $20/h")


READERS: tuple[Reader, ...] = (budget, budget_without_a_period, unit_price, foreign_money)
