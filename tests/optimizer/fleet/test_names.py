"""Names in a request: what nobody knows is refused, with the nearest names that exist."""

from typing import Any

import pytest

from catalog import UnknownNameError
from optimizer.fleet.names import check_names
from tests.optimizer.fleet.market import catalog, request, snapshot, three_clouds

UNKNOWN = [
    ({"model": "llama-3.1-71b"}, "llama-3.1-70b"),
    ({"allow": {"providers": ["awss"]}}, "aws"),
    ({"deny": {"providers": ["lamda"]}}, "lambda"),
    ({"allow": {"regions": ["us-east-11"]}}, "us-east-1"),
    ({"allow": {"continents": ["europ"]}}, "europe"),
    ({"allow": {"gpus": ["H101"]}}, "H100"),
    ({"deny": {"gpus": ["A1000"]}}, "A100"),
    ({"allow": {"engines": ["vlm"]}}, "vllm"),
    ({"allow": {"links": ["nvlnk"]}}, "nvlink"),
    ({"quality": {"quantizations": ["awq-int5"]}}, "awq-int4"),
    ({"limits": {"quotas": {"gpc": 1}}}, "gcp"),
]


@pytest.mark.parametrize(("rest", "near"), UNKNOWN, ids=str)
def test_an_unknown_name_is_refused_with_a_near_one(rest: dict[str, Any], near: str) -> None:
    with pytest.raises(UnknownNameError) as refused:
        check_names(request(**rest), snapshot(*three_clouds()), catalog())
    assert near.lower() in (refused.value.hint or "").lower()


@pytest.mark.parametrize(
    "rest",
    [
        {"model": "Llama 3.1 70B"},
        {"allow": {"gpus": ["A100"], "engines": ["vLLM"], "links": ["nvlink"]}},
        {"quality": {"quantizations": ["AWQ-INT4"]}},
        {"deny": {"providers": ["gcp"], "regions": ["us-west-2"]}},
        {"limits": {"quotas": {"aws/us-east-1": 2, "H100-SXM-80GB": 16}}},
    ],
    ids=str,
)
def test_a_known_name_is_accepted_as_people_spell_it(rest: dict[str, Any]) -> None:
    check_names(request(**rest), snapshot(*three_clouds()), catalog())
