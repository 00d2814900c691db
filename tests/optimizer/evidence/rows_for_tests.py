"""Measurement files in miniature."""

from optimizer.evidence.measurements import HEADER, Measurement, read_measurements

GIVEN = {
    "experiment_id": "run_1",
    "source_id": "somebody",
    "source_date": "2025-09",
    "engine": "vLLM",
    "model": "meta-llama/Llama-3.1-70B-Instruct",
    "weight_quant": "FP8",
    "gpu": "NVIDIA H100-SXM-80GB",
    "interconnect": "nvswitch",
    "num_gpus": "4",
    "num_nodes": "1",
    "tp": "4",
    "pp": "1",
    "input_tokens": "1024",
    "output_tokens": "256",
    "concurrency_or_batch": "8",
    "metric": "tpot_ms",
    "value": "12.5",
    "offline_or_online": "online",
}


def text(*changes: dict[str, str]) -> str:
    """Return a measurement file with one row for each set of changes."""
    lines = [",".join(HEADER)]
    for change in changes:
        cells = {**GIVEN, **change}
        lines.append(",".join(cells.get(name, "") for name in HEADER))
    return "\n".join(lines) + "\n"


def rows(*changes: dict[str, str]) -> tuple[Measurement, ...]:
    """Return the rows of such a file."""
    return read_measurements(text(*changes))
