"""GuideLLM's `benchmarks.json`, versions 1 and 2: a sweep is one point for each of its benchmarks."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from api.measuring.points import Metrics, Point, Stated, check_failures, check_ratio, refuse
from catalog import bad_fields

TOOL = "GuideLLM"
VERSIONS = (1, 2)
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LAST_SECOND = 4_102_444_800
"""The end of the year 2099: later times are no times of a run."""
SUSTAINED = 0.2
"""Totals over the whole duration include warm-up and cool-down: further apart than this is a contradiction."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class Percentiles(_Part):
    """The percentiles that are read."""

    p50: Amount | None = None
    p99: Amount | None = None


class Summary(_Part):
    """A distribution over the successful requests."""

    mean: Amount | None = None
    total_sum: Amount | None = None
    percentiles: Percentiles = Percentiles()


class Distribution(_Part):
    """A metric by the fate of its requests; only the successful ones count."""

    successful: Summary | None = None


class Totals(_Part):
    """Requests by their fate."""

    successful: Amount
    errored: Amount = 0


class Figures(_Part):
    """The metrics of one benchmark, times in ms. Its time per output token has the first one in it: not read."""

    request_totals: Totals
    requests_per_second: Distribution = Distribution()
    prompt_token_count: Distribution = Distribution()
    output_token_count: Distribution = Distribution()
    time_to_first_token_ms: Distribution = Distribution()
    inter_token_latency_ms: Distribution = Distribution()
    output_tokens_per_second: Distribution


class Strategy(_Part):
    """How requests were sent."""

    kind: str = Field(validation_alias=AliasChoices("type_", "kind"))
    streams: Annotated[int, Field(ge=1)] | None = None
    rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class Backend(_Part):
    """The server that was measured."""

    model: str | None = None


class Config(_Part):
    """What one benchmark was run with."""

    strategy: Strategy
    backend: Backend = Backend()


class Benchmark(_Part):
    """One benchmark of a report."""

    config: Config
    metrics: Figures
    start_time: Annotated[float, Field(ge=0, le=LAST_SECOND)] | None = None
    duration: Amount | None = None


def is_guidellm(document: dict[str, object]) -> bool:
    """Return whether a document is a report of GuideLLM."""
    return isinstance(document.get("benchmarks"), list)


def read_guidellm(document: dict[str, object]) -> tuple[Point, ...]:
    """Return the point of each benchmark. Raises InvalidInputError on other versions and on what is missing."""
    version = _inside(document, "metadata", "version")
    if version is not None and version not in VERSIONS:
        raise refuse("the report", f"version {version} of GuideLLM's report is not known", "versions 1 and 2 are read")
    model = next((found for path in MODEL_PATHS if isinstance(found := _inside(document, *path), str)), None)
    parts = document["benchmarks"]
    if not isinstance(parts, list) or not parts:
        raise refuse("the report", "it holds no benchmark")
    return tuple(_point(f"benchmark {number}", part, model) for number, part in enumerate(parts, start=1))


MODEL_PATHS = (("config", "spec", "backend", "model"), ("args", "model"), ("args", "processor"))


def _inside(document: object, *path: str) -> object:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _point(where: str, part: object, model: str | None) -> Point:
    try:
        found = Benchmark.model_validate(part)
    except ValidationError as error:
        raise refuse(where, f"it is no whole benchmark:\n{bad_fields(error, 'benchmark')}") from error
    figures, totals = found.metrics, found.metrics.request_totals
    check_failures(where, totals.errored, totals.successful)
    concurrency, rate, online = _load(where, found.config.strategy)
    throughput, tokens = _mean(figures.output_tokens_per_second), figures.output_token_count.successful
    if throughput and tokens and tokens.total_sum and found.duration:
        computed = tokens.total_sum / found.duration
        if abs(throughput - computed) > SUSTAINED * computed:
            check_ratio(where, "output_tokens_per_second", throughput, computed)
    started = "" if not found.start_time else datetime.fromtimestamp(found.start_time, UTC).date().isoformat()
    return Point(
        tool=TOOL,
        where=where,
        day=started,
        stated=Stated(model=found.config.backend.model or model),
        input_tokens=_mean(figures.prompt_token_count),
        output_tokens=_mean(figures.output_token_count),
        concurrency=concurrency,
        request_rate=rate,
        requests=totals.successful,
        online=online,
        metrics=_metrics(where, figures, online),
        notes=found.config.strategy.kind,
    )


def _load(where: str, strategy: Strategy) -> tuple[float | None, float | None, bool]:
    """Return (concurrency, request rate, whether requests came over time)."""
    if strategy.kind == "synchronous":
        return 1.0, None, True
    if strategy.kind == "concurrent" and strategy.streams:
        return float(strategy.streams), None, True
    if strategy.kind in {"constant", "poisson"} and strategy.rate:
        return None, strategy.rate, True
    if strategy.kind == "throughput":
        return None, None, False
    raise refuse(where, f"strategy {strategy.kind!r} is no steady load that gpumix can compare with")


def _metrics(where: str, figures: Figures, online: bool) -> Metrics:
    """Return the figures; of a throughput run only the throughput, since its latencies are those of a queue."""
    first = figures.time_to_first_token_ms.successful or Summary()
    latencies = {
        "ttft_ms_mean": first.mean,
        "ttft_ms_p50": first.percentiles.p50,
        "ttft_ms_p99": first.percentiles.p99,
        "itl_ms": _mean(figures.inter_token_latency_ms),
    }
    found = {
        "output_tok_s_total": _mean(figures.output_tokens_per_second),
        "requests_s": _mean(figures.requests_per_second),
        **(latencies if online else {}),
    }
    kept = tuple((name, value) for name, value in found.items() if value)
    if not kept:
        raise refuse(where, "it has no figure of its successful requests")
    return kept


def _mean(distribution: Distribution) -> float | None:
    return distribution.successful.mean if distribution.successful else None
