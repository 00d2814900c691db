"""Quota keys: which offers a key speaks of, and whether it counts instances, GPUs or vCPUs."""

from collections.abc import Mapping, Sequence

from catalog import Catalog, UnknownNameError
from optimizer.fleet.problem import Quota
from optimizer.fleet.vcpus import vcpu_pool
from pricing.offers import Offer


def quotas_of(keys: Mapping[str, int], offers: Sequence[Offer], catalog: Catalog) -> dict[str, Quota]:
    """Return the quota of each key. Raises UnknownNameError for a key that is neither a pool nor a GPU."""
    return {key: _quota(key, most, offers, catalog) for key, most in keys.items()}


def check_quota_keys(keys: Mapping[str, int], offers: Sequence[Offer], catalog: Catalog) -> None:
    """Raise UnknownNameError for a key that no offer of the whole snapshot answers to.

    An account has quotas of families of which nothing is on offer: a key in vCPUs only needs its provider.
    """
    for key in keys:
        pool = vcpu_pool(key)
        if pool is not None and any(offer.provider == pool.provider for offer in offers):
            continue
        if key not in catalog.gpus and not any(_names(key, offer) for offer in offers):
            pools = {part for offer in offers for part in (offer.provider, offer.pool)}
            raise UnknownNameError(
                "quota key (provider[/region[/instance_type]] or GPU id)", key, [*pools, *catalog.gpus]
            )


def _quota(key: str, most: int, offers: Sequence[Offer], catalog: Catalog) -> Quota:
    if key in catalog.gpus:
        return Quota(frozenset(i for i, offer in enumerate(offers) if offer.gpu_id == key), most, "gpus")
    pool = vcpu_pool(key)
    if pool is not None:
        return Quota(frozenset(i for i, offer in enumerate(offers) if pool.counts(offer)), most, "vcpus")
    return Quota(frozenset(i for i, offer in enumerate(offers) if _names(key, offer)), most, "instances")


def _names(key: str, offer: Offer) -> bool:
    """Match a pool, a leading part of it, an instance type alone, or one whole offer."""
    return f"{offer.pool}/".startswith(f"{key}/") or key in (offer.instance_type, offer.offer_id)
