"""`gpumix predict`: what one replica does."""

import sys
from typing import Annotated

import typer

from api.commands.options import AsJson, NoOwn
from api.exits import Exit
from catalog import InvalidInputError


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
    draft_tokens: Annotated[int, typer.Option(help="Tokens a draft model proposes; 0: no speculation.")] = 0,
    acceptance: Annotated[float, typer.Option(help="Chance that a proposed token is accepted.")] = 0.7,
    draft_share: Annotated[float, typer.Option(help="Parameters of the draft model over the model's.")] = 0.02,
    step_tokens: Annotated[int | None, typer.Option(help="Largest step, for chunked prefill.")] = None,
    no_own: NoOwn = False,
    as_json: AsJson = False,
) -> None:
    """Predict memory and speed of one replica, with an 80% interval and the evidence.

    gpumix predict --gpu H100-SXM --gpus 8 --quantization fp8 --input-tokens 7680 --output-tokens 512 --concurrency 1
    """
    from api.documents import to_json
    from api.measuring.own import current_catalog
    from api.predicting import prediction, read_prediction
    from api.render.prediction import prediction_text

    if [concurrency is not None, saturated, request_rate is not None].count(True) != 1:
        raise InvalidInputError(
            "give exactly one of --concurrency, --saturated and --request-rate", "for example --concurrency 1"
        )
    request = read_prediction(
        model=model, gpu=gpu, gpus=gpus, tp=tp, pp=pp, quantization=quantization, kv_dtype=kv_dtype, engine=engine,
        link=link, nodes=nodes, inter_link=inter_link, input_tokens=input_tokens, output_tokens=output_tokens,
        concurrency=concurrency, saturated=saturated, request_rate_per_s=request_rate,
        prefix_cache_hit_fraction=prefix_cache_hit_fraction, percentile=percentile,
        draft_tokens=draft_tokens, acceptance=acceptance, draft_share=draft_share, step_tokens=step_tokens,
    )  # fmt: skip
    document = prediction(request, current_catalog(not no_own))
    sys.stdout.write(f"{to_json(document) if as_json else prediction_text(document)}\n")
    if not document.fits:
        raise typer.Exit(Exit.NOTHING_FITS)
