"""Target `bench`: the `vllm bench serve` commands whose results would verify a plan, ready for `gpumix measure import`.

Flags as in `vllm bench serve --help` of vLLM 0.15: any OpenAI-compatible server can be measured with it.
"""

import math
from collections.abc import Iterable, Sequence

from api.launch.artefact import Artefact, comment
from api.launch.commands import heading
from api.launch.flags import quoted
from api.launch.replicas import FIRST_PORT, Replicas, Served
from optimizer.fleet.plan import Plan
from optimizer.performance.estimates import Estimate

ROUNDS = 10
SECONDS = 120
FEWEST_PROMPTS = 20


def bench_artefacts(plan: Plan, lines: Sequence[Replicas]) -> tuple[Artefact, ...]:
    """Return one file with a command for each line and size of request, to run against one replica of the line."""
    parts = [
        comment(
            [
                f"plan {plan.plan_id}: {plan.interpretation}",
                "run each against one replica, then: gpumix measure import FILE.json",
            ]
        )
    ]
    for replicas in lines:
        parts.append(comment([*heading(replicas), *_predicted(replicas)]))
        parts += [bench_command(replicas, size, number) for number, size in enumerate(replicas.served, start=1)]
        if not replicas.served:
            parts.append(comment(["this line stands by for a loss: it has no load of its own to verify"]))
    return (Artefact("bench.sh", "\n".join(parts)),)


def bench_command(replicas: Replicas, size: Served, number: int) -> str:
    """Return the command that puts one replica under its share of one size of request."""
    options = [
        ("--backend", "openai"),
        ("--base-url", f"http://REPLICA_ADDRESS:{FIRST_PORT}"),
        ("--model", _served_name(replicas)),
        ("--dataset-name", "random"),
        ("--random-input-len", size.input_tokens),
        ("--random-output-len", size.output_tokens),
        *_load(size),
        ("--percentile-metrics", "ttft,tpot,itl,e2el"),
        ("--metric-percentiles", "50,90,95,99"),
        ("--result-filename", f"{replicas.name}-size-{number}.json"),
    ]
    lines = ["vllm bench serve --ignore-eos --save-result"]
    lines += [f"{flag} {quoted(str(value))}" for flag, value in options]
    metadata = " ".join(quoted(f"{key}={value}") for key, value in metadata_of(replicas))
    return " \\\n  ".join([*lines, f"--metadata {metadata}"]) + "\n"


def metadata_of(replicas: Replicas) -> Iterable[tuple[str, object]]:
    """Yield what a result file does not say by itself, under the names that the importer reads."""
    line = replicas.line
    yield "gpu", line.gpu
    yield "gpu_count", line.tensor_parallel * line.pipeline_parallel
    yield "nodes", line.nodes_per_replica
    yield "tp", line.tensor_parallel
    yield "pp", line.pipeline_parallel
    yield "quantization", line.quantization
    yield "kv_cache_dtype", line.kv_dtype
    yield "engine", line.engine
    yield "model", replicas.model.model_id


def _served_name(replicas: Replicas) -> str:
    """Return the name that the server answers to; llama.cpp answers to any, and its file has no tokenizer to read."""
    return replicas.model.hf_repo if replicas.line.engine == "llama.cpp" else replicas.repository


def _load(size: Served) -> list[tuple[str, object]]:
    """Return the load: Poisson arrivals at a rate, or as many streams as there are users."""
    if size.is_rate:
        return [("--request-rate", f"{size.amount:.6g}"), ("--num-prompts", max(100, math.ceil(size.amount * SECONDS)))]
    users = max(1, math.ceil(size.amount - 1e-9))
    return [("--max-concurrency", users), ("--num-prompts", max(FEWEST_PROMPTS, users * ROUNDS))]


def _predicted(replicas: Replicas) -> Iterable[str]:
    figures = replicas.line.performance
    yield (
        f"predicted for one replica: {_shown(figures.tok_per_s_per_user)} tok/s per user, first token "
        f"{_shown(figures.ttft_s)} s, {_shown(figures.tpot_ms)} ms per token, "
        f"{_shown(figures.output_tok_per_s)} tok/s in all"
    )


def _shown(figure: Estimate) -> str:
    return f"{figure.value:.4g} ({figure.low:.4g} to {figure.high:.4g})"
