"""Which rentable shapes a listing stands for: the catalog's instances where it has them, else what the listing says."""

import re
from collections import defaultdict
from dataclasses import dataclass

from catalog import Catalog, Gpu, Instance
from pricing.normalize.links import inter_link, intra_link
from pricing.offers import LinkBasis
from pricing.quotes import Quote

_LABEL = re.compile(r"^\d+x ")


@dataclass(frozen=True, slots=True)
class Shape:
    """One rentable instance: what it is called, its GPUs and how they are joined."""

    instance_type: str
    gpu_count: int
    intra_link_id: str | None
    inter_link_id: str | None
    link_basis: LinkBasis
    vcpus: float | None
    ram_gib: float | None
    note: str


class ShapeBook:
    """The catalog's instances, by provider and GPU."""

    def __init__(self, catalog: Catalog) -> None:
        self._instances = catalog.instances
        self._by_gpu: dict[tuple[str, str], list[Instance]] = defaultdict(list)
        for instance in catalog.instances.values():
            self._by_gpu[instance.provider, instance.gpu_id].append(instance)

    def instance(self, provider: str, instance_type: str) -> Instance | None:
        """Return the catalog's instance of that name."""
        return self._instances.get((provider, instance_type))

    def rentable_counts(self, provider: str, gpu: Gpu) -> tuple[int, ...]:
        """Return the GPU counts that a provider rents this GPU in; empty where the catalog does not say."""
        instances = self._by_gpu[provider, gpu.gpu_id]
        return tuple(sorted({count for instance in instances for count in instance.rentable_gpu_counts}))

    def shape(self, provider: str, quote: Quote, name: str, gpu: Gpu, gpu_count: int) -> Shape | None:
        """Return the shape that a quote means at a GPU count, or None where its GPUs' link is not known.

        A name of the form `8x H100 SXM` is a description: it takes the name of the one catalog instance it fits, or
        `8x <gpu id>`. Any other name that is not in the catalog is an instance type of its own.
        """
        named = self.instance(provider, name)
        if named is not None:
            return _catalog_shape(named, gpu_count, quote)
        if not _LABEL.match(name):
            return _listed_shape(quote, name, gpu, gpu_count)
        fitting = [row for row in self._by_gpu[provider, gpu.gpu_id] if gpu_count in row.rentable_gpu_counts]
        if len(fitting) == 1:
            return _catalog_shape(fitting[0], gpu_count, quote)
        return _listed_shape(quote, f"{gpu_count}x {gpu.gpu_id}", gpu, gpu_count)


def _catalog_shape(instance: Instance, gpu_count: int, quote: Quote) -> Shape:
    whole = instance.gpu_count == gpu_count
    listed_alone = quote.gpu_count == gpu_count
    link_id = instance.intra_link_id if gpu_count > 1 else None
    return Shape(
        instance_type=_name(instance, gpu_count),
        gpu_count=gpu_count,
        intra_link_id=link_id,
        inter_link_id=instance.inter_link_id if whole else None,
        link_basis="catalog" if link_id else "single gpu",
        vcpus=(quote.vcpus if listed_alone else None) or (instance.vcpus if whole else None),
        ram_gib=(quote.ram_gib if listed_alone else None) or (instance.ram_gib if whole else None),
        note="",
    )


def _name(instance: Instance, gpu_count: int) -> str:
    """Return the name at a GPU count; an instance rented in one count only keeps its own."""
    suffix = f".{instance.gpu_count}x"
    if instance.instance_type.endswith(suffix):
        return f"{instance.instance_type.removesuffix(suffix)}.{gpu_count}x"
    return instance.instance_type if len(instance.rentable_gpu_counts) == 1 else f"{gpu_count}x {instance.gpu_id}"


def _listed_shape(quote: Quote, name: str, gpu: Gpu, gpu_count: int) -> Shape | None:
    link = intra_link(gpu, gpu_count, quote.interconnect)
    if link is None:
        return None
    link_id, basis = link
    listed_alone = quote.gpu_count is None or quote.gpu_count == gpu_count
    inter_link_id, note = inter_link(gpu, quote.network)
    return Shape(
        instance_type=name,
        gpu_count=gpu_count,
        intra_link_id=link_id,
        inter_link_id=inter_link_id if listed_alone else None,
        link_basis=basis,
        vcpus=quote.vcpus if listed_alone else None,
        ram_gib=quote.ram_gib if listed_alone else None,
        note=note if listed_alone else "",
    )
