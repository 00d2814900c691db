"""A mix as text."""

from api.render import words
from optimizer.mix import Mix


def mix_text(mix: Mix) -> str:
    """Return the counts and the cost, with the proof."""
    if mix.cost_usd_per_hour is None:
        return "Nothing fits: a size of request is served by no GPU type."
    bought = ", ".join(f"{count} x {name}" for name, count in mix.counts.items() if count) or "nothing"
    gap = mix.cost_usd_per_hour - (mix.bound_usd_per_hour or 0.0)
    proved = "proved cheapest" if mix.status == "optimal" else f"at most {words.money(gap)} above the cheapest"
    return f"{words.money(mix.cost_usd_per_hour, '/h')}  {bought}  ({proved})"
