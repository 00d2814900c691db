"""Which links a listed shape has, from what the listing says or from its GPU's form factor."""

import re

from catalog import Gpu
from pricing.offers import LinkBasis

_RACK_SCALE = ("GB200", "GB300")


def intra_link(gpu: Gpu, gpu_count: int, listed: str | None) -> tuple[str | None, LinkBasis] | None:
    """Return (link id, basis) between the GPUs of one instance, or None where no link is known for them.

    `listed` is the listing's word: nvswitch, nvlink-pair, pcie, infinity-fabric; blank means the form factor decides.
    """
    if gpu_count == 1:
        return None, "single gpu"
    link_id = _link_id(gpu, listed or _form_factor(gpu))
    return None if link_id is None else (link_id, "listing" if listed else "form factor")


def inter_link(gpu: Gpu, listed: str | None) -> tuple[str | None, str]:
    """Return (link id between instances, note): None where the network is not listed or under 100 Gb/s."""
    text = (listed or "").lower()
    gbps = float(match.group(1)) if (match := re.search(r"(\d+)\s*gbps", text)) else 0.0
    if "infiniband" in text:
        return _infiniband(gpu, text)
    if text.startswith("efa") and gbps >= 1600:
        return "efa-3200", ""
    if "roce" in text:
        return "roce", ""
    if "gpudirect-tcpx" in text:
        return "tcpxo-1600", ""
    return ("tcp-100g" if gbps >= 100 else None), ""


def _infiniband(gpu: Gpu, text: str) -> tuple[str, str]:
    """Return the InfiniBand generation; where none is printed, NDR came with Hopper (compute capability 9.0)."""
    if "ndr" in text or "xdr" in text:
        return "ib-400", ""
    if "hdr" in text:
        return "ib-200", ""
    newer = gpu.vendor == "NVIDIA" and float(gpu.compute_capability) >= 9.0
    return ("ib-400" if newer else "ib-200"), "InfiniBand generation taken from the GPU's"


def _form_factor(gpu: Gpu) -> str:
    if gpu.gpu_id.startswith(_RACK_SCALE) or "-SXM-" in gpu.gpu_id:
        return "nvswitch"
    if gpu.vendor == "AMD":
        return "infinity-fabric"
    return "pcie" if gpu.vendor == "NVIDIA" else "unknown"


def _link_id(gpu: Gpu, kind: str) -> str | None:
    if kind == "nvswitch":
        if gpu.gpu_id.startswith(_RACK_SCALE):
            return "nvl72"
        generations = {2: "nvlink-mesh", 3: "nvswitch-gen3", 4: "nvswitch-gen4", 5: "nvswitch-gen5"}
        return generations.get(gpu.nvlink_generation or 0)
    if kind == "pcie":
        return {4: "pcie-gen4", 5: "pcie-gen5", 6: "pcie-gen5"}.get(gpu.pcie_gen or 0)
    return kind if kind in ("nvlink-pair", "infinity-fabric") else None
