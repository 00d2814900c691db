"""How long the prompt, the answer, or both together are, and how much of the prompt is cached."""

from api.question.draft import Draft
from api.question.quantities import Quantity
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import fraction, tokens
from api.question.readers.load import REQUESTS
from api.question.readers.phrases import AT_MOST
from optimizer.request import Bucket

TOKEN = "(tokens|token|toks|tok|tkn|tkns)"
CONTEXT = (
    "(context|ctx|contexts|context window|context length|context size|context len|ctx len|ctx size|ctx length|"
    "context windows|window|sequence length|sequence len|seq len|seqlen|sequences|max model len|max len|max seq len|"
    "max context|max sequence length|total length|cntx|contxt|contex|history|conversation length|num ctx)"
)
INPUT = (
    "(input|inputs|input tokens|prompt|prompts|prompt tokens|input length|input len|prompt length|prompt size|isl|"
    "input size|inputs of|system prompt|prompts of|context in|prefill|input tok|question|questions|document|documents)"
)
OUTPUT = (
    "(output|outputs|output tokens|answer|answers|completion|completions|completion tokens|output length|output len|"
    "osl|response|responses|reply|replies|generated|generation|output size|generated tokens|new tokens|max tokens|"
    "answer tokens|response tokens|max new tokens|output tok|decode|generated output|generating)"
)
AROUND = (
    "(of|is|are|=|about|~|≈|around|avg|average|mean|typical|typically|max|maximum|up to|at most|with|at|length|"
    "size|long)"
)
AVERAGE = "(average|avg|mean|typical|median|long|short|max|maximum|up to|about|around)"
THEN = "(,|/|and|&|+|;|then|to|→|with|,and)"

PAIR = (
    f"[{AVERAGE}] <input:number> [{TOKEN}] (in|input|prompt|prompts|isl|inputs) [{TOKEN}] [{THEN}] [{THEN}] "
    f"[{AVERAGE}] <output:number> [{TOKEN}] (out|output|answer|answers|osl|outputs|generated|completion|response|"
    f"responses) [{TOKEN}]"
)


@reads(
    f"[at|@|{AT_MOST}] [a|an|the] <number> [{TOKEN}|long|max] [of] {CONTEXT} [{TOKEN}]",
    f"[at] [a|an] [{AVERAGE}] {CONTEXT} [{AROUND}] [{AROUND}] <number> [{TOKEN}]",
    f"[at|@|about|around|~|up to] <number> {TOKEN} [long|max]",
    "[at|@|of|up to|about|around|~|=] <number:bare_context> [long]",
)
def context(found: Found, draft: Draft) -> None:
    """Tell the context, prompt and answer together: `at 8K`, `32k context`, `context of 4096`, `8000 tokens`."""
    draft.context_tokens.say(_tokens(found, "number", "the context", draft), found.text)


@reads(
    PAIR,
    f"(in|input|isl|prompt) [{TOKEN}] [=|of] <input:number> [{TOKEN}] [{THEN}] "
    f"(out|output|osl|answer) [{TOKEN}] [=|of] <output:number> [{TOKEN}]",
    f"(isl / osl|isl osl|in / out|input / output|isl and osl|input and output|isl x osl) "
    f"[{TOKEN}|length|lengths|lens] [=|of|at] <input:number> [{TOKEN}] ({THEN}|x) <output:number> [{TOKEN}]",
    f"<input:number> [{TOKEN}] (/|→) <output:number> {TOKEN}",
    "<input:bare_context> (/|x|→) <output:number> [(isl / osl|in / out|input / output)]",
    f"<input:number> (/|x|→) <output:number> (isl / osl|in / out|input / output|in and out|{TOKEN} in / out)",
    f"(read|reads|reading|given) <input:number> {TOKEN} [{THEN}] [{THEN}] (write|writes|writing|generate|generating|"
    f"produce|produces|producing|answer|answering with|generates) <output:number> [{TOKEN}]",
)
def prompt_and_answer(found: Found, draft: Draft) -> None:
    """Tell both lengths: `2k in 500 out`, `2000 input / 500 output tokens`, `ISL/OSL 2048/512`, `8k/1k`."""
    draft.input_tokens.say(_tokens(found, "input", "the prompt", draft), found.text)
    draft.output_tokens.say(_tokens(found, "output", "the answer", draft), found.text)


