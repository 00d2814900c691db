"""Decisions: from a request, facts and prices to the cheapest fleet, its proof and its reasons. No I/O, no clock.

    from optimizer import frontier, plan, predict

    plan(model="llama-3.1-70b", workload={"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192})

These names are stable; docs/python.md describes them. They are found when they are asked for, so importing the package
costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.fleet.frontier import Frontier
    from optimizer.fleet.plan import Plan
    from optimizer.interactive import frontier, plan, predict
    from optimizer.performance.predict import Prediction
    from optimizer.request import PlanRequest

_FOUND_IN = {
    "Frontier": "optimizer.fleet.frontier",
    "Plan": "optimizer.fleet.plan",
    "PlanRequest": "optimizer.request",
    "Prediction": "optimizer.performance.predict",
    "frontier": "optimizer.interactive",
    "plan": "optimizer.interactive",
    "predict": "optimizer.interactive",
}

__all__ = ["Frontier", "Plan", "PlanRequest", "Prediction", "frontier", "plan", "predict"]


def __getattr__(name: str) -> object:
    """Return a public name, imported now."""
    if name not in _FOUND_IN:
        raise AttributeError(f"module 'optimizer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_FOUND_IN[name]), name)
