"""CUDO's machine types, replayed: a machine is the sum of its parts, in a size that may be made."""

import json

import pytest

from pricing.providers.cudo import MachineType, Size, size_of
from tests.pricing.providers.fetching import KEY, fetch, fetch_from, judged, prices, reasons
from tests.pricing.providers.replay import Answer, Replay, in_turn, payload

CUDO = in_turn(payload("cudo/machine_types.json"))
H100 = json.loads(payload("cudo/machine_types.json"))["machineTypes"][0]


def one(**fields):
    """Return what the first machine type, changed, becomes."""
    return judged(fetch("cudo", in_turn(Answer.json({"machineTypes": [{**H100, **fields}]}))))


def size(gpus, **limits):
    return size_of(MachineType.model_validate({**H100, **limits}), gpus)


def test_a_machine_is_the_sum_of_its_gpus_vcpus_and_memory():
    assert prices(judged(fetch("cudo", CUDO)).offers) == {
        f"ca-montreal-3/-/sapphire-rapids-h100_{gpus}x{8 * gpus}v{32 * gpus}gb/on_demand": price
        for gpus, price in ((1, "2.6732"), (2, "5.3464"), (4, "10.6928"))
    }


def test_pitfall_13_more_gpus_than_one_host_has_free_are_a_rejection():
    assert reasons(judged(fetch("cudo", CUDO)))["sapphire-rapids-h100_8x64v256gb/on_demand"] == (
        "not rentable when it was seen"
    )


def test_pitfall_14_a_new_gpu_is_told_and_a_machine_without_one_is_none_of_ours():
    named = {name.partition("_")[0]: reason for name, reason in reasons(judged(fetch("cudo", CUDO))).items()}
    assert named["epyc-rome-r100"] == "GPU in no catalog"
    assert "epyc-rome" not in named


@pytest.mark.parametrize("part", ["gpuPriceHr", "vcpuPriceHr", "memoryGibPriceHr"])
def test_pitfall_8_without_the_price_of_a_part_there_is_none(part):
    assert set(reasons(one(**{part: {"value": "0"}})).values()) == {"no price listed"}


def test_a_gpu_without_a_price_has_none():
    assert set(reasons(one(gpuPriceHr=None)).values()) == {"no price listed"}


def test_a_row_without_its_prices_is_a_problem_and_the_others_go_on():
    rows = json.loads(payload("cudo/machine_types.json"))["machineTypes"]
    rows[1]["vcpuPriceHr"] = {"value": "cheap"}
    fetched = fetch("cudo", in_turn(Answer.json({"machineTypes": rows})))
    assert ([problem.where for problem in fetched.problems], len(fetched.quotes)) == (["cudo machine types:2"], 4)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, Size(4, 32, 128)),
        ({"maxVcpuPerGpu": 4}, Size(4, 16, 128)),
        ({"minVcpuPerGpu": 12}, Size(4, 48, 128)),
        ({"maxVcpuPerMemoryGib": 0.1}, Size(4, 32, 320)),
        ({"minVcpuPerMemoryGib": 0.5}, Size(4, 32, 64)),
        ({"minVcpu": 40}, Size(4, 40, 128)),
        ({"minMemoryGib": 200}, Size(4, 32, 200)),
        ({"minVcpu": 40, "maxVcpuPerGpu": 4}, None),
        ({"minMemoryGib": 200, "minVcpuPerMemoryGib": 0.5}, None),
    ],
)
def test_a_size_is_the_nearest_that_may_be_made(limits, expected):
    assert size(4, **limits) == expected


def test_the_key_is_sent_and_kept_out_of_what_comes_of_it():
    with Replay(CUDO) as server:
        fetched = fetch_from(server, "cudo")
        assert [request.headers.get("Authorization") for request in server.asked] == [f"Bearer {KEY}"]
    assert KEY not in repr(fetched)
