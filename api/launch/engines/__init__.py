"""Engines: how each is started, on one node or on several."""

from collections.abc import Mapping

from api.launch.engines import llama_cpp, sglang, trt_llm, vllm
from api.launch.engines.site import Site, Starter
from api.launch.replicas import Replicas
from catalog import InvalidInputError

STARTERS: Mapping[str, Starter] = {
    "vllm": vllm.STARTER,
    "sglang": sglang.STARTER,
    "trt-llm": trt_llm.STARTER,
    "llama.cpp": llama_cpp.STARTER,
}


def starter(replicas: Replicas) -> Starter:
    """Return how the engine of a line is started. Raises InvalidInputError where no launch is known."""
    found = STARTERS.get(replicas.line.engine)
    if found is None:
        raise InvalidInputError(
            f"line {replicas.number} runs on {replicas.line.engine}, which gpumix cannot launch",
            f"plan with allow: {{engines: [{', '.join(STARTERS)}]}}",
        )
    return found


__all__ = ["STARTERS", "Site", "Starter", "starter"]
