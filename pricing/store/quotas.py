"""The quotas of the user's own accounts: kept as prices are, from the batch that told them to the one that ended it."""

from sqlalchemy import Connection, insert, or_, select, tuple_, update

from pricing.offers import AccountQuota
from pricing.store.batches import LIVE, Batch
from pricing.store.reading import SightingDays
from pricing.store.schema import QUOTAS

_KEY = QUOTAS.c["region", "families", "market"]


def write_quotas(connection: Connection, batch: Batch, batch_id: int) -> None:
    """Store the quotas of a batch; a region of which it tells none keeps those it had."""
    told = {(quota.region, quota.families, quota.market): (quota.vcpus, quota.name) for quota in batch.quotas}
    regions = {region for region, _, _ in told}
    mine = (QUOTAS.c.provider == batch.provider, QUOTAS.c.closed_by.is_(None))
    rows = connection.execute(select(*_KEY, QUOTAS.c.vcpus, QUOTAS.c.name).where(*mine)).all()
    known = {tuple(key): (vcpus, name) for *key, vcpus, name in rows}
    seen = [key for key in told if known.get(key) == told[key]]
    over = [key for key in known if key[0] in regions and key not in seen]
    for keys, column in ((seen, "seen_by"), (over, "closed_by")):
        if keys:
            connection.execute(update(QUOTAS).where(*mine, tuple_(*_KEY).in_(keys)).values({column: batch_id}))
    names = ("region", "families", "market", "vcpus", "name")
    common = {"provider": batch.provider, "opened_by": batch_id, "seen_by": batch_id}
    fresh = [
        {**common, **dict(zip(names, (*key, *told[key]), strict=True))} for key in told if known.get(key) != told[key]
    ]
    if fresh:
        connection.execute(insert(QUOTAS), fresh)


def quotas_at(connection: Connection, last: int) -> tuple[AccountQuota, ...]:
    """Return the quotas that held after a batch, each with the day it was last told by then, in the order of keys."""
    query = (
        select(QUOTAS)
        .where(QUOTAS.c.opened_by <= last, or_(QUOTAS.c.closed_by.is_(None), QUOTAS.c.closed_by > last))
        .order_by(*QUOTAS.c["provider", "region", "families", "market"])
    )
    rows = connection.execute(query).all()
    days = SightingDays(connection, last) if rows else None
    return tuple(
        AccountQuota(
            provider=row.provider,
            region=row.region,
            families=row.families,
            market=row.market,
            vcpus=row.vcpus,
            name=row.name,
            observed_at=days.last(LIVE, row.provider, min(row.seen_by, last) + 1),
        )
        for row in rows
        if days
    )
