"""Plans against stale prices, as text."""

from collections.abc import Iterator

from api.render import words
from api.render.tables import table_text
from api.robust import PriceAge, Robust
from optimizer.fleet.price_risk import RiskyPlan


def robust_text(found: Robust) -> str:
    """Return both plans, what each costs, how old their prices are and how far they may move."""
    return "\n\n".join(_blocks(found))


def _blocks(found: Robust) -> Iterator[str]:
    upper = f"P{found.quantile * 100:g}"
    rows = [
        (name, _fleet(plan), *_costs(plan))
        for name, plan in (("as listed", found.listed), (f"at {upper}", found.robust))
    ]
    yield table_text(("cheapest", "rents", "listed", f"at {upper}"), rows, right=(2, 3))
    if found.listed is None or found.robust is None:
        yield "Nothing fits: gpumix plan says why, and what would."
    elif found.same_fleet:
        yield f"The same fleet is the cheapest at listed prices and at {upper} of where prices of their age have gone."
    else:
        regret, premium = found.regret_usd_per_hour or 0.0, found.premium_usd_per_hour or 0.0
        yield (
            f"Renting what is cheapest as listed may be regretted by {words.money(regret, '/h')}; "
            f"being safe costs {words.money(premium, '/h')} while prices are as listed."
        )
    prices = [_price(price) for price in found.prices]
    if prices:
        header = ("price", "USD/h", "seen", "days", "likely", "may rise to", "read from")
        yield table_text(header, prices, right=(1, 3))


def _fleet(plan: RiskyPlan | None) -> str:
    if plan is None:
        return "nothing fits"
    return " + ".join(f"{line.count} x {line.instance_type} ({line.provider} {line.region})" for line in plan.lines)


def _costs(plan: RiskyPlan | None) -> tuple[str, str]:
    if plan is None:
        return "-", "-"
    return words.money(plan.usd_per_hour_listed, "/h"), words.money(plan.usd_per_hour_at_risk, "/h")


def _price(price: PriceAge) -> tuple[str, ...]:
    rise = price.may_rise_to_usd_per_hour
    return (
        f"{price.provider} {price.region} {price.instance_type} {words.term(price.term)}",
        f"{price.usd_per_hour:,.2f}",
        price.observed_at,
        str(price.age_days),
        f"{price.likely_low_usd_per_hour:,.2f} to {price.likely_high_usd_per_hour:,.2f}",
        "-" if rise is None else f"{rise:,.2f}",
        f"{price.basis}: {price.series} series, {price.changes:,} changes",
    )
