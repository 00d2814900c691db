"""In which format the weights are, how good they must be, and which engine serves them."""

from api.question.draft import Draft
from api.question.reader import Found, Reader, reads
from api.question.readers.choices import choice_readers
from catalog import QUALITY_TIERS

TIER = "(quality|quality tier|tier|weights|quantization|compression|accuracy)"
FROM = (
    "[quality|accuracy|with|keep] "
    "[at least|min|minimum|>=|≥|or better than|no worse than|not worse than|with|be|keep|must be|only|quality]"
)


def _tier_templates(words: str) -> tuple[str, ...]:
    return (f"{FROM} {words} [{TIER}] [or better|or higher|only|at least|minimum|ok|acceptable|is fine|allowed]",)


@reads(
    *_tier_templates(
        "(lossless|no quality loss|no loss of quality|without quality loss|without loss of quality|zero quality loss|"
        "full quality|highest quality|best quality|no loss|no degradation|no quality degradation)"
    )
)
def lossless(found: Found, draft: Draft) -> None:
    """Keep all of the quality: `lossless`, `no quality loss`, `full quality`."""
    _say(0, found, draft)


@reads(
    *_tier_templates(
        "(near lossless|nearlossless|almost lossless|(minimal|little|negligible|tiny) (quality loss|loss|degradation)|"
        "high quality|near full quality)"
    )
)
def near_lossless(found: Found, draft: Draft) -> None:
    """Keep nearly all of the quality: `at least near-lossless`, `minimal quality loss`."""
    _say(1, found, draft)


@reads(*_tier_templates("(good quality|decent quality|reasonable quality|quality good)"), "quality [at least] good")
def good(found: Found, draft: Draft) -> None:
    """Keep a good quality, which is the default: `good quality`."""
    _say(2, found, draft)


@reads(*_tier_templates("(degraded|degraded quality|lower quality|some quality loss|quality loss|low quality)"))
def degraded(found: Found, draft: Draft) -> None:
    """Accept a visible loss: `degraded ok`, `some quality loss acceptable`."""
    _say(3, found, draft)


@reads(
    *_tier_templates(
        "(severe|any quality|whatever quality|lowest quality|any quantization|any quantisation|any precision)"
    ),
    "(quality|accuracy) (doesnt|does not) matter",
    "(severe|any) (degradation|loss)",
)
def any_quality(found: Found, draft: Draft) -> None:
    """Accept any loss: `any quality`, `quality does not matter`, `any quantization`."""
    _say(4, found, draft)


@reads(
    "(no|without|not) (quantization|quantisation|quantized|quantised|quant|quants|quantizing|quantized weights|"
    "quantized models|compression)",
    "(unquantized|unquantised|non quantized|full precision|native precision|original precision|original weights)",
)
def unquantized(found: Found, draft: Draft) -> None:
    """Keep the weights at 16 bit: `no quantization`, `unquantized`, `full precision`."""
    draft.quantizations.allow(("bf16", "fp16"), found.text)


@reads(
    "<quantizations> (kv|kv cache|kv-cache|kvcache|key value cache)",
    "(kv|kv cache|kvcache) [in|at|dtype|=] <quantizations>",
)
def kv_format(found: Found, draft: Draft) -> None:
    """Leave a format of the KV cache aside: a request has no such field."""
    draft.leave(found.text, "the format of the KV cache cannot be asked for; each engine’s default is planned")


def _say(rank: int, found: Found, draft: Draft) -> None:
    draft.min_tier.say(QUALITY_TIERS[rank], found.text)


FORMATS = choice_readers(
    "quantizations",
    lambda draft: draft.quantizations,
    "quantization",
    "`FP8`, `int4`, `AWQ or GPTQ`, `Q4_K_M`, `4-bit`, `in bf16`",
)
ENGINES = choice_readers(
    "engines", lambda draft: draft.engines, "engine", "`vLLM`, `with SGLang`, `TensorRT-LLM`, `llama.cpp or ollama`"
)
READERS: tuple[Reader, ...] = (
    lossless,
    near_lossless,
    good,
    degraded,
    any_quality,
    unquantized,
    kv_format,
    *FORMATS,
    *ENGINES,
)
