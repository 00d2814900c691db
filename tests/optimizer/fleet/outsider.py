"""An outsider's program: built from a candidates document and the contract's words alone, solved with SciPy."""

import math
from collections import defaultdict
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import lil_matrix

Row = tuple[dict[str, float], float, float]


def cheapest(document: dict[str, Any]) -> float:
    """Return the least $/h over all fleets that the document allows, infinite where there is none."""
    columns = document["columns"]
    rows = _rows(document)
    prices = {f"n{key}": column["offer"]["usd_per_hour"] for column in columns for key in [_key(column)]}
    names = sorted({name for terms, _, _ in rows for name in terms} | set(prices))
    place = {name: number for number, name in enumerate(names)}
    matrix = lil_matrix((len(rows), len(names)))
    for number, (terms, _, _) in enumerate(rows):
        for name, coefficient in terms.items():
            matrix[number, place[name]] = coefficient
    low, high = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    answer = milp(
        [prices.get(name, 0.0) for name in names],
        integrality=[float(name[0] in "nruk") for name in names],
        constraints=LinearConstraint(matrix.tocsr(), low, high),
        options={"mip_rel_gap": 0.0},
    )
    return math.inf if answer.x is None else float(answer.fun)


def _key(column: dict[str, Any]) -> str:
    offer = column["offer"]
    return "|".join(str(offer[part]) for part in ("provider", "region", "zone", "instance_type", "term"))


def _rows(document: dict[str, Any]) -> list[Row]:
    """Return (terms, least, most) of every constraint: x shares, and whole n instances, r replicas, u uses."""
    columns = document["columns"]
    demand, capacity = _demand(document)
    offers = {_key(column): column["offer"] for column in columns}
    rows: list[Row] = []
    for bucket in range(len(demand)):
        able = [number for number in range(len(columns)) if capacity[number][bucket] > 0]
        rows.append(({f"x{bucket}_{number}": 1.0 for number in able}, 1.0, 1.0))
    held: dict[str, dict[str, float]] = defaultdict(dict)
    for number, column in enumerate(columns):
        load = {f"x{b}_{number}": demand[b] / most for b, most in enumerate(capacity[number]) if most > 0}
        rows.append(({**load, f"r{number}": -1.0}, -math.inf, 0.0))
        held[_key(column)][f"r{number}"] = float(column["gpus_per_replica"])
    for key, terms in held.items():
        rows.append(({**terms, f"n{key}": -float(offers[key]["gpus"])}, -math.inf, 0.0))
    losses = _losses(document, demand, capacity) + _average(document, demand, capacity)
    return rows + _limits(document, offers, demand, capacity) + losses


def _demand(document: dict[str, Any]) -> tuple[list[float], list[list[float]]]:
    if "users" in document:
        return [float(document["users"])], [[float(column["max_users"])] for column in document["columns"]]
    rates = [bucket["rate_per_s"] for bucket in document["buckets"]]
    return rates, [column["max_rate_per_s"] for column in document["columns"]]


def _limits(
    document: dict[str, Any], offers: dict[str, dict[str, Any]], demand: list[float], capacity: list[list[float]]
) -> list[Row]:
    limits = document["limits"]
    rows: list[Row] = []
    if limits["max_usd_per_hour"] is not None:
        rows.append(
            ({f"n{key}": offer["usd_per_hour"] for key, offer in offers.items()}, 0.0, limits["max_usd_per_hour"])
        )
    if limits["max_instances"] is not None:
        rows.append(({f"n{key}": 1.0 for key in offers}, 0.0, limits["max_instances"]))
    if limits["max_kinds"] is not None:
        least = min(most for served in capacity for most in served if most > 0)
        many = sum(math.ceil(amount / least) for amount in demand)
        rows += [({f"n{key}": 1.0, f"u{key}": -float(many)}, -math.inf, 0.0) for key in offers]
        rows += [({f"u{key}": 1.0}, 0.0, 1.0) for key in offers]
        rows.append(({f"u{key}": 1.0 for key in offers}, 0.0, limits["max_kinds"]))
    for quota, most in limits["quotas"].items():
        counted = {f"n{key}": weight for key, offer in offers.items() if (weight := _weight(quota, offer))}
        rows.append((counted, 0.0, most))
    return rows


