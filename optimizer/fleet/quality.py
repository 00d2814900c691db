"""Quality: which layouts are acceptable, and how good each one is, its KV cache included."""

import numpy as np

from catalog import Catalog
from optimizer.fleet.settings import acceptable, tier_with_kv
from optimizer.performance.layouts import Layouts
from optimizer.performance.tables import Bools, Ints
from optimizer.request import PlanRequest


def meets_quality(layouts: Layouts, request: PlanRequest, catalog: Catalog) -> Bools:
    """Return which layouts have an acceptable quality."""
    table = np.zeros((len(catalog.quantizations), 17), dtype=bool)
    for quantization, kv_bits in acceptable(request, catalog):
        table[quantization, kv_bits] = True
    return np.asarray(table[layouts.quantization, layouts.kv_bits])


def quality_tiers(layouts: Layouts, catalog: Catalog) -> Ints:
    """Return the position in QUALITY_TIERS of each layout, its KV cache included."""
    tiers = np.array([[tier_with_kv(row, bits) for bits in (8, 16)] for row in catalog.quantizations.values()])
    return np.asarray(tiers[layouts.quantization, (layouts.kv_bits == 16).astype(int)])
