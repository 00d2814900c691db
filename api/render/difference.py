"""What changed between a plan and today's, as text."""

from api.render import words
from api.render.tables import table_text
from optimizer.fleet.difference import Difference, PriceChange, Version


def difference_text(found: Difference) -> str:
    """Return the two costs, the causes of the change, and what is rented differently."""
    blocks = [table_text(("", "then", "now"), _versions(found.before, found.now))]
    if found.change_usd_per_hour is None:
        blocks.append("Nothing fitted then, or nothing fits now: there are no two costs to compare.")
    elif not found.causes:
        blocks.append("The cost is the same.")
    else:
        causes = [(f"{part.usd_per_hour:+,.2f}", str(part.cause), part.because) for part in found.causes]
        total = (f"{found.change_usd_per_hour:+,.2f}", "in all", "")
        blocks.append(table_text(("USD/h", "from", "because"), [*causes, total], right=(0,)))
    if found.prices:
        blocks.append("\n".join(_price(change) for change in found.prices))
    if found.fleet:
        rows = [
            (
                f"{change.now - change.before:+d}",
                f"{change.provider} {change.region}",
                change.instance_type,
                words.term(change.term),
            )
            for change in found.fleet
        ]
        blocks.append(table_text(("", "where", "instance", "term"), rows, right=(0,)))
    return "\n\n".join(blocks)


def _versions(before: Version, now: Version) -> list[tuple[str, str, str]]:
    def cost(version: Version) -> str:
        return "nothing fits" if version.cost_usd_per_hour is None else words.money(version.cost_usd_per_hour, "/h")

    return [
        ("cost", cost(before), cost(now)),
        ("prices", before.snapshot_id, now.snapshot_id),
        ("newest price", before.newest_observed_at, now.newest_observed_at),
        ("catalog", before.catalog_id, now.catalog_id),
        ("calibration", before.calibration_id, now.calibration_id),
    ]


def _price(change: PriceChange) -> str:
    now = "no longer offered" if change.now_usd_per_hour is None else words.money(change.now_usd_per_hour, "/h")
    offer = f"{change.provider} {change.region} {change.instance_type} {words.term(change.term)}"
    return f"{offer}: {words.money(change.before_usd_per_hour, '/h')} then, {now}"
