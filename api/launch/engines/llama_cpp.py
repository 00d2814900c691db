"""llama.cpp: `llama-server`; over several nodes, each worker offers its GPUs by RPC and the head uses them."""

from api.launch.engines.site import Site, Starter
from api.launch.flags import command, program
from api.launch.replicas import Replicas

RPC_PORT = 50052


def _serve(replicas: Replicas, site: Site) -> str:
    """Return the command; the context is divided between the slots, so it is one request's times their number."""
    line, engine = replicas.line, replicas.engine
    slots = line.performance.max_concurrency
    gpus = line.tensor_parallel * line.pipeline_parallel
    cache = None if line.kv_dtype in {"auto", "f16"} else line.kv_dtype
    workers = ",".join(f"WORKER_{rank}_ADDRESS:{RPC_PORT}" for rank in range(1, line.nodes_per_replica))
    options = (
        ("-ngl", "all"),
        ("--split-mode", _split(line.tensor_parallel, gpus)),
        ("--tensor-split", ",".join(["1"] * gpus) if gpus > 1 else None),
        ("--ctx-size", replicas.context_tokens * slots),
        ("--parallel", slots),
        ("--flash-attn", "on" if cache else None),
        ("--cache-type-k", cache),
        ("--cache-type-v", cache),
        ("--rpc", workers or None),
        ("--host", "0.0.0.0"),  # noqa: S104  # a server for others
        ("--port", site.port),
    )
    return command(engine, program(engine, "FILE.gguf", _file(replicas)), options)


def _split(tensor_parallel: int, gpus: int) -> str:
    if gpus == 1:
        return "none"
    return "row" if tensor_parallel > 1 else "layer"


def _file(replicas: Replicas) -> str:
    return replicas.checkpoint or f"{replicas.model.model_id}-{replicas.line.quantization}.gguf"


def _head(replicas: Replicas, site: Site) -> tuple[str, ...]:
    return (_serve(replicas, site),)


def _worker(replicas: Replicas, site: Site) -> tuple[str, ...]:
    return (f"rpc-server --host 0.0.0.0 --port {RPC_PORT}",)


STARTER = Starter(_head, _worker, False, False, "", "ghcr.io/ggml-org/llama.cpp:server-cuda", "/app")
