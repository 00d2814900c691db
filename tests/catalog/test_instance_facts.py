"""Rentable shapes against the GPUs in them and the links that join them."""

import pytest

from catalog import Catalog, Instance, load_catalog

CATALOG = load_catalog()
SHAPES = list(CATALOG.instances.values())
SEVERAL_GPUS = [shape for shape in SHAPES if max(shape.rentable_gpu_counts) > 1]
JOINED = [shape for shape in SHAPES if shape.inter_link_id]
GPUS_OF_A_FABRIC = 8  # fabric links are measured on nodes of 8 GPUs, TCP on one network card
CARD_HARDWARE = (
    "A100-SXM-80GB",
    "A100-PCIe-80GB",
    "H100-SXM-80GB",
    "H100-PCIe-80GB",
    "RTX-A6000-48GB",
    "RTX-4090-24GB",
)


def named(shape: Instance) -> str:
    return f"{shape.provider}/{shape.instance_type}"


def link_of(shape: Instance) -> str:
    """Return the link that the GPU of a shape allows: a kind, with its generation where it has one."""
    gpu = CATALOG.gpus[shape.gpu_id]
    if gpu.vendor == "AMD":
        return "infinity-fabric"
    if gpu.gpu_id.startswith(("GB200", "GB300")):
        return "nvl72"
    if "SXM" in gpu.gpu_id:
        return "nvlink-mesh" if gpu.nvlink_generation == 2 else f"nvswitch-gen{gpu.nvlink_generation}"
    return f"pcie-gen{gpu.pcie_gen}"


def link_gbps(shape: Instance) -> float:
    """Return the rate of the link between instances, in Gb/s of a whole instance."""
    link = CATALOG.links[shape.inter_link_id or ""]
    share = 1.0 if link.link_id.startswith("tcp-") else shape.gpu_count / GPUS_OF_A_FABRIC
    return link.bandwidth_gb_s_per_direction * 8 * share


def test_gpus_are_joined_by_what_they_have() -> None:
    unbridged = [shape for shape in SEVERAL_GPUS if shape.intra_link_id != "nvlink-pair"]
    assert [named(shape) for shape in unbridged if shape.intra_link_id != link_of(shape)] == []


def test_only_cards_with_a_bridge_are_bridged() -> None:
    bridged = {shape.gpu_id for shape in SHAPES if shape.intra_link_id == "nvlink-pair"}
    assert all(CATALOG.gpus[gpu_id].nvlink_generation for gpu_id in bridged)
    assert [gpu_id for gpu_id in bridged if "SXM" in gpu_id] == []


def test_a_link_joins_several_gpus_and_nothing_joins_one() -> None:
    linked = [named(shape) for shape in SHAPES if shape.intra_link_id]
    assert linked == [named(shape) for shape in SEVERAL_GPUS]


def test_the_gpu_count_can_be_rented() -> None:
    assert [named(shape) for shape in SHAPES if shape.gpu_count not in shape.rentable_gpu_counts] == []


def test_rentable_counts_rise() -> None:
    assert all(list(shape.rentable_gpu_counts) == sorted(set(shape.rentable_gpu_counts)) for shape in SHAPES)


def test_shapes_hold_supported_gpus() -> None:
    assert [named(shape) for shape in SHAPES if CATALOG.gpus[shape.gpu_id].status != "supported"] == []


def test_instances_are_joined_by_a_network_no_faster_than_theirs() -> None:
    assert [named(shape) for shape in JOINED if link_gbps(shape) > (shape.inter_node_gbps or 0)] == []


def test_links_have_the_scope_in_which_shapes_use_them(catalog: Catalog) -> None:
    inside = {catalog.links[shape.intra_link_id].scope for shape in SHAPES if shape.intra_link_id}
    between = {catalog.links[shape.inter_link_id].scope for shape in SHAPES if shape.inter_link_id}
    assert inside == {"intra-node", "intra-domain"}
    assert between == {"inter-node"}


def test_an_all_reduce_is_no_faster_than_its_wires_inside_a_node(catalog: Catalog) -> None:
    switched = {"nvswitch-gen4"}  # reduction inside the switch counts more than the wire carries
    inside = [link for link in catalog.links.values() if link.scope != "inter-node" and link.link_id not in switched]
    assert all(link.all_reduce_busbw_gb_s <= link.bandwidth_gb_s_per_direction for link in inside)


@pytest.mark.parametrize("gpu_id", CARD_HARDWARE)
def test_the_hardware_of_the_card_can_be_rented(gpu_id: str) -> None:
    assert [shape for shape in SHAPES if shape.gpu_id == gpu_id]


def test_the_minimum_of_the_card_can_be_rented() -> None:
    """4 x A100 80 GB, the card's minimum, and 8 x H100 SXM, its recommendation."""
    fours = {shape.gpu_id for shape in SHAPES if 4 in shape.rentable_gpu_counts}
    eights = {shape.gpu_id for shape in SHAPES if 8 in shape.rentable_gpu_counts}
    assert {"A100-SXM-80GB", "A100-PCIe-80GB"} <= fours
    assert "H100-SXM-80GB" in eights
