"""Weight formats at launch: what an engine calls them, and which checkpoint they need."""

from api.launch.flags import declared_flags
from api.launch.replicas import Replicas
from api.render.words import weight_format

METHODS = {
    "fp8": "fp8",
    "fp8-weight-only": "fp8",
    "int8-w8a8": "compressed-tensors",
    "awq-int4": "awq_marlin",
    "gptq-int4": "gptq_marlin",
    "nvfp4": "modelopt_fp4",
    "mxfp4": "mxfp4",
}
"""`--quantization` of vLLM and SGLang (their lists of methods, 2026)."""
AMD_METHODS = {"awq_marlin": "awq", "gptq_marlin": "gptq"}
"""Marlin kernels are NVIDIA's."""
SGLANG_METHODS = {"compressed-tensors": "w8a8_int8"}
CONVERTED_ON_LOAD = frozenset({"fp8", "fp8-weight-only"})
NATIVE = {"deepseek-v3": "fp8", "deepseek-r1": "fp8", "gpt-oss-120b": "mxfp4"}
"""Models whose own repository holds another format than 16 bit."""


def method(replicas: Replicas) -> str | None:
    """Return the value of `--quantization`; None for 16-bit weights, and where a chosen checkpoint says it itself."""
    found = METHODS.get(replicas.line.quantization)
    if found is None or replicas.checkpoint is not None:
        return None
    if replicas.gpu.vendor == "AMD":
        found = AMD_METHODS.get(found, found)
    return SGLANG_METHODS.get(found, found) if replicas.engine.engine_id == "sglang" else found


def converts_on_load(replicas: Replicas) -> bool:
    """Whether the engine makes the format from the 16-bit weights of the catalog's repository."""
    line = replicas.line
    return (
        replicas.checkpoint is None
        and line.engine in {"vllm", "sglang"}
        and line.quantization in CONVERTED_ON_LOAD
        and replicas.model.model_id not in NATIVE
    )


def notes(replicas: Replicas) -> tuple[str, ...]:
    """Return what a person must decide or know before the launch."""
    model, repository = replicas.model, replicas.model.hf_repo
    name = weight_format(replicas.line.quantization)
    if replicas.checkpoint is not None:
        return (f"{replicas.checkpoint} must hold {name} weights: the engine reads the format off it",)
    found = [f"it is not confirmed that {repository} exists"] if "not confirmed" in model.note else []
    if replicas.line.engine == "llama.cpp":
        found.append(f"choose a GGUF file of {repository} in {name}, and name it with --checkpoint FILE.gguf")
    elif converts_on_load(replicas):
        found.append(
            f"the weights of {repository} become {name} while they load; "
            "a ready checkpoint starts sooner: name it with --checkpoint"
        )
    elif not _held(replicas):
        found.append(
            f"choose a checkpoint of {repository} in {name}, and name it with --checkpoint: "
            "the repository itself does not hold that format"
        )
    if replicas.line.engine == "sglang" and "--host" not in declared_flags(replicas.engine):
        found.append("sglang answers its own machine only: add its host flag for others to reach it")
    return tuple(found)


def _held(replicas: Replicas) -> bool:
    """Whether the catalog's repository holds the weights as they are planned; FP8 weights may run weight-only."""
    held = NATIVE.get(replicas.model.model_id, "unquantized")
    return held in {replicas.line.quantization, replicas.quantization.family}


def image_notes(replicas: Replicas) -> tuple[str, ...]:
    """Return what must be known of the engine's usual image or package, as comments."""
    found = []
    if replicas.gpu.vendor != "NVIDIA":
        found.append(
            f"note: the usual {replicas.line.engine} is built for NVIDIA: take its build for {replicas.gpu.vendor}"
        )
    if replicas.line.engine == "llama.cpp":
        found.append("note: put the GGUF file on a volume, where the command names it")
    return tuple(found)


def download_gib(replicas: Replicas) -> float:
    """Return the GiB of weights that each node downloads."""
    stored = replicas.line.memory.weights_gib
    return stored * 2 if converts_on_load(replicas) else stored
