"""SGLang: `sglang.launch_server`; over several nodes, every node runs it with its rank."""

from api.launch.engines.site import Site, Starter
from api.launch.flags import command, declared_flags, program
from api.launch.formats import method
from api.launch.replicas import Replicas

JOIN_PORT = 5000


def serve(replicas: Replicas, site: Site, rank: str) -> str:
    """Return the command of the node with a rank."""
    line, engine = replicas.line, replicas.engine
    nodes = line.nodes_per_replica if line.nodes_per_replica > 1 else None
    options = (
        ("--tensor-parallel-size", line.tensor_parallel),
        ("--pipeline-parallel-size", line.pipeline_parallel if line.pipeline_parallel > 1 else None),
        ("--data-parallel-size", site.copies if site.copies > 1 else None),
        ("--nnodes", nodes),
        ("--node-rank", rank if nodes else None),
        ("--dist-init-addr", f"{site.address}:{JOIN_PORT}" if nodes else None),
        ("--quantization", method(replicas)),
        ("--kv-cache-dtype", None if line.kv_dtype == "auto" else line.kv_dtype),
        ("--context-length", replicas.context_tokens),
        ("--max-running-requests", line.performance.max_concurrency),
        ("--mem-fraction-static", engine.memory_fraction_default),
        ("--host", "0.0.0.0" if "--host" in declared_flags(engine) else None),  # noqa: S104  # a server for others
        ("--port", site.port),
    )
    return command(engine, program(engine, "MODEL", replicas.repository), options)


def _head(replicas: Replicas, site: Site) -> tuple[str, ...]:
    return (serve(replicas, site, "0"),)


def _worker(replicas: Replicas, site: Site) -> tuple[str, ...]:
    return (serve(replicas, site, site.rank),)


STARTER = Starter(_head, _worker, True, True, 'pip install "sglang[all]"', "lmsysorg/sglang:latest")
