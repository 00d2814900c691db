"""TensorRT-LLM: `trtllm-serve`; over several nodes, MPI starts it on all of them from the head."""

from api.launch.engines.site import Site, Starter
from api.launch.flags import command, program
from api.launch.replicas import Replicas

CONFIG = "trtllm.yml"


def _serve(replicas: Replicas, site: Site) -> str:
    line, engine = replicas.line, replicas.engine
    options = (
        ("--backend", "pytorch"),
        ("--tp_size", line.tensor_parallel),
        ("--pp_size", line.pipeline_parallel if line.pipeline_parallel > 1 else None),
        ("--gpus_per_node", replicas.gpus_per_node if line.nodes_per_replica > 1 else None),
        ("--max_batch_size", line.performance.max_concurrency),
        ("--max_seq_len", replicas.context_tokens),
        (engine.memory_fraction_flag or "", engine.memory_fraction_default),
        ("--config", CONFIG if _eight_bit(replicas) else None),
        ("--host", "0.0.0.0"),  # noqa: S104  # a server for others
        ("--port", site.port),
    )
    words = program(engine, "MODEL", replicas.repository)
    if line.nodes_per_replica > 1:
        ranks = line.tensor_parallel * line.pipeline_parallel
        words = ["mpirun", "-n", str(ranks), "--hostfile", "HOSTFILE", "trtllm-llmapi-launch", *words]
    return command(engine, words, options)


def _eight_bit(replicas: Replicas) -> bool:
    return replicas.line.kv_dtype.startswith("fp8")


def _head(replicas: Replicas, site: Site) -> tuple[str, ...]:
    setting = f"printf 'kv_cache_config:\\n  dtype: fp8\\n' > {CONFIG}"
    return (*((setting,) if _eight_bit(replicas) else ()), _serve(replicas, site))


def _worker(replicas: Replicas, site: Site) -> tuple[str, ...]:
    return ("# nothing: mpirun on the head starts this node, which must be in HOSTFILE",)


STARTER = Starter(
    _head, _worker, False, False, "pip install tensorrt-llm", "nvcr.io/nvidia/tensorrt-llm/release:latest"
)
