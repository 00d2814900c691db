"""The quotas of the user's own accounts: stored with the prices, and limits of every plan on them.

A request that has a quota of its own for what an account's quota counts keeps its own. A budget over months knows none:
quotas can be raised in less time.
"""

import os
from collections.abc import Iterator, Mapping

from catalog import Catalog
from optimizer.fleet.eligible import eligible_offers
from optimizer.fleet.quotas import quotas_of
from optimizer.request import PlanRequest
from pricing import Snapshot
from pricing.offers import AccountQuota

SETTING = "GPUMIX_ACCOUNT_QUOTAS"
MOST_NAMED = 3


def with_account_quotas(
    request: PlanRequest, snapshot: Snapshot, catalog: Catalog, environment: Mapping[str, str] = os.environ
) -> PlanRequest:
    """Return a request with the account's quotas of what it may rent; GPUMIX_ACCOUNT_QUOTAS=0 leaves them out."""
    if not snapshot.quotas or environment.get(SETTING, "").lower() in ("0", "false", "no", "off"):
        return request
    offers, given = eligible_offers(request, snapshot, catalog).offers, request.limits.quotas
    pools = {key: most for key, most in given.items() if key not in catalog.gpus and key.count("/") < 4}
    own = frozenset[int]().union(*(quota.offers for quota in quotas_of(pools, offers, catalog).values()))
    account = quotas_of({quota.key: quota.vcpus for quota in snapshot.quotas}, offers, catalog)
    added = {key: quota.most for key, quota in account.items() if quota.offers and not quota.offers & own}
    if not added:
        return request
    limits = request.limits.model_copy(update={"quotas": {**given, **added}})
    return request.model_copy(update={"limits": limits})


def account_assumptions(asked: PlanRequest, used: PlanRequest, snapshot: Snapshot) -> tuple[str, ...]:
    """Return what to say of the account's quotas that a request got: each of a few, else how many of how many vCPUs."""
    added = [
        quota for quota in snapshot.quotas if quota.key in used.limits.quotas and quota.key not in asked.limits.quotas
    ]
    if len(added) <= MOST_NAMED:
        return tuple(map(_sentence, added))
    return tuple(_summary(added))


def _sentence(quota: AccountQuota) -> str:
    place = f"{quota.provider} {quota.region}"
    return f"account quota of {quota.observed_at}: {quota.name} in {place}, {quota.vcpus:,} vCPUs"


def _summary(quotas: list[AccountQuota]) -> Iterator[str]:
    for provider in dict.fromkeys(quota.provider for quota in quotas):
        mine = [quota for quota in quotas if quota.provider == provider]
        some = [quota for quota in mine if quota.vcpus]
        last = max(quota.observed_at for quota in mine)
        none = len(mine) - len(some)
        yield f"{len(mine)} account quotas of {last} at {provider} hold" + (f", {none} of 0 vCPUs" if none else "")
        if len(some) <= MOST_NAMED:
            yield from map(_sentence, some)
    yield f"{SETTING}=0 leaves account quotas out"
