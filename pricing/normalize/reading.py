"""Read one quote with the catalog and the reference tables: the drafts it stands for, or why it stands for none."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalog import Catalog, Gpu
from pricing.normalize.drafts import Draft, RejectedQuoteError, reject_quote
from pricing.normalize.money import Price, read_price
from pricing.normalize.shapes import Shape, ShapeBook
from pricing.offers import Offer
from pricing.quotes import Quote
from pricing.references import References
from pricing.rejections import Reason, Rejection
from pricing.rows import PriceSource, Provider, Region

_FORM_FACTORS = re.compile(r"SXM|PCI|NVL|HGX", re.IGNORECASE)
_SEVERAL_FORM_FACTORS = ("A100", "H100", "H200")
_MEMORY_TOLERANCE = 0.07  # listings print GiB, decimal GB or the raw HBM size (B200: 180 and 192)


@dataclass(frozen=True, slots=True)
class QuoteReader:
    """Turns quotes into drafts. Knows the rules of one quote at a time; nothing of other quotes."""

    catalog: Catalog
    references: References
    shapes: ShapeBook

    def read(self, quote: Quote) -> list[Draft] | Rejection:
        """Return the drafts of a quote: one, or for a price per GPU one for each count that can be rented."""
        try:
            return self._read(quote)
        except RejectedQuoteError as error:
            known = self.references.provider(quote.provider)
            name = known.provider if known else quote.provider
            return reject_quote(quote, name, error.reason, error.detail)

    def _read(self, quote: Quote) -> list[Draft]:
        price = read_price(quote, self.references)
        provider = self.references.provider(quote.provider)
        if provider is None:
            raise RejectedQuoteError(Reason.UNKNOWN_PROVIDER, f"{quote.provider!r} is not in providers.csv")
        source = self.references.source(quote.source)
        if source is None:
            raise RejectedQuoteError(Reason.UNKNOWN_SOURCE, f"{quote.source!r} matches no row of sources.csv")
        name = self._name(provider, quote)
        gpu, gpu_count = self._gpu(quote, provider, name)
        if rule := self.references.launch_rule(provider.provider, name, quote.term):
            raise RejectedQuoteError(rule.reason, rule.source)
        per_gpu = source.unit == "gpu" and gpu_count == 1
        counts = (per_gpu and self.shapes.rentable_counts(provider.provider, gpu)) or (gpu_count,)
        region = self._region(provider, quote)
        drafts = []
        for count in counts:
            shape = self.shapes.shape(provider.provider, quote, name, gpu, count)
            if shape is None:
                raise RejectedQuoteError(Reason.NO_LINK, f"{count} x {gpu.gpu_id}")
            multiple = count // gpu_count
            offer = _offer(quote, provider, region, source, gpu, shape, price, multiple)
            contract = source.kind == "contract"
            drafts.append(Draft(offer, quote, source.kind != "tracker", multiple > 1, source.unit == "gpu", contract))
        return drafts

    def _name(self, provider: Provider, quote: Quote) -> str:
        named = self.references.instance_names.get((provider.provider, quote.instance_type))
        return named.instance_type if named else quote.instance_type

    def _region(self, provider: Provider, quote: Quote) -> Region:
        """Return the region; one that is in no table is kept under its own name, its place unknown."""
        known = self.references.regions.get((provider.provider, quote.region))
        note = "this region's place is not known"
        return known or Region(provider.provider, quote.region, quote.region, None, None, None, None, note)

    def _gpu(self, quote: Quote, provider: Provider, name: str) -> tuple[Gpu, int]:
        """Return (GPU, count) that the listing and the catalog agree on. Raises RejectedQuoteError."""
        instance = self.shapes.instance(provider.provider, name)
        label = quote.gpu_label or (instance.gpu_id if instance else None)
        if label is None:
            detail = f"{name!r} is not in instances.csv and no listing names its GPU"
            raise RejectedQuoteError(Reason.UNKNOWN_SHAPE, detail)
        count = self._count(quote, provider, name)
        gpu = self._named_gpu(label)
        if instance and (instance.gpu_id != gpu.gpu_id or count not in instance.rentable_gpu_counts):
            listed = f"{count} x {gpu.gpu_id}"
            raise RejectedQuoteError(
                Reason.CONTRADICTS, f"{listed} listed, {instance.gpu_count} x {instance.gpu_id} known"
            )
        _check_memory(quote, gpu)
        return gpu, count

    def _named_gpu(self, label: str) -> Gpu:
        """Return the GPU of a catalog id or a spelling in use. Raises RejectedQuoteError."""
        spelling = self.references.gpu_spellings.get(label)
        gpu_id = spelling.gpu_id if spelling else label
        if gpu_id is None or gpu_id not in self.catalog.gpus:
            raise RejectedQuoteError(Reason.UNKNOWN_GPU, f"{label!r}{': ' + spelling.note if spelling else ''}")
        return self.catalog.gpus[gpu_id]

    def _count(self, quote: Quote, provider: Provider, name: str) -> int:
        instance = self.shapes.instance(provider.provider, name)
        size = self.references.sizes.get((provider.provider, name))
        count = quote.gpu_count or (size.gpus if size else None) or (instance and Decimal(instance.gpu_count))
        if not count:
            raise RejectedQuoteError(Reason.UNKNOWN_COUNT, f"{name!r} is not in sizes.csv")
        if count < 1:
            detail = f"{count} of a GPU" + (f", {size.source}" if size else "")
            raise RejectedQuoteError(Reason.FRACTION, detail)
        return int(count)


def _check_memory(quote: Quote, gpu: Gpu) -> None:
    """Raise RejectedQuoteError where the listed memory is neither the driver's GiB nor the box's GB, within 7 %."""
    if quote.gpu_memory_gb is None:
        return
    low = gpu.memory_gib * (1 - _MEMORY_TOLERANCE)
    high = gpu.memory_gb_marketing * (1 + _MEMORY_TOLERANCE)
    if not low <= quote.gpu_memory_gb <= high:
        detail = f"listed with {quote.gpu_memory_gb:g} GB, {gpu.gpu_id} has {gpu.memory_gb_marketing}"
        raise RejectedQuoteError(Reason.MEMORY, detail)


def _offer(
    quote: Quote,
    provider: Provider,
    region: Region,
    source: PriceSource,
    gpu: Gpu,
    shape: Shape,
    price: Price,
    multiple: int,
) -> Offer:
    observed_at, observed_until, url = _observation(quote, source)
    return Offer(
        provider=provider.provider,
        tier="tracker" if source.kind == "tracker" else region.tier or provider.tier,
        region=region.region,
        zone=quote.zone,
        continent=region.continent,
        instance_type=shape.instance_type,
        term=quote.term,
        usd_per_hour=price.usd_per_hour * multiple,
        currency=price.currency,
        native_per_hour=price.native_per_hour * multiple,
        observed_at=observed_at,
        observed_until=observed_until,
        source=quote.source,
        source_url=url or provider.price_url,
        gpu_id=gpu.gpu_id,
        gpu_count=shape.gpu_count,
        intra_link_id=shape.intra_link_id,
        inter_link_id=shape.inter_link_id,
        link_basis=shape.link_basis,
        vcpus=shape.vcpus,
        ram_gib=shape.ram_gib,
        note=_note(quote, region, source, gpu, shape, price),
        valid_from=quote.valid_from,
        valid_until=quote.valid_until,
    )


def _observation(quote: Quote, source: PriceSource) -> tuple[date, date | None, str]:
    """Return (first day, last day, URL); a source may have read its committed prices on another day and page."""
    committed = quote.term in ("reserved_1y", "reserved_3y")
    if committed and source.committed_observed_at:
        return source.committed_observed_at, None, source.committed_url or source.url
    page = re.search(r"<- (https?://\S+)", quote.source)
    return quote.observed_at, quote.observed_until, page.group(1) if page else source.url


def _note(quote: Quote, region: Region, source: PriceSource, gpu: Gpu, shape: Shape, price: Price) -> str:
    notes = [quote.note, price.note, shape.note, source.caveat]
    if shape.gpu_count != (quote.gpu_count or shape.gpu_count):
        notes.append(f"{shape.gpu_count} x the price of {quote.gpu_count:f} GPU")
    several = gpu.gpu_id.startswith(_SEVERAL_FORM_FACTORS)
    if several and re.match(r"^\d+x ", quote.instance_type) and not _FORM_FACTORS.search(quote.instance_type):
        notes.append(f"the listing names no form factor; read as {gpu.gpu_id}")
    if "[prototyping]" in quote.instance_type:
        notes.append("prototyping mode: a GPU shared over the network, listed as spot")
    if region.country is None or "government" in region.note or "local zone" in region.note:
        notes.append(region.note)
    return "; ".join(note for note in notes if note)
