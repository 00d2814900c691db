"""What SkyPilot calls clouds, places and GPUs (SkyPilot 0.14, `sky.clouds` and `sky.utils.gpu_names`)."""

from typing import Any

from catalog import Gpu
from optimizer.fleet.plan import AlternativeLine, Line

CLOUDS = {
    "aws": "aws",
    "azure": "azure",
    "cudo": "cudo",
    "digitalocean": "do",
    "fluidstack": "fluidstack",
    "gcp": "gcp",
    "hyperbolic": "hyperbolic",
    "lambda": "lambda",
    "mithril": "mithril",
    "nebius": "nebius",
    "oci": "oci",
    "paperspace": "paperspace",
    "runpod": "runpod",
    "vast": "vast",
    "verda": "verda",
}
NO_REGION = frozenset({"any", "default", "global", "secure", "community"})
CANONICAL_CLOUDS = frozenset({"aws", "azure", "gcp"})
"""Clouds whose catalog has each GPU under its plain name, so that it can stand beside the instance type."""
NAMES = {
    "A100-PCIe-40GB": "A100",
    "A100-PCIe-80GB": "A100-80GB",
    "A100-SXM-40GB": "A100",
    "A100-SXM-80GB": "A100-80GB",
    "A800-SXM-80GB": "A800",
    "B200-SXM-180GB": "B200",
    "B300-SXM-288GB": "B300",
    "GB200-186GB": "GB200",
    "GB300-288GB": "GB300",
    "GH200-96GB": "GH200",
    "H100-NVL-94GB": "H100-NVL",
    "H100-PCIe-80GB": "H100",
    "H100-SXM-80GB": "H100",
    "H20-SXM-141GB": "H20",
    "H20-SXM-96GB": "H20",
    "H200-NVL-141GB": "H200-NVL",
    "H200-SXM-141GB": "H200",
    "H800-SXM-80GB": "H800",
    "RTX-6000-Ada-48GB": "RTX6000-Ada",
    "RTX-A6000-48GB": "RTXA6000",
    "V100-PCIe-16GB": "V100",
    "V100-PCIe-32GB": "V100-32GB",
    "V100-SXM-16GB": "V100",
    "V100-SXM-32GB": "V100-32GB",
}
NODE_NAMES = {
    "RTX-A4000-16GB": "A4000",
    "RTX-A5000-24GB": "A5000",
    "RTX-A6000-48GB": "A6000",
    "RTX-PRO-6000-96GB": "RTXPRO-6000",
}
"""What SkyPilot finds on machines of the user's own, where that differs."""
SXM_NAMES = {"A100-SXM-80GB": "A100-80GB-SXM", "H100-SXM-80GB": "H100-SXM", "H200-SXM-141GB": "H200-SXM"}
SXM_CLOUDS = frozenset({"fluidstack", "runpod"})
"""Clouds whose catalog tells SXM parts apart by name."""


def resource(line: Line | AlternativeLine, gpu: Gpu) -> dict[str, Any]:
    """Return a line as SkyPilot resources: its instance type where the listing names one, else its GPUs.

    A provider that SkyPilot does not rent from is an SSH node pool of the user's own, named after the provider.
    """
    cloud = CLOUDS.get(line.provider)
    accelerators = f"{_gpu_name(line.provider, gpu)}:{line.gpus_per_instance}"
    if cloud is None:
        return {"infra": f"ssh/{line.provider}", "accelerators": accelerators}
    found: dict[str, Any] = {"infra": cloud if line.region in NO_REGION else f"{cloud}/{line.region}"}
    named = " " not in line.instance_type
    if not named or cloud in CANONICAL_CLOUDS:
        found["accelerators"] = accelerators
    if named:
        found["instance_type"] = line.instance_type
    found["use_spot"] = line.term == "spot"
    return found


def _gpu_name(provider: str, gpu: Gpu) -> str:
    if provider not in CLOUDS and gpu.gpu_id in NODE_NAMES:
        return NODE_NAMES[gpu.gpu_id]
    if provider in SXM_CLOUDS and gpu.gpu_id in SXM_NAMES:
        return SXM_NAMES[gpu.gpu_id]
    make, _, memory = gpu.gpu_id.rpartition("-")
    return NAMES.get(gpu.gpu_id, make.replace("-", "") if memory.endswith("GB") else gpu.gpu_id)
