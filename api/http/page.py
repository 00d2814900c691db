"""The landing page, written on the server and whole without JavaScript: a form, and the answer under it."""

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote_plus

from api.render import words
from optimizer.fleet.plan import Line, Plan

EXAMPLES = (
    "cheapest config for 10 tok/s at 8K",
    "50 users at 20 tok/s, 2k in 500 out, llama 3.1 70b, in Europe, under $40/h",
    "5 requests/s, 2k in 500 out, llama 3.1 70b, first token under 2 s",
)
STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
form { display: flex; gap: .5rem; flex-wrap: wrap } input[name=q] { flex: 1 1 24rem }
input, button { font: inherit; padding: .5rem } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums } .cost { font-size: 1.6rem; font-weight: 600 }
.scroll { overflow-x: auto } dt { font-weight: 600; margin-top: .6rem } dd { margin: 0 } .wrong { color: #c33 }
"""
LINE_HEADER = ("instances", "provider · region", "GPUs", "runs", "speed", "first token", "$/h", "price seen")


def landing_page(question: str = "", answer: str = "", *, with_key: bool = False) -> str:
    """Return the page. `answer` is HTML of ours; `with_key` asks for a key beside the question."""
    key = '<input type="password" name="key" aria-label="Key" placeholder="key" autocomplete="off">' if with_key else ""
    value = escape(question or EXAMPLES[0], quote=True)
    links = " · ".join(f'<a href="/?q={_url(example)}">{escape(example)}</a>' for example in EXAMPLES)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>gpumix</title><style>{STYLE}</style></head><body>
<h1>gpumix</h1>
<p>The cheapest set of cloud GPU instances that serves a language model at the speed you ask for.</p>
<form action="/" method="get"><input name="q" aria-label="Question" value="{value}" maxlength="1000" required>{key}
<button>Ask</button></form>
<p><small>For example: {links}</small></p>
<main>{answer}</main>
<hr><p><small><a href="/docs">API</a> · <a href="/openapi.json">openapi.json</a> ·
<a href="/v1/offers.csv">all prices as CSV</a> · <a href="/v1/catalog/gpus">GPUs</a> ·
<a href="/v1/catalog/claims">the model card, checked</a></small></p>
</body></html>
"""


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
