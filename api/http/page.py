"""The page: its frame with the answer within, as JSON for the scripts of `api/web`, as plain HTML without scripts."""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote_plus

from api.render import words
from optimizer.fleet.plan import Line, Plan

EXAMPLES = (
    "cheapest config for 10 tok/s at 8K",
    "50 users at 20 tok/s, 2k in 500 out, llama 3.1 70b, in Europe, under $40/h",
    "5 requests/s, 2k in 500 out, llama 3.1 70b, first token under 2 s",
)
POLICY = (
    "default-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
LINE_HEADER = ("instances", "provider · region", "GPUs", "runs", "speed", "first token", "$/h", "price seen")


def landing_page(question: str = "", answer: str = "", data: bytes = b"null", *, with_key: bool = False) -> str:
    """Return the page.

    `answer` is HTML of ours for a browser without scripts, `data` the same as JSON for one with them; `with_key` asks
    for a key beside the question.
    """
    key = '<input type="password" name="key" aria-label="Key" placeholder="key" autocomplete="off">' if with_key else ""
    links = "".join(f'<li><a href="/?q={_url(example)}">{escape(example)}</a></li>' for example in EXAMPLES)
    return _template().substitute(
        question=escape(question, quote=True),
        key=key,
        examples=links,
        answer=answer,
        data=data.decode("utf-8").replace("<", "\\u003c"),
    )


@cache
def _template() -> Template:
    return Template((files("api") / "web" / "index.html").read_text("utf-8"))


def plan_html(plan: Plan) -> str:
    """Return a plan as HTML: the decision, the lines, how sure, how it was read, what else."""
    if plan.status == "infeasible":
        return f'<p class="cost">Nothing fits.</p>{_changes(plan)}{_reading(plan)}'
    proof = plan.certificate
    proved = "proved cheapest" if proof.proved_optimal else f"within {proof.gap_fraction or 0:.1%} of the best possible"
    month = words.money(plan.cost_usd_per_month or 0, "/month")
    cost = f"{words.money(plan.cost_usd_per_hour or 0, '/h')} · {month}"
    others = [
        (words.money(other.cost_usd_per_hour, "/h"), other.label, other.summary)
        for other in sorted(plan.alternatives, key=lambda other: other.cost_usd_per_hour)[:8]
    ]
    files = " · ".join(
        f'<a href="/v1/plans/{plan.plan_id}{suffix}">{name}</a>'
        for suffix, name in (("", "JSON"), (".csv", "CSV"), (".xlsx", "Excel"))
    )
    return "".join(
        (
            f'<p class="cost">{escape(cost)}</p>',
            f"<p>{escape(words.per_million(plan.usd_per_million_output_tokens))}; {proved}; {files}</p>",
            _table(LINE_HEADER, map(_line, plan.lines)),
            _notes(plan),
            _reading(plan),
            "<h2>Or</h2>",
            _table(("$/h", "choice", "fleet"), others),
        )
    )


def problem_html(detail: str, hint: str) -> str:
    """Return why there is no answer."""
    return f'<p class="wrong" role="alert">{escape(detail)}</p><p>{escape(hint)}</p>'


def _line(line: Line) -> tuple[str, ...]:
    speed = line.performance.tok_per_s_per_user
    first = line.performance.ttft_s
    return (
        f"{line.count} × {line.instance_type}, {words.term(line.term)}",
        f"{line.provider} · {line.zone or line.region}",
        f"{line.count * line.gpus_per_instance} × {words.gpu(line.gpu)}",
        f"{words.weight_format(line.quantization)} on {words.engine(line.engine)}, tensor parallel "
        f"{line.tensor_parallel}, pipeline {line.pipeline_parallel}, {words.plural(line.replicas, 'replica')}",
        f"{words.number(speed.value)} tok/s ({words.number(speed.low)} to {words.number(speed.high)})",
        f"{words.number(first.value)} s ({words.number(first.low)} to {words.number(first.high)})",
        words.money(line.usd_per_hour * line.count),
        line.observed_at,
    )


def _notes(plan: Plan) -> str:
    notes = dict.fromkeys(warning for line in plan.lines for warning in line.warnings)
    evidence = ", ".join(dict.fromkeys(line.evidence.kind for line in plan.lines))
    return _list("Evidence", [evidence]) + _list("Notes", list(notes))


def _reading(plan: Plan) -> str:
    return (
        _list("Read as", [plan.interpretation])
        + _list("Assumed", list(plan.assumptions))
        + _list("Not understood", list(plan.ignored))
    )


def _changes(plan: Plan) -> str:
    return _list("The smallest changes that fit", [conflict.smallest_change for conflict in plan.conflicts])


def _list(term: str, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    return f"<dl><dt>{escape(term)}</dt>{''.join(f'<dd>{escape(text)}</dd>' for text in dict.fromkeys(texts))}</dl>"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _url(text: str) -> str:
    return escape(quote_plus(text), quote=True)
