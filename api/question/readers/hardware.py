"""Which GPUs, and what joins them."""

from api.question.draft import Draft
from api.question.gpus import GpuChoice
from api.question.lexicon import Named
from api.question.reader import Found, Reader, reads
from api.question.readers.choices import choice_readers
from api.question.readers.phrases import AT_MOST, NOT, WITH, indifferent, refused, wanted

COUNT_HINT = "the number of GPUs is what the planner decides; “at most 8 H100” caps it, “one machine” caps instances"
GPU_NOUN = "(gpus|gpu|cards|card|accelerators|graphics cards|nodes|node|machines|servers|instances|boxes|box)"


@reads(*wanted("gpus"), f"[{WITH}] [the] <gpus> {GPU_NOUN} [only]", wants=True)
def allow_gpus(found: Found, draft: Draft) -> None:
    """Allow only these GPUs: `A100`, `on A100 or H100`, `H100 SXM only`, `AMD`, `Blackwell`, `48 GB GPUs`."""
    for choice in found.get("gpus", tuple):
        _allow(choice, found, draft)


@reads(f"{NOT} [on|any|the|use|using|with] <gpus> [{GPU_NOUN}]", *refused("gpus"))
def deny_gpus(found: Found, draft: Draft) -> None:
    """Leave these GPUs out: `no H100`, `not on A100 or A6000`, `anything but AMD`, `without 24 GB cards`."""
    for choice in found.get("gpus", tuple):
        draft.gpus.deny(choice.ids, found.text)


@reads(*indifferent("gpus"))
def mention_gpus(found: Found, draft: Draft) -> None:
    """Name a GPU and restrict nothing: `not only H100`, `H100 not needed`."""
    draft.assume(f"“{found.text}” restricts nothing.")


@reads(f"({AT_MOST}|quota of|quota|quota for|we have|i have|with a quota of) <gpus> [{GPU_NOUN}]")
def gpu_quota(found: Found, draft: Draft) -> None:
    """Cap the number of GPUs of a kind: `at most 8 H100`, `max 16 A100 PCIe`, `quota of 32 H200`."""
    for choice in found.get("gpus", tuple):
        _allow(choice, found, draft, capped=True)
        for gpu_id in choice.ids if choice.count else ():
            draft.quotas[gpu_id] = min(choice.count, draft.quotas.get(gpu_id, choice.count))
        if choice.count and len(choice.ids) > 1:
            draft.assume(f"“{found.text}” caps each of {', '.join(choice.ids)} at {choice.count}.")


@reads(f"[{WITH}] <stranger_gpu> [{GPU_NOUN}] [only]")
def unknown_gpu(found: Found, draft: Draft) -> None:
    """Refuse an accelerator that the catalog does not have."""
    draft.unknown.append(("GPU", found.get("stranger_gpu", str)))


@reads(
    f"[{WITH}] <count> (x|gpus|gpu|cards|gpus total|graphics cards|gpu node|gpu nodes|gpu machine|gpu server|gpu box)",
    f"{AT_MOST} <count> (gpus|gpu|cards)",
)
def gpu_count(found: Found, draft: Draft) -> None:
    """Leave a number of GPUs without a name aside: the planner decides it."""
    draft.leave(found.text, COUNT_HINT)


@reads(f"[{WITH}] [<count>] [x] <instance_type> [{GPU_NOUN}]")
def instance_type(found: Found, draft: Draft) -> None:
    """Read an instance type as its provider and GPU: `p5.48xlarge`, `a2-ultragpu-8g`."""
    named = found.get("instance_type", Named)
    for offered in named.ids:
        provider, gpu_id = offered.split(":")
        draft.providers.allow((provider,), found.text)
        draft.gpus.allow((gpu_id,), found.text)
        draft.assume(f"{named.text} is read as {gpu_id} on {provider}: a request names no instance types.")
    draft.leave(named.text, "an instance type is no filter: its provider and GPU are")


def _allow(choice: GpuChoice, found: Found, draft: Draft, *, capped: bool = False) -> None:
    if not choice.ids:
        draft.unknown.append(("GPU", choice.text))
    draft.gpus.allow(choice.ids, found.text)
    if len(choice.ids) > 1:
        draft.assume(f"{choice.text} stands for {', '.join(choice.ids)}.")
    if choice.count is not None and not capped:
        draft.leave(choice.count_text, COUNT_HINT)
        draft.assume(f"The count in “{found.text}” is not a limit: as many {choice.text} as the load needs.")


LINKS = choice_readers("links", lambda draft: draft.links, "link", "`NVLink only`, `with NVSwitch`, `PCIe`")
READERS: tuple[Reader, ...] = (
    allow_gpus,
    deny_gpus,
    mention_gpus,
    gpu_quota,
    unknown_gpu,
    gpu_count,
    instance_type,
    *LINKS,
)
