"""Words that ask for something a plan request cannot hold: listed as ignored, with what to ask instead."""

from collections.abc import Mapping

from api.question.draft import Draft
from api.question.reader import Found, Reader, reads

INSTEAD: Mapping[str, str] = {
    "(compare|comparison|versus|vs|difference between|better than)": (
        "one question gets one plan: for both in one table, gpumix compare with the same question"
    ),
    "(predict|prediction|benchmark|how fast|how many tokens)": "for the speed of known hardware: gpumix predict",
    "(forecast|growth|growing|next year|over (the|a) year)": "for a budget over months: gpumix forecast",
    "(train|training|fine tune|fine tuning|finetune|finetuning|finetuned|lora|qlora|pretrain|pretraining|rlhf)": (
        "gpumix plans serving, not training"
    ),
    "(fastest|quickest|lowest latency|highest throughput|best performance|as fast as possible)": (
        "the cheapest plan that meets a target is found: name the target, such as 40 tok/s"
    ),
    "(speculative decoding|speculative|spec decode|draft model|eagle|medusa|mtp)": (
        "speculative decoding is no part of a request; it is not counted on"
    ),
    "(end to end latency|e2e latency|e2e|total latency|response time|latency|completion time) "
    "[(under|below|less than|of|<|max|at most|within)] [<duration>]": (
        "targets are the time to first token and tok/s: say TTFT under 2 s, or 20 tok/s"
    ),
    "(fp8|int8|q8) attention": "attention kernels are the engine’s choice",
    "(kubernetes|k8s|terraform|skypilot|helm|docker)": "launch files: gpumix export",
    "(prefer|prefers|preferably|preferred|ideally|if possible|preference for|nice to have|hopefully)": (
        "a preference is read as a must: leave it out, and see the alternatives of the plan"
    ),
    "(same|single|one) (region|provider|cloud|vendor)": "regions and providers may be mixed: name one to keep to it",
    "(multi region|multiregion)": "regions are a filter; to spread a fleet say “survive losing a zone”",
    "(mig|fractional gpu|gpu sharing|time slicing)": "whole GPUs are planned",
    "(infiniband|rdma|efa|roce)": "networks between instances come with the instance; NVLink and PCIe can be asked for",
    "<number> (daily active users|daily users|dau|daus|mau|maus|monthly active users|monthly users|registered "
    "users|users a day|"
    "users per day|users / day|active users a day)": "say how many are active at once, or the requests per day",
    "[at least|min|minimum|with] <number> (gb|gib|tb|gigs) [of] [gpu|hbm] [(vram|memory|ram)]": (
        "GPUs are named, or told by their memory: “80GB GPUs”"
    ),
    "[at] <number> (tok|toks|token|tokens|tps|t) [(/|per|a) (s|sec|second)] (per|/|each|a|for each|for every) "
    "(gpu|gpus|card|accelerator|chip|device|node|instance|machine|server)": (
        "the speed of a user or the total is asked for: the planner decides how many GPUs share it"
    ),
    "[(with|at least|of)] [<number>] [(%|percent)] (uptime|availability|sla)": (
        "what may be lost is a limit: say “survive losing a zone”, or an instance, or a provider"
    ),
    "(cpu only|cpus only|cpu inference|on cpu|on cpus)": "only GPUs are planned",
}


def _reader(template: str, hint: str) -> Reader:
    def leave(found: Found, draft: Draft) -> None:
        draft.leave(found.text, hint)

    leave.__doc__ = f"List as ignored: {hint}."
    return reads(template)(leave)


READERS: tuple[Reader, ...] = tuple(_reader(template, hint) for template, hint in INSTEAD.items())
