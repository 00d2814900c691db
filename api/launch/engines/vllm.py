"""vLLM: `vllm serve`; over several nodes, Ray joins them and the head serves."""

from api.launch.engines.site import Site, Starter
from api.launch.flags import command, program
from api.launch.formats import method
from api.launch.replicas import Replicas

RAY_PORT = 6379
ALIVE = 'import ray; ray.init(address="auto"); print(sum(node["Alive"] for node in ray.nodes()))'


def serve(replicas: Replicas, site: Site) -> str:
    """Return the command that serves."""
    line, engine = replicas.line, replicas.engine
    options = (
        ("--tensor-parallel-size", line.tensor_parallel),
        ("--pipeline-parallel-size", line.pipeline_parallel if line.pipeline_parallel > 1 else None),
        ("--data-parallel-size", site.copies if site.copies > 1 else None),
        ("--distributed-executor-backend", "ray" if line.nodes_per_replica > 1 else None),
        ("--quantization", method(replicas)),
        ("--kv-cache-dtype", None if line.kv_dtype == "auto" else line.kv_dtype),
        ("--max-model-len", replicas.context_tokens),
        ("--max-num-seqs", line.performance.max_concurrency),
        ("--gpu-memory-utilization", engine.memory_fraction_default),
        ("--port", site.port),
    )
    return command(engine, program(engine, "MODEL", replicas.repository), options)


def _head(replicas: Replicas, site: Site) -> tuple[str, ...]:
    if replicas.line.nodes_per_replica == 1:
        return (serve(replicas, site),)
    waiting = f'until [ "$(python3 -c {ALIVE!r})" -ge {replicas.line.nodes_per_replica} ]; do sleep 5; done'
    return f"ray start --head --port={RAY_PORT}", waiting, serve(replicas, site)


def _worker(replicas: Replicas, site: Site) -> tuple[str, ...]:
    return (f"until ray start --address={site.address}:{RAY_PORT} --block; do sleep 5; done",)


STARTER = Starter(_head, _worker, True, True, "pip install vllm ray", "vllm/vllm-openai:latest")