@reads(f"<percent> [of] [{REQUESTS}|traffic|load] [is|are|at|with|have|=|,] {PAIR}")
def mix(found: Found, draft: Draft) -> None:
    """Tell one size of several and its share of the requests: `70% 2k in 500 out`."""
    share = fraction(found.get("percent", float), "the share of requests", found.text)
    if share == 0:
        return
    prompt_tokens, answer_tokens = (_tokens(found, slot, slot, draft) for slot in ("input", "output"))
    draft.buckets.append(Bucket(input_tokens=prompt_tokens, output_tokens=answer_tokens, share=share))


@reads(
    f"[{AVERAGE}] <number> [{TOKEN}] {INPUT} [{TOKEN}]",
    f"[{AVERAGE}] {INPUT} [{AROUND}] [{AROUND}] <number> [{TOKEN}] [long|max]",
    f"<number> {TOKEN} in",
)
def prompt(found: Found, draft: Draft) -> None:
    """Tell the length of the prompt: `prompts of 3000 tokens`, `2k input`, `ISL 2048`, `3000-token prompts`."""
    draft.input_tokens.say(_tokens(found, "number", "the prompt", draft), found.text)


@reads(
    f"[{AVERAGE}] <number> [{TOKEN}] {OUTPUT} [{TOKEN}]",
    f"[{AVERAGE}] {OUTPUT} [{AROUND}] [{AROUND}] <number> [{TOKEN}] [long|max]",
    f"<number> [{TOKEN}] out",
)
def answer(found: Found, draft: Draft) -> None:
    """Tell the length of the answer: `answers of 300 tokens`, `500 output tokens`, `OSL 512`, `300-token replies`."""
    draft.output_tokens.say(_tokens(found, "number", "the answer", draft), found.text)


@reads(
    "<percent> [of] [the] [prompt|prompts|input|prefix|prefixes] [is|are|tokens|being] (cached|cache hits|cache hit|"
    "cache hit rate|from cache|shared|cached prompt|cached prompts|cached prefix|cached input|prefix cache|"
    "prefix caching|"
    "prefix cache hits|prefix cache hit rate|prefix cache hit|prompt cache|prompt caching|cache reuse|prefix reuse|"
    "cached tokens|hit rate|prefix hits|shared prefix)",
    "[a|an] (prefix cache|prefix caching|cache|prompt cache|prompt caching|kv cache|prefix|cached prompt|shared "
    "prefix) "
    "[hit|hits] [rate|ratio|fraction] [of|at|=|is] <percent>",
    "(hit rate|cache hit rate) [of|at|=|is] <percent>",
)
def prefix_cache(found: Found, draft: Draft) -> None:
    """Tell the share of prompt tokens found in the cache: `50% cached prompt`, `prefix cache hit rate of 60%`."""
    share = fraction(found.get("percent", float), "the prefix-cache hit rate", found.text, below_one=True)
    draft.prefix_cache_hit_fraction.say(share, found.text)


def _tokens(found: Found, slot: str, what: str, draft: Draft) -> int:
    """Return the tokens of a slot, telling how K was read and which end of a range was taken."""
    quantity = found.get(slot, Quantity)
    size = tokens(quantity, what, found.text)
    if quantity.kibi:
        draft.assume(
            f"{quantity.text} is {size:,} tokens: K is 1,024 after a power of two (and 48, 96, 192, 384), else 1,000."
        )
    elif quantity.scaled:
        draft.assume(
            f"{quantity.text} is {size:,} tokens: K is 1,000 except after a power of two (and 48, 96, 192, 384)."
        )
    if quantity.low != quantity.value:
        draft.assume(f"Of “{quantity.text}” the upper end is planned for.")
    return size


READERS: tuple[Reader, ...] = (context, prompt_and_answer, mix, prompt, answer, prefix_cache)
