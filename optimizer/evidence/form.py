"""The coefficients that are fitted: their physical bounds, priors and meaning. One line is one number."""

import math

from optimizer.performance.coefficients import Coefficient

BASES: tuple[tuple[str, float, float, float, float, str, str], ...] = (
    # name, prior, low, high, prior sd of the logarithm, unit, meaning
    ("weight_stream", 0.85, 0.4, 0.97, 0.1, "fraction", "share of the HBM bandwidth reached when weights are read"),
    ("kv_stream", 0.7, 0.2, 0.97, 0.2, "fraction", "share of the HBM bandwidth reached when the KV cache is read"),
    ("matmul", 0.7, 0.2, 0.95, 0.15, "fraction", "share of the dense peak reached by 16-bit matrix products"),
    ("attention", 0.45, 0.1, 0.9, 0.3, "fraction", "share of the 16-bit peak reached by attention over prompts"),
    ("dequantize", 4.0, 0.05, 60.0, 0.7, "FLOP/weight", "CUDA-core work to unpack a weight of fewer than 8 bits"),
    ("sharpness", 2.0, 1.0, 8.0, 0.3, "1", "how sharply a step turns from memory-bound to compute-bound"),
    ("comm_latency", 1.5, 0.3, 6.0, 0.4, "1", "all-reduce latency relative to the microbenchmark in a CUDA graph"),
    ("comm_bandwidth", 0.8, 0.2, 1.3, 0.25, "1", "all-reduce bandwidth relative to nccl-tests"),
    ("comm_ramp", 1.5, 0.1, 6.0, 0.5, "1", "how much an all-reduce of middling size exceeds latency plus wire time"),
    ("expert_work", 1.2, 1.0, 4.0, 0.3, "1", "work of an expert's products, routing and uneven loads included"),
    ("expert_knee", 100.0, 1.0, 5000.0, 1.0, "1", "depth at which a product of experts is half as fast, at 1 PFLOPS"),
    ("spill", 4.0, 1.0, 12.0, 0.3, "bytes/weight", "traffic of unpacking a weight to memory and reading it back"),
    ("overlap", 0.5, 0.05, 1.0, 0.4, "1", "share of a prompt's chunks that follow each other through llama.cpp's GPUs"),
    ("layer_s", 20e-6, 1e-6, 100e-6, 0.5, "s", "launch gaps and small kernels of one layer"),
    ("step_s", 1e-3, 5e-5, 3e-2, 0.7, "s", "scheduling, sampling and detokenising of one step"),
    ("sequence_s", 1e-5, 1e-7, 1e-3, 1.0, "s", "the same for each sequence in the batch"),
    ("request_s", 0.02, 5e-3, 0.1, 0.5, "s", "HTTP, tokenising and admission of one request"),
    ("stream_s", 4e-5, 1e-5, 2e-4, 0.3, "s", "work of the process that sends tokens to clients, for each token"),
    ("backlog", 0.33, 0.05, 1.0, 0.2, "1", "share of what is left to send that is ahead of the next first token"),
    ("lag", 0.25, 0.25, 0.25, 0.1, "1", "steps between the end of a stream and the next prompt's start"),
    ("burst", 0.055, 0.01, 1.0, 0.15, "1", "share of the other users' prompts that start together in a closed loop"),
    ("wait", 0.7, 0.1, 3.0, 0.5, "1", "wait for a running step and for other prompts"),
    ("interference", 1.0, 0.5, 1.5, 0.2, "1", "how much of another prompt's prefill stops a decoding stream"),
    ("fill", 0.9, 0.4, 1.6, 0.3, "1", "sequences in the batch against KV cache / (input + output)"),
    (
        "reserve",
        0.55,
        0.55,
        0.55,
        0.1,
        "1",
        "share of the output length that a running sequence reserves in the KV cache",
    ),
    ("max_sequences", 1024.0, 1024.0, 1024.0, 0.1, "sequences", "largest batch of an engine at its defaults"),
    ("bubble", 0.05, 0.005, 0.2, 0.7, "1", "time lost per further pipeline stage, as a share of a step"),
    (
        "stream_knee",
        1e14,
        1e14,
        1e14,
        0.1,
        "bytes/s",
        "bandwidth beyond which weights stream with its square root only",
    ),
    ("step_tokens", 8192.0, 8192.0, 8192.0, 0.1, "tokens", "largest number of tokens in one pass"),
)
FACTORS: tuple[tuple[str, str, str, float], ...] = (
    ("matmul", "generation", "8.0", 0.12),
    ("matmul", "generation", "8.6", 0.12),
    ("matmul", "generation", "8.9", 0.12),
    ("matmul", "generation", "9", 0.12),
    ("matmul", "generation", "10", 0.12),
    ("matmul", "generation", "12", 0.12),
    ("matmul", "generation", "gfx942", 0.12),
    ("layer_s", "experts", "yes", 0.4),
    ("layer_s", "experts", "AMD", 0.6),
    ("expert_work", "vendor", "AMD", 0.4),
    ("layer_s", "dtype", "packed", 0.3),
    ("layer_s", "dtype", "int8", 0.3),
    ("expert_work", "engine", "vllm", 0.15),
    ("expert_work", "engine", "sglang", 0.15),
    # name, scope kind, scope, prior sd of the logarithm
    ("matmul", "dtype", "fp8", 0.2),
    ("matmul", "dtype", "fp4", 0.3),
    ("matmul", "dtype", "int8", 0.2),
    ("matmul", "engine", "llama.cpp", 0.3),
    ("weight_stream", "engine", "llama.cpp", 0.1),
    ("kv_stream", "engine", "vllm", 0.1),
    ("kv_stream", "engine", "sglang", 0.1),
    ("kv_stream", "engine", "llama.cpp", 1.0),
    ("comm_latency", "engine", "vllm", 0.15),
    ("comm_latency", "engine", "sglang", 0.15),
    ("comm_latency", "engine", "llama.cpp", 0.7),
    ("comm_latency", "link", "pcie", 0.3),
    ("comm_latency", "link", "fabric", 0.3),
    ("comm_bandwidth", "link", "pcie", 0.3),
    ("comm_bandwidth", "link", "fabric", 0.3),
    ("layer_s", "engine", "llama.cpp", 0.4),
    ("step_s", "engine", "vllm", 0.2),
    ("step_s", "engine", "sglang", 0.2),
    ("step_s", "engine", "llama.cpp", 0.4),
    ("sequence_s", "engine", "llama.cpp", 1.0),
    ("sequence_s", "vendor", "AMD", 0.7),
    ("request_s", "engine", "vllm", 0.15),
    ("request_s", "engine", "sglang", 0.15),
    ("stream_s", "engine", "vllm", 0.2),
    ("stream_s", "engine", "sglang", 0.2),
)


