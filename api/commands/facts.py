"""`gpumix catalog`: the facts, each with its source."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import AsJson

if TYPE_CHECKING:
    from catalog import Catalog

app = typer.Typer(help="The facts, each row with its sources.", no_args_is_help=True)

Rows = Callable[["Catalog"], Iterable[Any]]

TABLES: dict[str, tuple[str, Rows, tuple[str, ...]]] = {
    "gpus": (
        "GPUs: memory, bandwidth, arithmetic, links.",
        lambda catalog: catalog.gpus.values(),
        (
            "gpu_id",
            "status",
            "memory_gib",
            "hbm_bandwidth_gb_s",
            "tflops_bf16",
            "tflops_fp8",
            "tflops_fp4",
            "source_id",
        ),
    ),
    "instances": (
        "Rentable shapes: GPUs, links, network.",
        lambda catalog: catalog.instances.values(),
        ("provider", "instance_type", "gpu_id", "gpu_count", "intra_link_id", "inter_link_id", "source_id"),
    ),
    "links": (
        "Links between GPUs and between nodes.",
        lambda catalog: catalog.links.values(),
        ("link_id", "scope", "all_reduce_busbw_gb_s", "all_reduce_latency_us", "example", "source_id"),
    ),
    "models": (
        "Language models: shape, parameters, KV cache.",
        lambda catalog: catalog.models.values(),
        (
            "model_id",
            "params_total",
            "layers",
            "kv_heads",
            "max_context",
            "kv_cache_bytes_per_token_16bit",
            "source_id",
        ),
    ),
    "quantizations": (
        "Weight formats: bits, quality.",
        lambda catalog: catalog.quantizations.values(),
        ("quantization_id", "family", "bits_per_weight", "quality_tier", "recovery_percent", "source_id"),
    ),
    "engines": (
        "Serving engines: parallelism, memory, flags.",
        lambda catalog: catalog.engines.values(),
        ("engine_id", "parallelism", "memory_fraction_default", "launch_command", "source_id"),
    ),
    "kernels": (
        "Which engine runs which format on which GPUs.",
        lambda catalog: catalog.kernels,
        ("quantization_id", "engine_id", "compute_dtype", "compute_capabilities", "source_id"),
    ),
    "interruptions": (
        "How often spot instances are taken back, per provider, region and type.",
        lambda catalog: catalog.interruptions.values(),
        (
            "provider",
            "region",
            "instance_type",
            "fraction_low",
            "fraction_high",
            "per_hours",
            "observed_on",
            "source_id",
        ),
    ),
}


def _command(name: str, rows: Rows, columns: tuple[str, ...]) -> Callable[[bool], None]:
    def show(as_json: AsJson = False) -> None:
        from catalog import load_catalog

        items = [asdict(row) for row in rows(load_catalog())]
        _show(items, columns, as_json)

    return show


def _show(items: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        import json

        sys.stdout.write(json.dumps({"items": items}, indent=2, ensure_ascii=False) + "\n")
        return
    from api.render.tables import table_text

    rows = [[_cell(item[column]) for column in columns] for item in items]
    numeric = [
        number
        for number, column in enumerate(columns)
        if all(isinstance(item[column], int | float | None) for item in items)
    ]
    sys.stdout.write(f"{table_text(columns, rows, right=numeric)}\n\n{len(rows)} rows; --json has every column\n")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ";".join(str(part) for part in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)[:60]


for _name, (_help, _rows, _columns) in TABLES.items():
    app.command(_name, help=_help)(_command(_name, _rows, _columns))


@app.command("claims")
def claims(as_json: AsJson = False) -> None:
    """Every checkable claim of the model card, and whether it holds."""
    from api.answering import Answerer
    from optimizer.claims import checked_claims

    answerer = Answerer.current()
    items = [
        {
            **asdict(checked.claim),
            "computed": checked.computed,
            "computed_unit": checked.unit,
            "verdict": checked.verdict,
            "because": checked.because,
        }
        for checked in checked_claims(answerer.catalog, answerer.snapshot)
    ]
    _show(items, ("claim_id", "verdict", "claim", "because"), as_json)


@app.command("measurements")
def measurements(
    gpu: Annotated[
        str | None, typer.Option(help="Only rows whose GPU, as the source spells it, contains this.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Only rows whose model, as spelled, contains this.")] = None,
    as_json: AsJson = False,
) -> None:
    """The published measurements behind the performance model; rows that are not used say why."""
    from optimizer.evidence.measurements import shipped_measurements

    items = [
        asdict(row)
        for row in shipped_measurements()
        if (gpu or "").lower() in row.gpu.lower() and (model or "").lower() in row.model.lower()
    ]
    _show(items, ("source_id", "engine", "model", "gpu", "gpus", "metric", "value", "excluded"), as_json)
