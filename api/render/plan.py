"""A plan on one terminal screen: the decision first, then how sure, then why, then what to do next."""

import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime

from rich.text import Text

from api.render import words
from api.render.line import figures, headline, side_by_side
from api.render.spot import spot_rows
from api.render.terminal import apart, console, labelled
from optimizer.fleet.plan import Alternative, NearMiss, Plan

OTHERS = 3
REASONS = 5
LIMIT_REACHED = "the limit on the solver's work, or the time, was reached"


def print_plan(plan: Plan) -> None:
    """Print a plan, or why there is none."""
    out = console()
    text = Text("\n")
    for block in _infeasible(plan, out.width) if plan.status == "infeasible" else _feasible(plan, out.width):
        text.append_text(block)
    out.print(text, end="")


def _feasible(plan: Plan, width: int) -> Iterator[Text]:
    alone = len(plan.lines) == 1
    for line in plan.lines:
        yield headline(line, plan if alone else None, width)
    if not alone:
        yield _total(plan, width)
    yield Text("\n")
    yield from figures(plan, plan.lines[0], width) if alone else side_by_side(plan, width)
    yield from spot_rows(plan, width)
    for warning in dict.fromkeys(warning for line in plan.lines for warning in line.warnings):
        yield labelled("note", Text(warning, style="yellow"), width)
    yield Text("\n")
    yield from _reading(plan, width)
    yield from _reasons(plan, width)
    yield labelled("prices", _ages(plan), width)
    yield labelled("next", Text(_next(plan), style="bold"), width)


def _total(plan: Plan, width: int) -> Text:
    price = f"{words.money(plan.cost_usd_per_hour or 0, '/h')}   {words.money(plan.cost_usd_per_month or 0, '/month')}"
    note = Text("  together", style="bold").append(
        f"   {words.per_million(plan.usd_per_million_output_tokens)}", style=""
    )
    return apart(note, Text(price, style="bold green"), width)


def _reasons(plan: Plan, width: int) -> Iterator[Text]:
    proof, why = plan.certificate, plan.explanation
    refused = sum(why.rejected.values())
    gap = proof.gap_fraction or 0.0
    proved = "proved (gap 0%)" if proof.proved_optimal and gap == 0 else f"within {gap:.1%} of the best possible"
    counts = ", ".join(f"{reason} {count:,}" for reason, count in list(why.rejected.items())[:REASONS])
    able = plan.snapshot.offers - refused
    yield labelled(
        "why this", f"cheapest of {able:,} offers that can do it, {proved}. {refused:,} cannot: {counts}", width
    )
    yield labelled("or", _others(plan), width)
    if why.given_up:
        yield labelled("", f"{words.plural(why.given_up, 'other choice')} left out: {LIMIT_REACHED}", width)
    stricter = [f"{ask.change} {_cost(ask.cost_usd_per_hour)}" for ask in why.what_if]
    if stricter:
        yield labelled("stricter", " · ".join(stricter), width)
    looser = [f"{limit.change} saves {words.money(limit.saving_usd_per_hour, '/h')}" for limit in why.binding[:3]]
    if looser:
        yield labelled("looser", " · ".join(looser), width)
    for miss in why.near_misses[:1]:
        yield labelled("just not", _missed(miss), width)
    for number, claim in enumerate(why.model_card):
        yield labelled("model card" if number == 0 else "", f"“{claim.claim}” {claim.verdict}: {claim.because}", width)


def _cost(usd_per_hour: float | None) -> str:
    return "not to be had" if usd_per_hour is None else words.money(usd_per_hour, "/h")


def _missed(miss: NearMiss) -> str:
    offer = f"{words.money(miss.usd_per_hour, '/h')} {miss.instance_type}, {miss.provider} {miss.region}"
    return f"{offer}: {miss.reason}, needs {miss.needed}, has {miss.has}"


def _others(plan: Plan) -> Text:
    """The next best: the runner-up and the cheapest of each other GPU, by cost, each fleet once."""
    mine = {line.gpu for line in plan.lines}
    rivals = [
        other
        for other in plan.alternatives
        if other.label == "runner-up"
        or (other.label.startswith("gpu: ") and not mine & {line.gpu for line in other.lines})
    ]
    unique = {_fleet(other): other for other in sorted(rivals, key=lambda other: -other.cost_usd_per_hour)}
    nearest = sorted(unique.values(), key=lambda other: other.cost_usd_per_hour)[:OTHERS]
    shown = Text()
    for place, other in enumerate(nearest):
        shown.append("\n" if place else "").append(f"{words.money(other.cost_usd_per_hour, '/h'):<10} ", style="green")
        shown.append(_fleet(other))
    return shown if nearest else Text("nothing else can do it")


def _fleet(other: Alternative) -> str:
    return " + ".join(
        f"{line.count * line.gpus_per_instance} x {words.gpu(line.gpu)}, {line.provider} {line.region}, "
        f"{words.weight_format(line.quantization)} on {words.engine(line.engine)}"
        for line in other.lines
    )


def _reading(plan: Plan, width: int) -> Iterator[Text]:
    yield labelled("read as", plan.interpretation, width)
    if plan.assumptions:
        yield labelled("assumed", Text(" ".join(_sentence(note) for note in plan.assumptions), style="dim"), width)
    if plan.ignored:
        yield labelled("ignored", Text("; ".join(plan.ignored), style="yellow"), width)


def _sentence(note: str) -> str:
    text = note[0].upper() + note[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _ages(plan: Plan) -> str:
    today = datetime.now(UTC).date()
    seen = {
        (line.provider, line.observed_at): (today - date.fromisoformat(line.observed_at)).days for line in plan.lines
    }
    parts = [f"{provider} seen {day}, {words.plural(age, 'day')} ago" for (provider, day), age in seen.items()]
    return f"{'; '.join(parts)}; {plan.snapshot.offers:,} offers in snapshot {plan.snapshot.id}: gpumix prices status"


def _next(plan: Plan) -> str:
    ask = f"gpumix ask {shlex.quote(plan.question)}" if plan.question else "gpumix plan -f REQUEST"
    return f"{ask} --json > plan.json && gpumix export plan.json"


def _infeasible(plan: Plan, width: int) -> Iterator[Text]:
    yield Text("  Nothing fits.\n\n", style="bold red")
    steps = dict.fromkeys(conflict.smallest_change for conflict in plan.conflicts)
    for number, step in enumerate(steps):
        yield labelled("change" if number == 0 else "or", step, width)
    open_questions = plan.explanation.given_up
    if not steps and not open_questions:
        yield labelled("change", "no change of three limits at most lets any offer of the snapshot do it", width)
    if open_questions:
        left = f"{words.plural(open_questions, 'question')} about other changes left open: {LIMIT_REACHED}"
        yield labelled("", left, width)
    counts = ", ".join(f"{reason} {count:,}" for reason, count in plan.explanation.rejected.items())
    yield labelled("why not", f"{plan.snapshot.offers:,} offers: {counts or 'the limits conflict'}", width)
    for place, miss in enumerate(plan.explanation.near_misses):
        yield labelled("nearest" if place == 0 else "", _missed(miss), width)
    yield from _reading(plan, width)
