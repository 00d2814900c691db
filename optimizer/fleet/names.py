"""Names in a request: every provider, region, GPU, engine, link and quota must exist, or the request is refused."""

from collections.abc import Collection, Iterable

from catalog import Catalog, UnknownNameError
from optimizer.fleet.quotas import check_quota_keys
from optimizer.request import PlanRequest
from pricing.offers import Snapshot

CONTINENTS = ("africa", "asia", "europe", "middle-east", "north-america", "oceania", "south-america")
LINK_KINDS = ("nvlink", "nvswitch", "pcie", "nvl72", "nvlink-pair", "nvlink-mesh", "infinity-fabric")


def check_names(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> None:
    """Raise UnknownNameError for the first name that neither the prices nor the catalog have."""
    allow, deny = request.allow, request.deny
    catalog.model(request.model)
    _known("provider", (*allow.providers, *deny.providers), {offer.provider for offer in snapshot.offers})
    _known("region", (*allow.regions, *deny.regions), {offer.region for offer in snapshot.offers})
    _known("continent", (*allow.continents, *deny.continents), CONTINENTS)
    _known("link", (*allow.links, *deny.links), {*LINK_KINDS, *catalog.links})
    for name in (*allow.gpus, *deny.gpus):
        catalog.gpus_named(name)
    for name in (*allow.engines, *deny.engines):
        catalog.engine(name)
    for name in request.quality.quantizations:
        catalog.quantization(name)
    check_quota_keys(request.limits.quotas, snapshot.offers, catalog)


def unpriced_gpus(request: PlanRequest, snapshot: Snapshot, catalog: Catalog) -> tuple[str, ...]:
    """Return a sentence for each GPU asked for that has no price, or cannot be rented at all."""
    priced = {offer.gpu_id for offer in snapshot.offers}
    asked = dict.fromkeys(gpu_id for name in request.allow.gpus for gpu_id in catalog.gpus_named(name))
    return tuple(
        f"no offer of {gpu_id} is in the prices"
        if catalog.gpus[gpu_id].status == "supported"
        else f"{gpu_id} cannot be rented: {catalog.gpus[gpu_id].note}"
        for gpu_id in asked
        if gpu_id not in priced
    )


def _known(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)
