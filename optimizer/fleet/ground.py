"""Ground: what all requests for a model on one snapshot start from: layouts, their physics, the machines.

Laying out and shaping tens of thousands of layouts takes longer than answering with them, so the last few are kept.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from catalog import Catalog, Model
from optimizer.fleet.hardware import Grid, lay_out
from optimizer.fleet.quality import quality_tiers
from optimizer.fleet.settings import engine_order, settings_by_gpu
from optimizer.fleet.stock import Stock, stock_of
from optimizer.fleet.ways import Ways, ways_of
from optimizer.performance.coefficients import calibration_id
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import Memory, memory
from optimizer.performance.possibility import impossible
from optimizer.performance.replicas import Replicas, replicas
from optimizer.performance.tables import Ints
from optimizer.request import PlanRequest
from pricing.offers import Snapshot

GROUNDS_KEPT = 6


@dataclass(frozen=True)
class Ground:
    """`laid_out` has all layouts, `possible` those that some engine runs; `ways` are the machines' ways to hold them.

    `preference[i]` ranks the possible rows among equals, `taste[i]` by quality, KV cache and engine alone.
    """

    stock: Stock
    laid_out: Grid
    possible: Grid
    ways: Ways
    preference: Ints
    taste: Ints

    @cached_property
    def memory(self) -> Memory:
        """Return the memory bill of the possible rows."""
        return memory(self.possible.layouts)

    @cached_property
    def fleet(self) -> Replicas:
        """Return the possible rows ready to be timed."""
        return replicas(self.possible.layouts)


def ground_of(request: PlanRequest, model: Model, snapshot: Snapshot, catalog: Catalog) -> Ground:
    """Return the ground of a request's model and engines, built once for each."""
    return _ground(_Key(stock_of(snapshot), catalog, model, request))


class _Key:
    """Tells grounds apart: by stock, catalog, calibration, model, and the engines in the order they were given."""

    __slots__ = ("catalog", "model", "parts", "request", "stock")

    def __init__(self, stock: Stock, catalog: Catalog, model: Model, request: PlanRequest) -> None:
        self.stock, self.catalog, self.model, self.request = stock, catalog, model, request
        engines = (request.allow.engines, request.deny.engines)
        self.parts = (id(stock), catalog.catalog_id, calibration_id(catalog), model.model_id, engines)

    def __hash__(self) -> int:
        return hash(self.parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.parts == self.parts


@lru_cache(maxsize=GROUNDS_KEPT)
def _ground(key: _Key) -> Ground:
    catalog, stock = key.catalog, key.stock
    priced = [offer for offer in stock.offers if catalog.gpus[offer.gpu_id].status == "supported"]
    runs = settings_by_gpu(key.request, dict.fromkeys(offer.gpu_id for offer in priced), catalog)
    laid_out = lay_out(key.model, priced, runs, catalog)
    possible = laid_out.take(np.flatnonzero(impossible(laid_out.layouts) == 0))
    layouts = possible.layouts
    ranks = _preference(layouts, catalog), _taste(layouts, catalog)
    return Ground(stock, laid_out, possible, ways_of(stock, laid_out), *ranks)


def _tastes(layouts: Layouts, catalog: Catalog) -> tuple[Ints, Ints, Ints]:
    """Return quality tier, width of the KV cache and engine of each layout, as numbers of which the least is best."""
    engines = np.array(engine_order(catalog), dtype=np.int64)[layouts.engine]
    return quality_tiers(layouts, catalog), -layouts.kv_bits, engines


def _preference(layouts: Layouts, catalog: Catalog) -> Ints:
    """Return the rank of each layout among equals: quality tier, 16-bit KV, usual engine, fewer nodes and stages."""
    tastes = reversed(_tastes(layouts, catalog))
    order = np.lexsort((layouts.tp, layouts.quantization, layouts.pp, layouts.nodes, *tastes))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _taste(layouts: Layouts, catalog: Catalog) -> Ints:
    """Return a number that ranks layouts by quality tier, then width of the KV cache, then engine; equals share one."""
    tiers, widths, engines = _tastes(layouts, catalog)
    return np.asarray((tiers * 100 + widths) * 100 + engines)