def _losses(document: dict[str, Any], demand: list[float], capacity: list[list[float]]) -> list[Row]:
    """Return, for every loss f, that what is left still serves all: its own shares x[f,b,c], within what f leaves.

    A column that loses k replicas keeps max(0, r - k): with a whole k[f,c] in {0, 1}, load <= r - k k[f,c] and
    load <= most k[f,c].
    """
    rows: list[Row] = []
    for number, left in enumerate(_every_loss(document)):
        for bucket in range(len(demand)):
            able = [c for c in range(len(capacity)) if capacity[c][bucket] > 0 and left[c] is not None]
            rows.append(({f"x{number}_{bucket}_{c}": 1.0 for c in able}, 1.0, 1.0))
        for c, lost in enumerate(left):
            if lost is None:
                continue
            load = {f"x{number}_{b}_{c}": demand[b] / most for b, most in enumerate(capacity[c]) if most > 0}
            kept = f"k{number}_{c}"
            rows.append(({**load, f"r{c}": -1.0, **({kept: float(lost)} if lost else {})}, -math.inf, 0.0))
            if lost:
                most = sum(math.ceil(demand[b] / each) for b, each in enumerate(capacity[c]) if each > 0)
                rows += [({**load, kept: -float(most)}, -math.inf, 0.0), ({kept: 1.0}, 0.0, 1.0)]
    return rows


def _every_loss(document: dict[str, Any]) -> list[list[int | None]]:
    """Return, for every loss, how many replicas each column loses; None: all of them."""
    columns, scope = document["columns"], document["survive_loss"]
    if scope == "none":
        return _every_preemption(document)
    if scope == "replica":
        return [[int(c == lost) for c in range(len(columns))] for lost in range(len(columns))]
    places = [_place(column["offer"], scope) for column in columns]
    return [
        [
            0 if place != lost else _on_one(column) if scope == "instance" else None
            for place, column in zip(places, columns, strict=True)
        ]
        for lost in sorted(set(places))
    ]


def _every_preemption(document: dict[str, Any]) -> list[list[int | None]]:
    """Return, for every way in which so many spot instances are taken back, how many replicas each column loses."""
    columns, losses = document["columns"], document["spot"]["losses"] or 0
    spot = sorted({_key(column) for column in columns if column["offer"]["term"] == "spot"})
    return [
        [lost.count(_key(column)) * _on_one(column) for column in columns]
        for lost in combinations_with_replacement(spot, losses)
        if losses
    ]


def _average(document: dict[str, Any], demand: list[float], capacity: list[list[float]]) -> list[Row]:
    """Return that what is there on average serves all, where losses of spot were asked about."""
    if document["spot"]["losses"] is None:
        return []
    rows: list[Row] = []
    for bucket in range(len(demand)):
        able = [c for c in range(len(capacity)) if capacity[c][bucket] > 0]
        rows.append(({f"xe_{bucket}_{c}": 1.0 for c in able}, 1.0, 1.0))
    for c, column in enumerate(document["columns"]):
        load = {f"xe_{b}_{c}": demand[b] / most for b, most in enumerate(capacity[c]) if most > 0}
        there = column["offer"]["there_fraction"] ** column["instances_per_replica"]
        rows.append(({**load, f"r{c}": -there}, -math.inf, 0.0))
    return rows


def _place(offer: dict[str, Any], scope: str) -> str:
    """Return what an offer shares its fate with."""
    zone = "|".join((offer["provider"], offer["region"], str(offer["zone"])))
    unit = "|".join((zone, offer["instance_type"], offer["term"]))
    return {"instance": unit, "zone": zone, "provider": str(offer["provider"])}[scope]


def _on_one(column: dict[str, Any]) -> int:
    return max(1, int(column["offer"]["gpus"]) // int(column["gpus_per_replica"]))


def _weight(quota: str, offer: dict[str, Any]) -> float:
    """Return what one instance takes of a quota: GPUs of a GPU id, vCPUs of a family, else an instance of a pool."""
    if quota.endswith(" vCPUs"):
        place, _, market = quota.removesuffix(" vCPUs").rpartition("/")
        here = f"{offer['provider']}/{offer['region']}/{offer['instance_type'][:1].upper()}" == place
        return float(offer["vcpus"]) if here and (offer["term"] == "spot") == (market == "spot") else 0.0
    if quota == offer["gpu"]:
        return float(offer["gpus"])
    path = [offer["provider"], offer["region"], offer["instance_type"]]
    wanted = quota.split("/")
    return 1.0 if path[: len(wanted)] == wanted or quota == offer["instance_type"] else 0.0
