"""A row that is wrong does not load, and every wrong row is named at once."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import InvalidDataError, read_catalog
from catalog.loading import TABLES
from catalog.tables import Problem
from tests.catalog.conftest import Edit, Texts

SHARED_FIXTURES = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def problems_of(texts: Texts, table: str = "") -> list[Problem]:
    """Return the problems of texts, or of one table: a row left out is missed by the rows that name it."""
    with pytest.raises(InvalidDataError) as caught:
        read_catalog(texts)
    return [problem for problem in caught.value.problems if table in problem[0]]


def test_the_shipped_tables_load(texts: Texts) -> None:
    assert len(read_catalog(texts).gpus) > 30


@pytest.mark.parametrize("table", [name for name in TABLES if name != "sources"])
def test_a_row_without_source_does_not_load(texts: Texts, edit: Edit, table: str) -> None:
    found = problems_of(edit(texts, table, 0, source_id=""), table)
    assert [(f"catalog/data/{table}.csv", 2, "source_id")] == [problem[:3] for problem in found]


@pytest.mark.parametrize(
    ("table", "column", "reported"),
    [
        ("gpus", "source_id", "source_id"),
        ("gpus", "extra_source_ids", "source_id"),
        ("instances", "gpu_id", "gpu_id"),
        ("instances", "intra_link_id", "link_id"),
        ("instances", "inter_link_id", "link_id"),
        ("kernels", "quantization_id", "quantization_id"),
        ("kernels", "engine_id", "engine_id"),
        ("aliases", "canonical_id", "canonical_id"),
    ],
)
def test_a_name_that_no_table_has_does_not_load(
    texts: Texts, edit: Edit, table: str, column: str, reported: str
) -> None:
    found = problems_of(edit(texts, table, 0, **{column: "nowhere"}))
    assert [problem[:3] for problem in found] == [(f"catalog/data/{table}.csv", 2, reported)]
    assert "'nowhere' is no row of catalog/data/" in found[0][3]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("gpus", "memory_gib", "0"),
        ("gpus", "memory_gib", "80 GB"),
        ("gpus", "hbm_bandwidth_gb_s", "99999999"),
        ("gpus", "status", "maybe"),
        ("links", "all_reduce_latency_us", "-1"),
        ("instances", "gpu_count", "73"),
        ("instances", "rentable_gpu_counts", "a few"),
        ("instances", "rentable_gpu_counts", "1-"),
        ("instances", "rdma", "perhaps"),
        ("models", "layers", "12.5"),
        ("models", "dense_or_moe", "sparse"),
        ("quantizations", "bits_per_weight", "33"),
        ("quantizations", "quality_tier", "fine"),
        ("engines", "memory_fraction_default", "92"),
        ("kernels", "compute_dtype", "fp6"),
        ("interruptions", "fraction_high", "1.5"),
        ("claims", "verdict", "true"),
        ("aliases", "kind", "thing"),
    ],
)
def test_a_value_out_of_range_does_not_load(texts: Texts, edit: Edit, table: str, column: str, value: str) -> None:
    (problem,) = problems_of(edit(texts, table, 0, **{column: value}), table)
    assert (f"catalog/data/{table}.csv", 2, column) == problem[:3]
    assert value in problem[3]


def test_a_key_that_stands_twice_does_not_load(texts: Texts) -> None:
    first_row = texts["gpus"].splitlines()[1]
    (problem,) = problems_of({**texts, "gpus": f"{texts['gpus']}{first_row}\n"})
    assert problem[2:] == ("key", "'H100-SXM-80GB' stands twice")


def test_a_missing_column_is_named(texts: Texts) -> None:
    found = problems_of({**texts, "gpus": texts["gpus"].replace("memory_gib,", "memory,", 1)})
    assert ("catalog/data/gpus.csv", 1, "memory_gib", "column is missing") in found


def test_a_row_that_ends_early_does_not_load(texts: Texts) -> None:
    found = problems_of({**texts, "aliases": texts["aliases"] + "gpu,short\n"})
    assert {"canonical_id", "source_id"} == {problem[2] for problem in found}


def test_bad_rows_of_several_tables_are_named_at_once(texts: Texts, edit: Edit) -> None:
    broken = edit(texts, "gpus", 1, memory_gib="-1", source_id="")
    broken = edit(broken, "links", 2, all_reduce_busbw_gb_s="fast")
    broken = edit(broken, "kernels", 3, engine_id="nowhere")
    places = {problem[:3] for problem in problems_of(broken)}
    assert places >= {
        ("catalog/data/gpus.csv", 3, "memory_gib"),
        ("catalog/data/gpus.csv", 3, "source_id"),
        ("catalog/data/links.csv", 4, "all_reduce_busbw_gb_s"),
        ("catalog/data/kernels.csv", 5, "engine_id"),
    }


def test_the_message_reads_file_line_column(texts: Texts, edit: Edit) -> None:
    with pytest.raises(InvalidDataError, match=r"catalog/data/gpus\.csv:2: memory_gib: .*found '-1'"):
        read_catalog(edit(texts, "gpus", 0, memory_gib="-1"))


@SHARED_FIXTURES
@given(rows=st.sets(st.integers(0, 30), min_size=1))
def test_exactly_the_broken_rows_are_named(texts: Texts, edit: Edit, rows: set[int]) -> None:
    broken = texts
    for row in rows:
        broken = edit(broken, "gpus", row, hbm_bandwidth_gb_s="0")
    found = problems_of(broken)
    assert sorted(row + 2 for row in rows) == [line for _, line, column, _ in found if column == "hbm_bandwidth_gb_s"]


@SHARED_FIXTURES
@given(seed=st.integers(0, 10_000), table=st.sampled_from(["gpus", "models", "quantizations", "links"]))
def test_the_order_of_rows_changes_no_fact(texts: Texts, seed: int, table: str) -> None:
    head, *rows = texts[table].splitlines()
    random.Random(seed).shuffle(rows)  # noqa: S311 - a test order, not a secret
    shuffled = read_catalog({**texts, table: "\n".join([head, *rows]) + "\n"})
    assert dict(getattr(read_catalog(texts), table)) == dict(getattr(shuffled, table))


def test_the_catalog_id_is_that_of_its_texts(texts: Texts, edit: Edit) -> None:
    changed = edit(texts, "gpus", 0, note="another note")
    assert read_catalog(texts).catalog_id == read_catalog(dict(reversed(texts.items()))).catalog_id
    assert read_catalog(texts).catalog_id != read_catalog(changed).catalog_id


def test_counts_are_read_as_lists_and_as_ranges(texts: Texts, edit: Edit) -> None:
    listed = read_catalog(edit(texts, "instances", 0, rentable_gpu_counts="1,2,8"))
    ranged = read_catalog(edit(texts, "instances", 0, rentable_gpu_counts="6-8"))
    key = next(iter(listed.instances))
    assert listed.instances[key].rentable_gpu_counts == (1, 2, 8)
    assert ranged.instances[key].rentable_gpu_counts == (6, 7, 8)
