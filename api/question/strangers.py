"""Names that look like a model, GPU or region but are none we know: to be refused, not passed over."""

import re

from api.question.words import Words, glued, spelled, word_set

MODEL_FAMILIES = word_set(
    "llama codellama mixtral mistral ministral codestral gemma gemini phi claude gpt chatgpt falcon yi qwen qwq "
    "deepseek bloom opt mpt dbrx grok nemotron kimi glm olmo granite jamba smollm vicuna starcoder minimax hunyuan "
    "ernie baichuan internlm command solar nova whisper bert"
)
NEEDS_A_NUMBER = frozenset({"command", "opt", "solar", "nova", "yi", "phi", "gpt"})
MODEL_PARTS = re.compile(r"^(\d[\d.]*|b|x|v|r|o|e|it|plus|large|small|medium|mini|nano|coder|oss|flash|pro|vl)$")
COUNTED = word_set(
    "users user people persons developers devs engineers streams sessions conversations concurrent requests request "
    "queries calls rps qps rpm tok toks tokens tps gpus"
)
SIZE = re.compile(r"^\d+(\.\d+)?$")
FOREIGN_GPUS = word_set(
    "t4 p4 p40 p100 k80 m60 a2 a10 a16 a30 a800 h20 h800 b100 l2 l20 mi50 mi60 mi100 mi210 mi250 mi300a mi308x "
    "gtx1080 rtx2080 rtx3060 rtx3070 rtx3080 rtx3090 3090 3080 rtx4080 rtx4070 rtx5080 rtx5070 rtx5000 rtxa5000 "
    "rtxa4000 a5000 a4000 a4500 gaudi2 gaudi tpu tpus tpuv4 tpuv5e tpuv5p tpuv6e trainium trainium2 inferentia "
    "inferentia2 trn1 trn2 inf2 rubin vr200"
)
REGION_STARTS = word_set(
    "us eu ap ca sa me af il mx cn asia europe northamerica southamerica australia africa uk no se"
)
COMPASS = re.compile(r"^(gov)?(north|south|east|west|central)+$")
Read = tuple[str, int] | None


def model(words: Words, at: int) -> Read:
    """Find `mixtral 8x7b`, `llama 2 13b`, `gpt-4`: a family with its numbers, or a bare size such as `34B`."""
    if SIZE.match(words[at].text) and at + 1 < len(words) and words[at + 1].text == "b" and glued(words, at + 1):
        return None if glued(words, at + 2) else (spelled(words, at, at + 2), at + 2)
    if words[at].text not in MODEL_FAMILIES:
        return None
    end = at + 1
    while end < len(words) and MODEL_PARTS.match(words[end].text) and _joins(words, end):
        end += 1
    if words[at].text in NEEDS_A_NUMBER and end == at + 1:
        return None
    return spelled(words, at, end), end


def gpu(words: Words, at: int) -> Read:
    """Find `T4`, `RTX 3090`, `TPU v5e`: an accelerator that is sold, but in no row of the catalog."""
    best: Read = None
    key = ""
    for end in range(at + 1, min(at + 4, len(words)) + 1):
        word = words[end - 1]
        if end - 1 > at and (word.gap.strip(" -") or not word.alphanumeric or (word.gap and len(key) == 1)):
            break
        key += word.text
        plural = word.text == "s" and word.gap == ""
        if key.removesuffix("s" * plural) in FOREIGN_GPUS and not glued(words, end):
            best = spelled(words, at, end), end
    return best


def region(words: Words, at: int) -> Read:
    """Find `us-east-9`, `eu-central-7a`: what has the form of a region but is none with prices."""
    if words[at].text not in REGION_STARTS:
        return None
    end = at + 1
    while end < len(words) and words[end].gap in {"-", ""} and words[end].alphanumeric:
        end += 1
    middle = [word.text for word in words[at + 1 : end] if word.kind == "letters"]
    numbered = any(word.kind == "number" for word in words[at + 1 : end])
    return (spelled(words, at, end), end) if numbered and any(map(COMPASS.match, middle)) else None


def _joins(words: Words, at: int) -> bool:
    """Tell whether a part belongs to the name before it: `2 13b`, not the 4 of `mixtral, 4 users` or `70b 4 users`."""
    if words[at].gap.strip(" -_.:"):
        return False
    loose_number = words[at].kind == "number" and words[at].gap.isspace()
    sized = at + 1 < len(words) and glued(words, at + 1) and words[at + 1].text in {"b", "x"}
    if not loose_number or sized:
        return True
    # After a version or a size the name has its number: another one counts something, as in `phi-4 5 users`.
    complete = words[at - 1].text == "b" or words[at - 1].kind == "number"
    counts = at + 1 < len(words) and words[at + 1].text in COUNTED
    return not complete and not counts and float_like(words[at].text) < 10


def float_like(text: str) -> float:
    """Return a version number as a number, infinity where it is none."""
    return float(text) if SIZE.match(text) else float("inf")
