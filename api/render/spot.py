"""What spot means for a plan, in words: how often it is taken back, what is there on average and at the worst."""

from collections.abc import Iterator

from rich.text import Text

from api.render import words
from api.render.terminal import labelled
from optimizer.fleet.plan import LineSpot, Plan


def spot_rows(plan: Plan, width: int) -> Iterator[Text]:
    """Yield the spot risk of a plan; nothing where it has no spot."""
    risk = plan.spot_risk
    if risk is None:
        return
    often = "; ".join(dict.fromkeys(_often(line.provider, line.spot) for line in plan.lines if line.spot is not None))
    yield labelled("spot", often, width)
    lost = "the loss of any spot instance" if risk.losses == 1 else f"the loss of any {risk.losses} spot instances"
    away = "" if risk.worst_case_capacity_fraction >= 1 else f" for about {_minutes(risk.replace_minutes)}"
    yield labelled(
        "",
        f"carries {_times(risk.capacity_fraction)} of the load, {_times(risk.expected_capacity_fraction)} on average, "
        f"{_times(risk.worst_case_capacity_fraction)} after {lost}{away}",
        width,
    )


def _often(provider: str, spot: LineSpot) -> str:
    rate = spot.interruptions_per_month
    basis = {"request": "as asked", "estimate": "an estimate"}.get(spot.basis, f"reported: {spot.source}")
    often = f"{words.number(rate)} times a month" if rate >= 1 else f"once in {words.number(1 / rate)} months"
    return f"{provider} takes an instance back about {often} ({basis})"


def _times(fraction: float) -> str:
    return f"{fraction:.1%}" if 0.9 < fraction < 1 else f"{fraction:.0%}"


def _minutes(minutes: float) -> str:
    return f"{words.number(minutes)} min" if minutes < 120 else f"{words.number(minutes / 60)} h"
