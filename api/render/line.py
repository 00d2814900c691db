"""One line of a plan as text, and several side by side."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from api.render import words
from api.render.tables import table_text
from api.render.terminal import apart, labelled
from optimizer.fleet.plan import Line, Plan
from optimizer.performance.estimates import Estimate

BAR_WIDTH = 24
CHAT_FIRST_TOKEN_S = 2.0
SURE_ENOUGH = 0.8
NAME_AT_LEAST = 12
COLUMNS_AT_LEAST = 5  # up to the first token


def headline(line: Line, plan: Plan | None, width: int) -> Text:
    """Return the instances with their price, and the replicas on them; with the plan's money where it has one line."""
    place = " · ".join(part for part in (line.provider, line.region, line.zone, words.term(line.term)) if part)
    left = Text().append(f"  {line.count} x {line.instance_type}", style="bold").append(f"   {place}")
    price = words.money(line.count * line.usd_per_hour, "/h")
    if plan is not None:
        price += f"   {words.money(plan.cost_usd_per_month or 0, '/month')}"
    below = Text(f"  {line.count * line.gpus_per_instance} x {words.gpu(line.gpu)} · {_layout(line)}")
    money = Text("" if plan is None else words.per_million(plan.usd_per_million_output_tokens))
    return apart(left, Text(price, style="bold green"), width).append_text(apart(below, money, width))


def figures(plan: Plan, line: Line, width: int) -> Iterator[Text]:
    """Yield speed, first token, load, memory and evidence of one line."""
    done, bill = line.performance, line.memory
    asked, first_token = _asked_tok_per_s(plan), plan.request.slo.ttft_s
    yield labelled("speed", f"{_estimate(done.tok_per_s_per_user, 'tok/s')}{_asked(asked, 'tok/s')}", width)
    verdict = _asked(first_token, "s")
    if first_token is None:
        soon = done.ttft_s.value <= CHAT_FIRST_TOKEN_S
        verdict += ", fine for chat" if soon else ", slow for chat: add “first token under 2 s”"
    yield labelled("first token", f"{_estimate(done.ttft_s, 's')}{verdict}", width)
    every = words.number(done.output_tok_per_s.value * line.replicas)
    streams = words.plural(done.max_concurrency, "stream")
    yield labelled(
        "load", f"{every} tok/s in all, {done.utilization:.0%} of what it carries; up to {streams} per replica", width
    )
    gpus = line.tensor_parallel * line.pipeline_parallel
    shares = ((bill.weights_gib, "weights"), (bill.kv_cache_gib, "KV"), (bill.overhead_gib, "engine"))
    text = Text(f"{bill.used_gib_per_gpu:.1f} of {bill.usable_gib_per_gpu:.1f} GiB per GPU ")
    text.append_text(_bar(bill.used_gib_per_gpu / bill.usable_gib_per_gpu))
    text.append("  " + "  ".join(f"{name} {part / gpus:.1f}" for part, name in shares))
    yield labelled("memory", text, width)
    sure = _sureness(done.target_probability, plan, "targets kept with a chance of")
    yield labelled("evidence", f"{_evidence(line)}{sure}", width)


def side_by_side(plan: Plan, width: int) -> Iterator[Text]:
    """Yield the figures of several lines as a table, then the weakest evidence."""
    rows = [
        (
            f"{line.count} x {line.instance_type}",
            str(line.replicas),
            f"{max(line.routing):.0%}" if len(line.routing) == 1 else "/".join(f"{part:.0%}" for part in line.routing),
            _short(line.performance.tok_per_s_per_user),
            f"{_short(line.performance.ttft_s)} s",
            f"{line.performance.utilization:.0%}",
            f"{line.memory.used_gib_per_gpu:.0f} of {line.memory.usable_gib_per_gpu:.0f}",
        )
        for line in plan.lines
    ]
    asked = _asked_tok_per_s(plan)
    speed = "tok/s each" if asked is None else f"tok/s each, asked {asked:g}"
    header = ("", "replicas", "share", speed, "first token", "full", "GiB per GPU")
    yield Text("".join(f"  {row}\n" for row in _within(width - 2, header, rows).splitlines()))
    strengths = ("measured", "interpolated", "calibrated", "extrapolated")
    weakest = max(plan.lines, key=lambda line: strengths.index(line.evidence.kind))
    chances = [line.performance.target_probability for line in plan.lines]
    known = [chance for chance in chances if chance is not None]
    yield Text("\n")
    sure = _sureness(min(known, default=None), plan, "each line keeps its targets with a chance of at least")
    yield labelled("evidence", f"{weakest.instance_type}: {_evidence(weakest)}{sure}", width)