KNOWN: tuple[tuple[str, str, str, float, float, float, float], ...] = (
    # name, scope kind, scope, prior, low, high, prior sd: factors with a reason of their own
    ("matmul", "dtype", "packed", 0.85, 0.6, 1.0, 0.1),  # Marlin: near the 16-bit rate at large batches
    ("dequantize", "dtype", "packed", 0.2, 0.05, 1.0, 0.3),  # Marlin: hidden behind the loads
    # llama.cpp multiplies packed weights four at a time (DP4A), and prompts in pieces of 512 tokens
    ("dequantize", "dtype", "gguf", 0.25, 0.05, 4.0, 0.4),
    ("matmul", "dtype", "gguf", 0.7, 0.2, 1.2, 0.3),
    # experts in 4 bits on 16-bit tensor cores (gpt-oss on Hopper): kernels of their own, younger than Marlin
    ("matmul", "dtype", "packed experts", 0.6, 0.1, 1.0, 0.3),
    ("dequantize", "dtype", "packed experts", 0.5, 0.05, 4.0, 0.5),
    # MI300X: 51 % of its peak in the largest matrix products where H100 reaches 80 %; 4.0 to 4.3 of 5.3 TB/s
    ("matmul", "vendor", "AMD", 0.64, 0.3, 1.0, 0.15),
    ("weight_stream", "vendor", "AMD", 0.87, 0.5, 1.05, 0.1),
    ("kv_stream", "vendor", "AMD", 0.87, 0.3, 1.2, 0.2),
    ("weight_stream", "vendor", "AMD with llama.cpp", 0.87, 0.4, 1.05, 0.2),
    ("kv_stream", "vendor", "AMD with llama.cpp", 0.5, 0.01, 1.5, 1.0),
    # vLLM on AMD in 2024, read off LLM-Inference-Bench's runs, which no other coefficient follows: large matrix
    # products on MI300X reached an eighth of what ROCm 6.3 reached, gaps between kernels were three times as long
    ("layer_s", "software", "AMD before 2025", 2.8, 2.8, 2.8, 0.1),
    ("weight_stream", "software", "AMD before 2025", 0.65, 0.65, 0.65, 0.1),
    ("matmul", "early matmul", "MI300X before 2025", 0.15, 0.05, 0.6, 0.3),
    ("layer_s", "vendor", "AMD", 1.3, 0.5, 4.0, 0.3),
    # small-batch TPOT fell 1.3 to 2 times from 2024 to 2026 on the same GPUs, large batches less
    ("comm_latency", "era", "*", 1.35, 1.0, 2.5, 0.15),
    ("layer_s", "era", "*", 1.25, 1.0, 2.5, 0.15),
    ("step_s", "era", "*", 1.15, 1.0, 2.0, 0.15),
    ("sequence_s", "era", "*", 1.1, 0.9, 2.0, 0.15),
    ("matmul", "era", "*", 0.95, 0.8, 1.0, 0.05),
    # TensorRT-LLM's kernels are the vendor's own and set the base
    ("matmul", "engine", "vllm", 0.9, 0.5, 1.3, 0.05),
    ("matmul", "engine", "sglang", 0.9, 0.5, 1.3, 0.05),
    # it also fuses all-reduce, norm and quantisation into one kernel, where the others launch several a layer
    ("layer_s", "engine", "vllm", 1.35, 0.35, 5.0, 0.2),
    ("layer_s", "engine", "sglang", 1.35, 0.35, 5.0, 0.2),
    # schedulers in Python; TensorRT-LLM's is C++, and sets the base
    ("sequence_s", "engine", "vllm", 2.0, 0.3, 8.0, 0.2),
    ("sequence_s", "engine", "sglang", 2.0, 0.3, 8.0, 0.2),
    ("stream_knee", "engine", "llama.cpp", 0.007, 0.004, 0.03, 0.2),
    # these links' latencies were measured with eager NCCL, not inside a graph: engines add little to them
    ("comm_latency", "link", "network", 0.35, 0.2, 0.6, 0.2),
    ("comm_latency", "link", "mesh", 0.45, 0.2, 0.8, 0.2),
    # no run on Gaudi is among the measurements: cautious priors
    ("matmul", "vendor", "Intel", 0.7, 0.4, 1.0, 0.15),
    ("weight_stream", "vendor", "Intel", 0.85, 0.5, 1.05, 0.1),
    ("lag", "scheduler", "TensorRT-LLM since 2025.6", 5.0, 5.0, 5.0, 0.1),
    ("reserve", "engine", "trt-llm", 1 / 0.55, 1 / 0.55, 1 / 0.55, 0.1),  # GUARANTEED_NO_EVICT
    ("step_tokens", "engine", "llama.cpp", 1 / 16, 1 / 16, 1 / 16, 0.1),  # n_ubatch 512
    ("max_sequences", "engine", "trt-llm", 2.0, 2.0, 2.0, 0.1),  # max_batch_size 2048
)


def form() -> tuple[Coefficient, ...]:
    """Return every coefficient at its prior."""
    bases = [
        Coefficient(name, "all", "*", prior, low, high, prior, sd, unit, 0, meaning)
        for name, prior, low, high, sd, unit, meaning in BASES
    ]
    meanings = {row.name: row.meaning for row in bases}
    free = [(name, kind, scope, 1.0, math.exp(-4 * sd), math.exp(4 * sd), sd) for name, kind, scope, sd in FACTORS]
    factors = [
        Coefficient(name, kind, scope, prior, low, high, prior, sd, "factor", 0, meanings[name])
        for name, kind, scope, prior, low, high, sd in (*free, *KNOWN)
    ]
    return (*bases, *factors)
