"""What own runs are worth in one answer: how narrow they make its interval, and what is said of them."""

from dataclasses import dataclass

import numpy as np

from optimizer.performance.own.effect import OwnEffect
from optimizer.performance.tables import Floats

RUN_SPREAD = {"tpot": 0.03, "throughput": 0.03, "ttft": 0.1}
"""Standard deviation of ln(figure) between two runs of the same thing: estimates, no source repeats its runs."""
Z_OF_90_PERCENT = 1.2816
SURE = 0.98
DIGITS = 4


@dataclass(frozen=True, slots=True)
class OwnShare:
    """What the user's own runs say of one replica under one load.

    `measured`: its speed was measured on this replica under this load, so the value is the measured one. `runs` are
    those on this GPU, engine and model; `trust_fraction` is the share of the variance of the model's error in speed
    that they explain. `..._ratio` is the value over what the model alone says.
    """

    measured: bool
    runs: int
    trust_fraction: float
    tpot_ratio: float
    ttft_ratio: float
    throughput_ratio: float


def own_shares(own: OwnEffect | None, count: int) -> tuple[OwnShare | None, ...]:
    """Return what own runs say of each layout; None where they say nothing."""
    if own is None:
        return (None,) * count
    return tuple(_share(own, index) if own.runs[index] else None for index in range(count))


def _share(own: OwnEffect, index: int) -> OwnShare:
    def cell(name: str) -> float:
        return round(float(getattr(own, name)[index]), DIGITS)

    trust = cell("tpot_trust")
    ratios = {name: cell(name) for name in ("tpot_ratio", "ttft_ratio", "throughput_ratio")}
    return OwnShare(measured=trust >= SURE, runs=int(own.runs[index]), trust_fraction=trust, **ratios)


def narrowed(low: Floats, high: Floats, trust: Floats, metric: str) -> tuple[Floats, Floats]:
    """Return the bounds of an 80% interval, as ratios, of which own runs explain a share of the variance.

    ln bound^2 = (1 - trust) ln modelled bound^2 + trust (1.2816 RUN_SPREAD)^2: what is left of the model's error, and
    the difference between two runs of the same thing.
    """
    left, runs = 1 - trust, trust * (Z_OF_90_PERCENT * RUN_SPREAD[metric]) ** 2
    down, up = (np.sqrt(left * np.log(bound) ** 2 + runs) for bound in (low, high))
    return np.where(trust > 0, np.exp(-down), low), np.where(trust > 0, np.exp(up), high)
