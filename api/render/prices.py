"""Prices as text: offers, and how they stand."""

from api.offers import OfferList
from api.render import words
from api.render.tables import table_text
from api.standing import BatchFacts, StoredStatus
from pricing.offers import AccountQuota


def offers_text(document: OfferList) -> str:
    """Return one row per offer; the last day of contract rates stands beside them where there are any."""
    dated = any(item.valid_until for item in document.items)
    rows = [
        (
            words.money(item.usd_per_hour / item.gpus_per_instance),
            words.money(item.usd_per_hour),
            f"{item.gpus_per_instance} x {words.gpu(item.gpu)}",
            item.link or "-",
            item.provider,
            item.region if item.zone is None else item.zone,
            item.instance_type,
            words.term(item.term),
            item.tier,
            item.observed_at,
            *((item.valid_until or "-",) if dated else ()),
        )
        for item in document.items
    ]
    header = ["$/GPU-h", "$/h", "GPUs", "link", "provider", "region", "instance", "term", "tier", "seen"]
    header += ["valid until"] * dated
    found = f"{words.plural(len(rows), 'offer')} of snapshot {document.snapshot_id}"
    return f"{table_text(header, rows, right=(0, 1))}\n\n{found}"


def status_text(status: StoredStatus) -> str:
    """Return one row per provider, then the last refreshes, then what was left out and why."""
    rows = [
        (
            provider.provider,
            ", ".join(provider.tiers),
            f"{provider.offers:,}",
            str(provider.newest_observed_at or "-"),
            "-" if provider.newest_age_days is None else f"{provider.newest_age_days} days",
            "-" if provider.oldest_age_days is None else f"{provider.oldest_age_days} days",
            f"{sum(provider.rejected.values()):,}",
            f"{len(provider.quarantined):,}",
        )
        for provider in status.providers
    ]
    header = ("provider", "tier", "offers", "newest", "age", "oldest", "left out", "quarantined")
    parts = [
        f"{status.offers:,} offers of {len(status.providers)} providers, snapshot {status.snapshot_id}",
        table_text(header, rows, right=(2, 4, 5, 6, 7)),
        _batches_text(status.batches),
        "left out:\n" + "\n".join(f"  {count:>5,}  {reason}" for reason, count in status.rejected.items()),
    ]
    if status.quarantined:
        quarantined = [
            f"  {row.provider} {row.region} {row.instance_type} {row.term}: {row.reason.value} ({row.detail})"
            for row in status.quarantined
        ]
        parts.append("quarantined:\n" + "\n".join(quarantined))
    if status.quotas:
        parts.append(_quotas_text(status.quotas))
    return "\n\n".join(parts)


def _quotas_text(quotas: tuple[AccountQuota, ...]) -> str:
    """Return one row per quota of the user's accounts, as limits.quotas names it."""
    rows = [
        (quota.key.removesuffix(" vCPUs"), f"{quota.vcpus:,}", quota.name, str(quota.observed_at)) for quota in quotas
    ]
    header = ("quota of your account", "vCPUs", "", "seen")
    return f"{table_text(header, rows, right=(1,))}\n\nlimits of every plan; GPUMIX_ACCOUNT_QUOTAS=0 leaves them out"


def _batches_text(batches: tuple[BatchFacts, ...]) -> str:
    """Return one row per refreshed or imported provider."""
    if not batches:
        return "never refreshed; run: gpumix prices refresh"
    rows = [
        (
            batch.provider,
            batch.feed,
            batch.status,
            f"{batch.fetched_at:%Y-%m-%d %H:%M}",
            "-" if batch.age_hours is None else f"{batch.age_hours:,.1f} h",
            f"{batch.offers:,}",
            batch.error or "",
        )
        for batch in batches
    ]
    header = ("provider", "feed", "last try", "at (UTC)", "prices read", "offers", "")
    return table_text(header, rows, right=(4, 5))
