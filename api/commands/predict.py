"""`gpumix predict`: what one replica does."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import AsJson
from api.exits import Exit
from catalog import InvalidInputError

if TYPE_CHECKING:
    from catalog import Catalog
    from optimizer.performance.layouts import Layouts


def predict(
    gpu: Annotated[str, typer.Option(help="A GPU id or spelling, see: gpumix catalog gpus.")],
    quantization: Annotated[str, typer.Option(help="A weight format, see: gpumix catalog quantizations.")],
    input_tokens: Annotated[int, typer.Option(help="Prompt tokens of a request.")],
    output_tokens: Annotated[int, typer.Option(help="Generated tokens of a request.")],
    model: Annotated[str, typer.Option(help="A model id or spelling, see: gpumix catalog models.")] = "llama-4-405b",
    gpus: Annotated[int | None, typer.Option(help="GPUs of the replica; by default tp x pp.")] = None,
    tp: Annotated[int | None, typer.Option(help="Tensor parallel size; by default gpus / pp.")] = None,
    pp: Annotated[int | None, typer.Option(help="Pipeline stages; by default gpus / tp.")] = None,
    engine: Annotated[str, typer.Option(help="A serving engine, see: gpumix catalog engines.")] = "vllm",
    kv_dtype: Annotated[str, typer.Option(help="KV cache dtype: auto, fp8, q8_0, ...")] = "auto",
    link: Annotated[str | None, typer.Option(help="Link between the GPUs; by default the usual one.")] = None,
    nodes: Annotated[int, typer.Option(help="Nodes that the replica spans.")] = 1,
    inter_link: Annotated[str | None, typer.Option(help="Link between nodes, e.g. ib-400.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Streams that are always active.")] = None,
    saturated: Annotated[bool, typer.Option("--saturated", help="Offline maximum, unlimited queue.")] = False,
    request_rate: Annotated[float | None, typer.Option(help="Requests per second that arrive.")] = None,
    prefix_cache_hit_fraction: Annotated[float, typer.Option(help="Share of the prompt found in the cache.")] = 0.0,
    percentile: Annotated[float, typer.Option(help="Percentile of the first token under a request rate.")] = 50.0,
    as_json: AsJson = False,
) -> None:
    """Predict memory and speed of one replica, with an 80% interval and the evidence.

    gpumix predict --gpu H100-SXM --gpus 8 --quantization fp8 --input-tokens 7680 --output-tokens 512 --concurrency 1
    """
    from api.documents import to_json
    from api.render.prediction import prediction_text
    from catalog import load_catalog
    from optimizer.performance.predict import Workload
    from optimizer.performance.predict import predict as predicted

    if [concurrency is not None, saturated, request_rate is not None].count(True) != 1:
        raise InvalidInputError(
            "give exactly one of --concurrency, --saturated and --request-rate", "for example --concurrency 1"
        )
    catalog = load_catalog()
    tp, pp = _parallel(gpus, tp, pp)
    layout = _layout(
        catalog, model=model, gpu=gpu, quantization=quantization, engine=engine, kv_dtype=kv_dtype, link=link,
        inter_link=inter_link, tp=tp, pp=pp, nodes=nodes,
    )  # fmt: skip
    workload = Workload(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        concurrency=concurrency,
        saturated=saturated,
        request_rate_per_s=request_rate,
        prefix_cache_hit_fraction=prefix_cache_hit_fraction,
        percentile=percentile,
    )
    document = predicted(layout, workload)
    sys.stdout.write(f"{to_json(document) if as_json else prediction_text(document)}\n")
    if not document.fits:
        raise typer.Exit(Exit.NOTHING_FITS)


def _parallel(gpus: int | None, tp: int | None, pp: int | None) -> tuple[int, int]:
    """Return tensor and pipeline parallel sizes that multiply to the GPUs. Raises InvalidInputError."""
    if min(size for size in (gpus, tp, pp, 1) if size is not None) < 1:
        raise InvalidInputError("--gpus, --tp and --pp are whole numbers from 1 on")
    if gpus is None:
        return tp or 1, pp or 1
    if tp is None:
        tp = gpus // (pp or 1)
    if pp is None:
        pp = gpus // tp
    if tp * pp != gpus:
        raise InvalidInputError(
            f"--tp {tp} x --pp {pp} is {tp * pp} GPUs, not {gpus}", "a replica has tp x pp GPUs; drop one of the three"
        )
    return tp, pp


def _layout(catalog: "Catalog", *, gpu: str, quantization: str, engine: str, **rest: object) -> "Layouts":
    """Return the layout, with the FP8 checkpoint run weight-only where the GPU has no FP8 arithmetic."""
    from optimizer.performance.layouts import Layouts

    found_gpu, found_engine = catalog.gpu(gpu), catalog.engine(engine).engine_id
    found = catalog.quantization(quantization).quantization_id
    if found == "fp8" and catalog.kernel(found, found_engine, found_gpu) is None:
        weight_only = catalog.kernel("fp8-weight-only", found_engine, found_gpu)
        if weight_only is not None:
            sys.stderr.write(f"note: {found_gpu.gpu_id} has no FP8 arithmetic; the weights are FP8, the sums 16-bit\n")
            found = "fp8-weight-only"
    return Layouts.one(catalog, gpu=gpu, quantization=found, engine=engine, **rest)  # type: ignore[arg-type]  # checked by Layouts.one
