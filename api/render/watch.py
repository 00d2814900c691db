"""A check of a watched plan as a line or two of text."""

from api.render.words import money
from api.watching.checking import Check


def check_text(found: Check) -> str:
    """Return what a check found, in the words of its state."""
    now = money(found.cheapest_usd_per_hour, "/h") if found.cheapest_usd_per_hour is not None else ""
    held = money(found.held_usd_per_hour, "/h") if found.held_usd_per_hour is not None else ""
    if found.state == "cheaper":
        return (
            f"plan {found.plan_id}: {found.cheapest} does it for {now} instead of {held}, "
            f"{found.saving_fraction:.0%} less, {money(found.saving_usd_per_month, '/month')}"
        )
    if found.state == "gone":
        return f"plan {found.plan_id}: its fleet is no longer offered; the cheapest is now {found.cheapest} at {now}"
    if found.state == "nothing fits":
        return f"plan {found.plan_id}: nothing fits its request any more"
    if found.state == "dearer":
        dearer = f"its fleet costs {held}, {money(found.saved_usd_per_hour, '/h')} when it was saved"
        return f"plan {found.plan_id}: {dearer}; nothing is cheaper by the threshold"
    return f"plan {found.plan_id}: {held}, still the one to have"


def line_text(found: Check) -> str:
    """Return a check as a line for a terminal: when, whether it is an alert, what, and why nothing is told."""
    mark = "ALERT " if found.alert else ""
    quiet = f" ({found.because})" if found.because and not found.alert and found.state not in {"same", "dearer"} else ""
    return f"{found.checked_at:%Y-%m-%dT%H:%M:%SZ}  {mark}{check_text(found)}{quiet}"
