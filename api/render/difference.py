"""What changed between two plans, as text."""

from collections.abc import Iterator

from api.render import words
from api.render.tables import table_text
from optimizer.fleet.difference import Difference, PriceChange, Version


def difference_text(found: Difference) -> str:
    """Return the two costs, the causes of the change, and what is rented differently."""
    return "\n\n".join(_blocks(found))


def _blocks(found: Difference) -> Iterator[str]:
    yield table_text(("", "then", "now"), _versions(found.before, found.now))
    if found.change_usd_per_hour is None:
        yield "Nothing fitted then, or nothing fits now: there are no two costs to compare."
    elif not found.causes:
        yield "The cost is the same."
    else:
        causes = [(f"{part.usd_per_hour:+,.2f}", part.cause, part.because) for part in found.causes]
        total = (f"{found.change_usd_per_hour:+,.2f}", "in all", "")
        yield table_text(("USD/h", "from", "because"), [*causes, total], right=(0,))
    if len(found.steps) > 1:
        start = found.before.cost_usd_per_hour or 0.0
        way = [f"{words.money(one.cost_usd_per_hour, '/h')} with the {_joined(one.exchanged)}" for one in found.steps]
        yield f"solved step by step: {words.money(start, '/h')}, {', '.join(way)} of now"
    if found.request:
        fields = [(one.field, _shown(one.before), _shown(one.now)) for one in found.request]
        yield table_text(("request", "then", "now"), fields)
    if found.prices:
        yield "\n".join(_price(change) for change in found.prices)
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
        yield table_text(("", "where", "instance", "term"), rows, right=(0,))
    yield from found.notes


def _versions(before: Version, now: Version) -> list[tuple[str, str, str]]:
    def cost(version: Version) -> str:
        return "nothing fits" if version.cost_usd_per_hour is None else words.money(version.cost_usd_per_hour, "/h")

    def prices(version: Version) -> str:
        return version.snapshot_id if version.opened else f"{version.snapshot_id} (not here)"

    return [
        ("cost", cost(before), cost(now)),
        ("prices", prices(before), prices(now)),
        ("newest price", before.newest_observed_at, now.newest_observed_at),
        ("catalog", before.catalog_id, now.catalog_id),
        ("calibration", before.calibration_id, now.calibration_id),
    ]


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(names)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


def _price(change: PriceChange) -> str:
    now = "not offered" if change.now_usd_per_hour is None else words.money(change.now_usd_per_hour, "/h")
    offer = f"{change.provider} {change.region} {change.instance_type} {words.term(change.term)}"
    return f"{offer}: {words.money(change.before_usd_per_hour, '/h')} then, {now} now"
