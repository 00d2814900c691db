"""Tables for a terminal, and for a pipe: aligned columns, no lines around them."""

from collections.abc import Sequence

from api.render import words
from optimizer.fleet.document import RateCandidates, RateColumn, UserCandidates, UserColumn


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows under a header, columns two spaces apart; those in `right` are aligned to the right."""
    every = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in every
    ]
    return "\n".join(lines)


def candidates_text(document: UserCandidates | RateCandidates) -> str:
    """Return the columns by price, with what one replica serves."""
    columns: Sequence[UserColumn | RateColumn] = document.columns
    ordered = sorted(columns, key=lambda column: (column.offer.usd_per_hour, column.id))
    rows = [_candidate(column) for column in ordered]
    header = ("price", "offer", "GPUs", "layout", "one replica serves", "")
    return f"{table_text(header, rows, right=(0,))}\n\n{len(rows):,} columns; --json has all of each"


def _candidate(column: UserColumn | RateColumn) -> tuple[str, ...]:
    offer = column.offer
    layout = f"{words.engine(column.engine)} tp {column.tensor_parallel} pp {column.pipeline_parallel}"
    return (
        words.money(offer.usd_per_hour, "/h"),
        f"{offer.provider} {offer.region} {offer.instance_type} {words.term(offer.term)}",
        f"{offer.gpus} x {words.gpu(offer.gpu)}",
        f"{words.weight_format(column.quantization)} {layout}",
        _served(column),
        "" if column.replaced_by is None else "replaced",
    )


def _served(column: UserColumn | RateColumn) -> str:
    if isinstance(column, UserColumn):
        return words.plural(column.max_users, "user")
    return ", ".join(f"{rate:.3g}/s" for rate in column.max_rate_per_s)
