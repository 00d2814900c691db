"""Replicas ready to be timed: their shapes, their speeds and the tokens that their KV caches hold."""

from dataclasses import dataclass, replace

import numpy as np

from optimizer.performance.coefficients import REFERENCE_YEAR, Coefficients, coefficients_of
from optimizer.performance.layouts import Layouts
from optimizer.performance.memory import memory_of
from optimizer.performance.options import PLAIN, Options
from optimizer.performance.rates import Rates, rates
from optimizer.performance.shapes import Shapes, shapes
from optimizer.performance.tables import Bools, Floats, Ints, tables


@dataclass(frozen=True, slots=True)
class Replicas:
    """One row per replica; `kv_tokens` is how many tokens its KV cache holds (0: the weights do not fit)."""

    shapes: Shapes
    rates: Rates
    kv_tokens: Floats
    options: Options = PLAIN

    def take(self, rows: Bools | Ints) -> "Replicas":
        """Return the rows of a mask or an index array."""
        return replace(self, shapes=self.shapes.take(rows), rates=self.rates.take(rows), kv_tokens=self.kv_tokens[rows])


def replicas(
    layouts: Layouts,
    year: float | Floats = REFERENCE_YEAR,
    coefficients: Coefficients | None = None,
    options: Options = PLAIN,
) -> Replicas:
    """Return the replicas of layouts, with engines of a decimal year (default: the newest that was calibrated)."""
    shape = shapes(layouts)
    speeds = rates(shape, tables(layouts.catalog), coefficients or coefficients_of(layouts.catalog), year)
    if options.step_tokens is not None:
        speeds = replace(speeds, step_tokens=np.full(len(shape), float(options.step_tokens)))
    return Replicas(shape, speeds, kv_tokens(layouts, shape), options)


def kv_tokens(layouts: Layouts, shape: Shapes) -> Floats:
    """Return the tokens of KV cache that fit on the fullest GPU of each replica."""
    bill = memory_of(layouts, shape)
    return np.asarray(np.maximum(bill.kv_room_gib, 0) / bill.kv_gib_per_token)
