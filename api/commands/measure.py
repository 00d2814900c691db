"""`gpumix measure`: the user's own benchmarks as evidence."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.options import AsJson

app = typer.Typer(help="Your own benchmarks, kept as evidence beside the published ones.", no_args_is_help=True)


@app.command("import")
def import_measurements(
    file: Annotated[
        str, typer.Argument(help="A vllm bench serve, GuideLLM or AIPerf result, or a measurement CSV; - is stdin.")
    ],
    model: Annotated[str | None, typer.Option(help="A model id or spelling.")] = None,
    gpu: Annotated[str | None, typer.Option(help="A GPU id or spelling.")] = None,
    gpus: Annotated[
        int | None, typer.Option("--gpus", "--gpu-count", min=1, max=4096, help="GPUs in all, of every replica.")
    ] = None,
    nodes: Annotated[int | None, typer.Option(min=1, max=512, help="Nodes in all.")] = None,
    tp: Annotated[int | None, typer.Option(min=1, max=512, help="Tensor parallel size.")] = None,
    pp: Annotated[int | None, typer.Option(min=1, max=512, help="Pipeline stages.")] = None,
    quantization: Annotated[str | None, typer.Option(help="The weight format.")] = None,
    kv_dtype: Annotated[str | None, typer.Option(help="The KV cache dtype; by default auto.")] = None,
    engine: Annotated[str | None, typer.Option(help="The serving engine.")] = None,
    engine_version: Annotated[str | None, typer.Option(help="Its version.")] = None,
    link: Annotated[str | None, typer.Option(help="The link between the GPUs; by default the usual one.")] = None,
    concurrency: Annotated[float | None, typer.Option(min=1, help="Streams that were always active.")] = None,
    request_rate: Annotated[float | None, typer.Option(min=1e-6, help="Requests per second that were offered.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare with predictions and store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Store the figures of a benchmark file as your own evidence, each shown beside its prediction.

    gpumix measure import result.json --gpu H100-SXM-80GB --gpus 8 --tp 8 --quantization fp8

    What the file does not say must be given, what it says must not be contradicted. From then on predict, ask and plan
    say what was measured where it was, and are corrected near it.
    """
    from api.documents import to_json
    from api.files import read_text
    from api.measuring.importing import Load, import_file
    from api.measuring.own import current_catalog
    from api.measuring.points import Stated
    from api.measuring.showing import imported_text
    from api.measuring.store import MeasurementStore, own_measurements_path

    given = Stated(model, gpu, gpus, nodes, tp, pp, quantization, kv_dtype, engine, engine_version, link)
    load, now = Load(concurrency, request_rate), datetime.now(UTC)
    store = None if dry_run else MeasurementStore(own_measurements_path())
    found = import_file(file, read_text(file), given, load, current_catalog(), now, store)
    sys.stdout.write(f"{to_json(found) if as_json else imported_text(found)}\n")


@app.command("list")
def list_measurements(as_json: AsJson = False) -> None:
    """List your own measurements, the oldest import first.

    gpumix measure list --json
    """
    from api.measuring.showing import stored_text
    from api.measuring.store import MeasurementStore, own_measurements_path

    store = MeasurementStore(own_measurements_path())
    rows = store.rows()
    document = {"file": str(store.path), "items": list(rows)}
    text = json.dumps(document, indent=2, ensure_ascii=False) if as_json else stored_text(rows, str(store.path))
    sys.stdout.write(f"{text}\n")


@app.command("forget")
def forget_measurements(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run or a whole import, as the list names it.")],
) -> None:
    """Forget a run or a whole import: predictions are then as if it had never been.

    gpumix measure forget mine-50b0deeedf9a
    """
    from api.measuring.store import MeasurementStore, own_measurements_path
    from api.render.words import plural

    gone = MeasurementStore(own_measurements_path()).forget(name)
    sys.stdout.write(f"{plural(len(gone), 'row')} of {name} forgotten\n")
