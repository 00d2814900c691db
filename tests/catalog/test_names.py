"""Names resolve to one row or fail with the closest that exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, UnknownNameError, load_catalog


@given(name=st.sampled_from(sorted(load_catalog().gpus)), upper=st.booleans(), padding=st.sampled_from(["", " ", "\t"]))
def test_an_id_resolves_in_any_case_and_padding(name: str, upper: bool, padding: str) -> None:
    typed = padding + (name.upper() if upper else name.lower()) + padding
    assert load_catalog().gpu(typed).gpu_id == name


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("gpu", "H100-SXM-80G", "H100-SXM-80GB"),
        ("gpu", "RTX-A6000-49GB", "RTX-A6000-48GB"),
        ("model", "llama-4-504b", "llama-4-405b"),
        ("quantization", "q4_k_n", "q4_k_m"),
        ("engine", "vlmm", "vllm"),
        ("link", "nvswitch-gen9", "nvswitch-gen4"),
    ],
)
def test_an_unknown_name_offers_the_closest(catalog: Catalog, kind: str, typed: str, meant: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        getattr(catalog, kind)(typed)
    assert meant in caught.value.matches
    assert caught.value.hint.startswith("did you mean")


def test_a_name_close_to_nothing_lists_what_is_known(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError) as caught:
        catalog.gpu("@@@")
    assert caught.value.matches == ()
    assert caught.value.hint.startswith("known: ")


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("H200", {"H200-SXM-141GB", "H200-NVL-141GB"}),
        ("GH200", {"GH200-96GB", "GH200-144GB"}),
        ("B200", {"B200-SXM-180GB"}),
        ("GB200", {"GB200-186GB"}),
        ("A100", {"A100-SXM-40GB", "A100-PCIe-40GB", "A100-SXM-80GB", "A100-PCIe-80GB"}),
        ("a100 pcie", {"A100-PCIe-40GB", "A100-PCIe-80GB"}),
        ("L40", {"L40-48GB"}),
        ("L40S", {"L40S-48GB"}),
        ("H100-SXM-80GB", {"H100-SXM-80GB"}),
    ],
)
def test_a_family_name_takes_its_members_and_no_others(catalog: Catalog, family: str, members: set[str]) -> None:
    assert members == set(catalog.gpus_named(family))


def test_an_alias_resolves(catalog: Catalog) -> None:
    for (kind, alias), canonical in catalog.aliases.items():
        if kind in {"gpu", "model", "quantization", "engine"}:
            assert getattr(getattr(catalog, kind)(alias), f"{kind}_id") == canonical


def test_no_alias_hides_an_id_of_another_row(catalog: Catalog) -> None:
    known = {
        "gpu": catalog.gpus,
        "model": catalog.models,
        "quantization": catalog.quantizations,
        "engine": catalog.engines,
    }
    for (kind, alias), canonical in catalog.aliases.items():
        ids = {name.lower(): name for name in known.get(kind, ())}
        assert ids.get(alias, canonical) == canonical
