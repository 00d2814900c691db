"""What a refresh did, as text."""

from api.render import words
from api.render.tables import table_text
from pricing.importing import ImportReport
from pricing.refresh import ProviderReport, RefreshReport

MOST_QUARANTINED = 10


def refresh_text(report: RefreshReport) -> str:
    """Return a row for each provider, then why those that are not `ok` are not, and what is kept apart."""
    rows = [
        (
            row.provider,
            row.status,
            *(f"{count:,}" for count in (row.offers, row.new, row.changed, row.gone, len(row.quarantined))),
            f"{sum(row.rejected.values()):,}",
        )
        for row in report.providers
    ]
    header = ("provider", "status", "offers", "new", "changed", "gone", "quarantined", "left out")
    parts = [table_text(header, rows, right=range(2, 8))] if rows else []
    parts += [block for row in report.providers if (block := _details(row))]
    if report.not_configured:
        lines = [f"  {row.error}" for row in report.not_configured]
        parts.append("not asked:\n" + "\n".join(lines))
    return "\n\n".join((*parts, f"snapshot {report.snapshot_id}"))


def import_text(report: ImportReport) -> str:
    """Return a row for each provider of an import, then what it left out."""
    rows = [
        (row.provider, *(f"{count:,}" for count in (row.offers, row.new, row.changed, row.gone)))
        for row in report.providers
    ]
    left_out = [
        f"  {count:>5,}  {row.provider}: {reason}" for row in report.providers for reason, count in row.rejected.items()
    ]
    parts = [
        f"{words.plural(report.offers, 'offer')} imported as {report.feed}",
        table_text(("provider", "offers", "new", "changed", "gone"), rows, right=range(1, 5)),
    ]
    parts += ["left out:\n" + "\n".join(left_out)] if left_out else []
    parts += [block for row in report.providers if (block := _details(row))]
    return "\n\n".join((*parts, f"snapshot {report.snapshot_id}"))


def _details(row: ProviderReport) -> str:
    lines = [] if row.error is None else [f"{row.provider} {row.status}: {row.error}"]
    if row.problems:
        first, unread = row.problems[0], words.plural(len(row.problems), "item")
        lines.append(f"{row.provider}: {unread} not read, the first at {first.where}: {first.reason}")
    if row.quotas:
        quotas = words.plural(len(row.quotas), "quota")
        lines.append(f"{row.provider}: {quotas} of your account stored; see: gpumix prices status")
    for price in row.quarantined[:MOST_QUARANTINED]:
        offer = f"{price.region} {price.instance_type} {words.term(price.term)}"
        lines.append(f"{row.provider} quarantined {offer}: {price.reason} ({price.detail})")
    return "\n".join(lines)
