"""Several small instances replace a large one that costs as much, but only where no limit counts instances."""

from decimal import Decimal
from typing import Any

import pytest

from optimizer.fleet.candidates import find_candidates
from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.columns import Columns, columns_of
from tests.optimizer.fleet.market import CHAT, catalog, offer, request, snapshot

OFFERS = tuple(offer(Decimal("3.00") * gpus, gpus=gpus) for gpus in (2, 4, 8))
MANY = {**CHAT, "users": 150}


def columns(limits: dict[str, Any], *, prune: bool = True) -> Columns:
    asked = request(MANY, limits=limits)
    return columns_of(find_candidates(asked, snapshot(*OFFERS), catalog()), asked, prune=prune)


def test_without_such_a_limit_the_small_one_stands_for_all() -> None:
    assert len(columns({}).offers) < len(OFFERS)


@pytest.mark.parametrize("limits", [{"max_instances": 3}, {"quotas": {"aws": 3}}, {"max_provider_fraction": 1.0}])
def test_where_instances_count_the_large_ones_stay(limits: dict[str, Any]) -> None:
    assert len(columns(limits).offers) == len(OFFERS)


@pytest.mark.parametrize("limits", [{}, {"max_instances": 3}, {"quotas": {"aws": 3}}, {"max_kinds": 1}])
def test_pruning_changes_no_cost(limits: dict[str, Any]) -> None:
    every, kept = (cheapest_fleet(columns(limits, prune=prune).problem, break_ties=False) for prune in (False, True))
    assert kept.cost_usd_per_hour == pytest.approx(every.cost_usd_per_hour)