def _within(width: int, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the table no wider than this: names of instances cut short first, then without its last columns."""
    table = table_text(header, rows, right=(1, 2, 5))
    spare = max(map(len, table.splitlines())) - width
    if spare <= 0:
        return table
    longest = max(len(row[0]) for row in rows)
    most = max(NAME_AT_LEAST, longest - spare)
    short = [(name if len(name) <= most else f"{name[: most - 1]}…", *rest) for name, *rest in rows]
    if longest - most < spare and len(header) > COLUMNS_AT_LEAST:
        return _within(width, header[:-1], [row[:-1] for row in rows])
    return table_text(header, short, right=(1, 2, 5))


def _layout(line: Line) -> str:
    parts = [words.weight_format(line.quantization)]
    if line.kv_dtype not in ("auto", "fp16", "f16"):
        parts[0] += f", {line.kv_dtype.upper()} KV"
    split = f"{words.engine(line.engine)}, tensor parallel {line.tensor_parallel}"
    if line.pipeline_parallel > 1:
        split += f", pipeline {line.pipeline_parallel}"
    if line.replicas > 1:
        split += f", {line.replicas} replicas"
    return " · ".join((*parts, split))


def _asked_tok_per_s(plan: Plan) -> float | None:
    workload, slo = plan.request.workload, plan.request.slo
    asked = [speed for speed in (workload.tok_per_s_per_user, slo.tok_per_s_per_user) if speed is not None]
    if slo.tpot_ms is not None:
        asked.append(1000 / slo.tpot_ms)
    return max(asked, default=None)


def _estimate(estimate: Estimate, unit: str) -> str:
    value, low, high = (words.number(part) for part in (estimate.value, estimate.low, estimate.high))
    return f"{f'{value} {unit}':<11} {f'({low} to {high})':<14} "


def _short(estimate: Estimate) -> str:
    value, low, high = (words.number(part) for part in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})"


def _asked(value: float | None, unit: str) -> str:
    return "nothing asked" if value is None else f"asked for {value:g} {unit}"


def _bar(fraction: float) -> Text:
    full = round(min(1.0, fraction) * BAR_WIDTH)
    return Text("━" * full, style="green" if fraction < 0.9 else "yellow").append("─" * (BAR_WIDTH - full), style="dim")


def _chance(probability: float) -> str:
    """Return a probability in whole percent, never rounded to certainty."""
    return f"{min(99, round(probability * 100))}%" if probability < 0.995 else "over 99%"


def _sureness(probability: float | None, plan: Plan, words_of_it: str) -> str:
    """Return how sure the targets are, and, where that is little and nothing was asked, how to ask for more."""
    if probability is None:
        return ""
    asked = plan.request.confidence is not None
    how = " (add “90% sure”)" if plan.question else " (set confidence: 0.9)"
    return f"; {words_of_it} {_chance(probability)}{'' if asked or probability >= SURE_ENOUGH else how}"


def _evidence(line: Line) -> str:
    if not line.evidence.nearest:
        return f"{words.strength(line.evidence)}: no published run of anything like it"
    return f"{words.strength(line.evidence)}; nearest: {words.run(line.evidence.nearest[0])}"
