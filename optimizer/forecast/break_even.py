"""Dollars per million tokens, month by month, and self-hosting against a price per token."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optimizer.demand import Demand
from optimizer.forecast.bill import Tally
from optimizer.forecast.budget import BreakEven, BudgetMonth
from optimizer.forecast.covering import Covers
from optimizer.forecast.request import ApiPrice

SECONDS_PER_HOUR = 3600
MILLION = 1_000_000


def output_tok_per_s(demand: Demand) -> float | None:
    """Return the output tokens per second of a demand; None for users of whom no speed was asked."""
    if demand.unit == "requests_per_s":
        return math.fsum(size.amount * size.output_tokens for size in demand.sizes)
    speed = demand.tok_per_s_per_user
    return None if speed is None else math.fsum(demand.amounts) * speed


def tokens_of(tally: Tally, month: int) -> float | None:
    """Return the output tokens of a month at the load that was asked for."""
    candidates = tally.market.candidates
    whole = output_tok_per_s(candidates.demand)
    if whole is None:
        return None
    load = float(getattr(candidates.request.workload, tally.asked.demand.unit))
    return whole / load * tally.loads[month].mean * tally.clock.hours_per_month * SECONDS_PER_HOUR


def with_usd_per_million(tally: Tally, months: Sequence[BudgetMonth]) -> tuple[BudgetMonth, ...]:
    """Return the months with their dollars per million output tokens: idle hours are paid for too."""
    shown = []
    for number, month in enumerate(months):
        tokens = tokens_of(tally, number)
        each = month.usd_total_amortised / tokens * MILLION if tokens else None
        shown.append(replace(month, usd_per_million_output_tokens=each))
    return tuple(shown)


def break_even(tally: Tally, covers: Covers, months: Sequence[BudgetMonth]) -> BreakEven | None:
    """Return the comparison with a price per token, where one was given and the load is known in tokens."""
    api = tally.asked.api_price
    tokens = [tokens_of(tally, number) for number in range(len(months))]
    if api is None or any(not amount for amount in tokens):
        return None
    each = _api_usd_per_million(api, tally.market.candidates.demand)
    produced = [amount or 0.0 for amount in tokens]
    hosted = math.fsum(month.usd_total_amortised for month in months)
    api_usd = math.fsum(produced) / MILLION * each
    cheaper = [
        month.month
        for month, amount in zip(months, produced, strict=True)
        if month.usd_total_amortised <= amount / MILLION * each
    ]
    return BreakEven(
        api_usd_per_million=each,
        self_hosted_usd_per_million=hosted / math.fsum(produced) * MILLION,
        cheaper="self-hosted" if hosted <= api_usd else "api",
        api_usd=api_usd,
        months_self_hosted_is_cheaper=tuple(cheaper),
        break_even_demand=_break_even_demand(tally, covers, each, produced),
    )


def _api_usd_per_million(api: ApiPrice, demand: Demand) -> float:
    """Return the price of a million output tokens with the input tokens that go with them."""
    inputs = math.fsum(size.amount * size.input_tokens for size in demand.sizes)
    outputs = math.fsum(size.amount * size.output_tokens for size in demand.sizes)
    return api.usd_per_million_output_tokens + api.usd_per_million_input_tokens * inputs / outputs


def _break_even_demand(tally: Tally, covers: Covers, each: float, tokens: Sequence[float]) -> float | None:
    """Return the lowest base level from which renting by the hour costs no more than the API, with the first shape.

    Cost is a staircase in the level and the API's a line, so the levels tried are those at which a class of hours
    fills a step: at the end of a step the cost per token is the lowest of it.
    """
    if not covers.can_serve:
        return None
    load = tally.loads[0]
    level = max(load.level, 1e-12)
    factors = np.array([hours.amount for hours in load.classes]) / level
    hours = np.array([hours.hours for hours in load.classes])
    ends = (covers.capacity[1:, None] / factors[factors > 0][None, :]).ravel()
    highest = max(month.level for month in tally.loads)
    levels = np.unique(ends[ends <= highest * (1 + 1e-9)])
    if not levels.size:
        return None
    hosted = (covers.cost(levels[:, None] * factors[None, :]) * hours).sum(axis=1)
    api = levels / level * tokens[0] / MILLION * each
    able = np.flatnonzero(hosted <= api)
    return float(levels[able[0]]) if able.size else None
