"""A discrete-event check of the service formulas: one engine step after another, request by request."""

from optimizer.simulation.arrivals import (
    Request,
    poisson,
    read_trace,
    shipped_trace,
    shipped_trace_text,
    trace_start,
)
from optimizer.simulation.costs import StepCosts, step_costs
from optimizer.simulation.fleet import FleetOutcome, Group, simulate_fleet, simulate_users
from optimizer.simulation.outcome import Outcome, Served, outcome
from optimizer.simulation.scheduler import serve, serve_users

__all__ = [
    "FleetOutcome",
    "Group",
    "Outcome",
    "Request",
    "Served",
    "StepCosts",
    "outcome",
    "poisson",
    "read_trace",
    "serve",
    "serve_users",
    "shipped_trace",
    "shipped_trace_text",
    "simulate_fleet",
    "simulate_users",
    "step_costs",
    "trace_start",
]
