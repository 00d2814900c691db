"""Predicting one replica: what the command and the API take, and what both answer."""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog import Catalog, InvalidInputError, bad_fields
from optimizer.performance.layouts import Layouts
from optimizer.performance.options import Options, Speculation
from optimizer.performance.predict import Prediction, Workload, predict

Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class PredictionRequest(BaseModel):
    """One replica and its load: exactly one of `concurrency`, `saturated` and `request_rate_per_s`.

    `gpus` is `tp` x `pp`: give any two, or one. `percentile` is that of the first token under a request rate.
    With `draft_tokens`, a draft model of `draft_share` of the parameters proposes that many tokens a step, each
    accepted with chance `acceptance`. `step_tokens` is the largest step, into which prompts are cut (chunked prefill).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Name = "llama-4-405b"
    gpu: Name
    gpus: Count | None = None
    tp: Count | None = None
    pp: Count | None = None
    quantization: Name
    kv_dtype: Name = "auto"
    engine: Name = "vllm"
    link: Name | None = None
    nodes: Count = 1
    inter_link: Name | None = None
    input_tokens: Count
    output_tokens: Count
    concurrency: Count | None = None
    saturated: bool = False
    request_rate_per_s: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] | None = None
    prefix_cache_hit_fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    percentile: Annotated[float, Field(gt=0, lt=100)] = 50.0
    draft_tokens: Annotated[int, Field(ge=0, le=16)] = 0
    acceptance: Annotated[float, Field(ge=0, lt=1)] = 0.7
    draft_share: Annotated[float, Field(ge=0, le=1)] = 0.02
    step_tokens: Annotated[int, Field(ge=16, le=1_000_000)] | None = None


def read_prediction(**fields: object) -> PredictionRequest:
    """Return the request of these fields. Raises InvalidInputError naming every bad one."""
    try:
        return PredictionRequest.model_validate(fields)
    except ValidationError as error:
        raise InvalidInputError(bad_fields(error, "prediction"), "see: gpumix predict --help") from error


def prediction(request: PredictionRequest, catalog: Catalog) -> Prediction:
    """Return what a replica does. Raises InvalidInputError on names, sizes and layouts that cannot be."""
    tp, pp = _parallel(request.gpus, request.tp, request.pp)
    quantization, note = _runnable(request, catalog)
    layout = Layouts.one(
        catalog,
        model=request.model,
        gpu=request.gpu,
        quantization=quantization,
        engine=request.engine,
        kv_dtype=request.kv_dtype,
        link=request.link,
        inter_link=request.inter_link,
        tp=tp,
        pp=pp,
        nodes=request.nodes,
    )
    found = predict(layout, _workload(request))
    return replace(found, warnings=(note, *found.warnings)) if note else found


def _workload(request: PredictionRequest) -> Workload:
    return Workload(
        input_tokens=request.input_tokens,
        output_tokens=request.output_tokens,
        concurrency=request.concurrency,
        saturated=request.saturated,
        request_rate_per_s=request.request_rate_per_s,
        prefix_cache_hit_fraction=request.prefix_cache_hit_fraction,
        percentile=request.percentile,
        options=_options(request),
    )


def _options(request: PredictionRequest) -> Options:
    drafts = (
        Speculation(request.draft_tokens, request.acceptance, request.draft_share) if request.draft_tokens else None
    )
    return Options(speculation=drafts, step_tokens=request.step_tokens)


def _parallel(gpus: int | None, tp: int | None, pp: int | None) -> tuple[int, int]:
    """Return tensor and pipeline parallel sizes that multiply to the GPUs. Raises InvalidInputError."""
    if gpus is None:
        return tp or 1, pp or 1
    if tp is None:
        tp = gpus // (pp or 1)
    if pp is None:
        pp = gpus // tp if tp else 0
    if tp * pp != gpus:
        raise InvalidInputError(
            f"tp {tp} x pp {pp} is {tp * pp} GPUs, not {gpus}", "a replica has tp x pp GPUs; drop one of the three"
        )
    return tp, pp


def _runnable(request: PredictionRequest, catalog: Catalog) -> tuple[str, str]:
    """Return the weight format and a note: an FP8 checkpoint runs weight-only where a GPU has no FP8 arithmetic."""
    gpu, engine = catalog.gpu(request.gpu), catalog.engine(request.engine).engine_id
    found = catalog.quantization(request.quantization).quantization_id
    missing = found == "fp8" and catalog.kernel(found, engine, gpu) is None
    if not missing or catalog.kernel("fp8-weight-only", engine, gpu) is None:
        return found, ""
    return "fp8-weight-only", f"{gpu.gpu_id} has no FP8 arithmetic; the weights are FP8, the sums 16-bit"
