"""When a check is worth a word: a material change, and not the one that was told a moment ago."""

from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from api.watching.checking import Check

TOLD = frozenset({"cheaper", "gone", "nothing fits"})


class LastAlert(BaseModel):
    """What was told last of a plan."""

    model_config = ConfigDict(frozen=True)

    told_at: datetime
    state: str
    saving_usd_per_hour: float


def judged(found: Check, last: LastAlert | None, cooldown: timedelta, threshold_fraction: float) -> Check:
    """Return a check with its alert.

    The same state is told again only after the cooldown, or when the saving has grown by the threshold of what the
    fleet costs; another state is told at once.
    """
    if found.state not in TOLD:
        return replace(found, because="nothing is cheaper by the threshold")
    if last is None or last.state != found.state:
        return replace(found, alert=True, because="first time" if last is None else f"was: {last.state}")
    grown = found.saving_usd_per_hour - last.saving_usd_per_hour
    if grown > 0 and grown >= threshold_fraction * (found.held_usd_per_hour or 0.0):
        return replace(found, alert=True, because="the saving has grown")
    ends = last.told_at + cooldown
    if found.checked_at >= ends:
        return replace(found, alert=True, because="still so after the cooldown")
    return replace(found, because=f"told at {last.told_at:%Y-%m-%dT%H:%M:%SZ}; again from {ends:%Y-%m-%dT%H:%M:%SZ}")


def last_alert(found: Check, last: LastAlert | None) -> LastAlert | None:
    """Return what was told last after a judged check. What is over is forgotten, so that its return is told at once."""
    if found.alert:
        return LastAlert(told_at=found.checked_at, state=found.state, saving_usd_per_hour=found.saving_usd_per_hour)
    return last if found.state in TOLD else None
