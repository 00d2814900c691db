"""Benchmark files as the tools write them, with the fields that are read and some that are not."""

import json
from typing import Any

VLLM: dict[str, Any] = {
    "date": "20261101-101500", "endpoint_type": "vllm", "backend": "vllm", "label": None,
    "model_id": "meta-llama/Llama-3.1-70B-Instruct", "tokenizer_id": "meta-llama/Llama-3.1-70B-Instruct",
    "num_prompts": 320, "request_rate": "inf", "burstiness": 1.0, "max_concurrency": 32, "duration": 100.0,
    "completed": 320, "failed": 0, "total_input_tokens": 327680, "total_output_tokens": 81920,
    "request_throughput": 3.2, "request_goodput": None, "output_throughput": 819.2, "total_token_throughput": 4096.0,
    "mean_ttft_ms": 400.0, "median_ttft_ms": 350.0, "std_ttft_ms": 90.0, "p99_ttft_ms": 900.0, "mean_tpot_ms": 36.0,
    "median_tpot_ms": 36.0, "std_tpot_ms": 1.0, "p99_tpot_ms": 40.0, "mean_itl_ms": 35.0, "p99_itl_ms": 60.0,
    "generated_texts": ["a secret"],
}  # fmt: skip
METADATA = {"gpu": "H100-SXM-80GB", "gpu_count": "4", "tp": "4", "pp": "1", "quantization": "fp8", "vllm": "0.33.0"}
HARDWARE = ("--gpu", "H100-SXM-80GB", "--gpus", "4", "--tp", "4", "--quantization", "fp8")


def vllm(**changes: Any) -> str:
    """Return a result of `vllm bench serve`, changed; None drops a field."""
    document = {**VLLM, **changes}
    dropped = {name for name, value in changes.items() if value is None and name != "max_concurrency"}
    return json.dumps({name: value for name, value in document.items() if name not in dropped})


def distribution(mean: float, **percentiles: float) -> dict[str, Any]:
    """Return a distribution of GuideLLM, of which only the successful requests matter."""
    summary = {"mean": mean, "median": mean, "count": 100, "total_sum": mean * 100, "percentiles": percentiles}
    return {"successful": summary, "errored": {"mean": 9e9}, "incomplete": {"mean": 9e9}, "total": {"mean": 9e9}}


def benchmark(errored: int = 0, **strategy: Any) -> dict[str, Any]:
    """Return one benchmark of GuideLLM."""
    return {
        "type_": "generative_benchmark",
        "config": {"strategy": strategy, "backend": {"model": "meta-llama/Llama-3.1-70B-Instruct"}},
        "metrics": {
            "request_totals": {"successful": 100, "errored": errored, "incomplete": 0, "total": 100 + errored},
            "requests_per_second": distribution(2.0),
            "prompt_token_count": distribution(1024.0),
            "output_token_count": distribution(256.0),
            "time_to_first_token_ms": distribution(400.0, p50=350.0, p99=900.0),
            "time_per_output_token_ms": distribution(50.0),
            "inter_token_latency_ms": distribution(35.0, p50=34.0),
            "output_tokens_per_second": distribution(512.0),
        },
        "start_time": 1793527200.0,
        "duration": 50.0,
    }


def guidellm(version: int | None, *benchmarks: dict[str, Any]) -> str:
    """Return a report of GuideLLM."""
    metadata = {} if version is None else {"version": version, "guidellm_version": "0.6.0"}
    top: dict[str, Any] = {"args": {"profile": "sweep"}} if version == 1 else {"config": {"spec": {}}}
    found = benchmarks or (benchmark(type_="concurrent", streams=16),)
    return json.dumps({"metadata": metadata, **top, "benchmarks": list(found)})


def aiperf(**changes: Any) -> str:
    """Return an export of AIPerf, changed."""
    document = {
        "schema_version": "1.5", "aiperf_version": "0.13.0", "start_time": "2026-11-01T10:15:00Z",
        "was_cancelled": False,
        "input_config": {"endpoint": {"model_names": ["meta-llama/Llama-3.1-70B-Instruct"]},
                         "loadgen": {"concurrency": 16}},
        "telemetry_data": {"endpoints": {"localhost:9400": {"gpus": {
            "gpu_0": {"gpu_name": "NVIDIA H100 80GB HBM3"}, "gpu_1": {"gpu_name": "NVIDIA H100 80GB HBM3"}}}}},
        "request_count": {"unit": "requests", "avg": 200.0},
        "request_throughput": {"unit": "requests/sec", "avg": 2.0},
        "output_token_throughput": {"unit": "tokens/sec", "avg": 512.0},
        "output_token_throughput_per_user": {"unit": "tokens/sec/user", "avg": 28.0},
        "input_sequence_length": {"unit": "tokens", "avg": 1024.0},
        "output_sequence_length": {"unit": "tokens", "avg": 256.0},
        "time_to_first_token": {"unit": "s", "avg": 0.4, "p50": 0.35, "p99": 0.9},
        "inter_token_latency": {"unit": "ms", "avg": 35.0},
        **changes,
    }  # fmt: skip
    return json.dumps({name: value for name, value in document.items() if value is not None})


SECTION_9 = (
    "experiment_id,source_id,source_date,engine,engine_version,model,params_b,weight_quant,kv_quant,activation_quant,"
    "gpu,gpu_mem_gb,interconnect,num_gpus,num_nodes,tp,pp,input_tokens,output_tokens,concurrency_or_batch,request_rate,"
    "metric,value,offline_or_online,notes\n"
    "run-1,lab,2026-11-01,vLLM,0.33,Llama 3.1 70B,70,FP8,,,H100 SXM 80GB,80,,4,1,4,1,1024,256,32,,"
    "output_tok_s_total,820,online,\n"
    "run-1,lab,2026-11-01,vLLM,0.33,Llama 3.1 70B,70,FP8,,,H100 SXM 80GB,80,,4,1,4,1,1024,256,32,,"
    "ttft_ms_mean,400,online,\n"
)
