"""Find the GPUs that a description means: a family, vendor or architecture, narrowed by form factor and memory."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from api.question.lexicon import names
from api.question.quantities import plain_count
from api.question.words import Words, glued, spelled
from catalog import Catalog, Gpu

MEMORY_PART = re.compile(r"^(\d+)GB$")
FORMS = {"sxm": "SXM", "sxm2": "SXM", "sxm4": "SXM", "sxm5": "SXM", "sxm6": "SXM", "pcie": "PCIe", "nvl": "NVL"}
FORM_MEMBERS = frozenset(FORMS.values())
MEMORY_UNITS = frozenset({"gb", "g", "gib", "gig", "gigs", "gbs"})
GPU_WORDS = frozenset({"gpu", "gpus", "card", "cards", "accelerator", "accelerators", "machines", "instances"})
NEGATIONS = frozenset({"not", "no", "without", "except"})
TIMES = frozenset({"x", "×", "*"})
Facet = tuple[frozenset[str], int]


@dataclass(frozen=True, slots=True)
class GpuChoice:
    """The catalog's GPUs that a description fits, in catalog order; `count` is the number written with it."""

    ids: tuple[str, ...]
    text: str
    count: int | None
    count_text: str


class GpuNames:
    """Reads GPU descriptions: `A100`, `8x H100 SXM`, `80GB A100 PCIe`, `AMD`, `Blackwell`, `48 GB cards`."""

    def __init__(self, catalog: Catalog) -> None:
        self._gpus = tuple(catalog.gpus.values())
        self._families = names([*_family_spellings(self._gpus), *_alias_spellings(catalog)])
        self._kin = names(
            (kin, [gpu.gpu_id]) for gpu in self._gpus for kin in (gpu.vendor, gpu.architecture.split()[0])
        )

    def find(self, words: Words, at: int) -> tuple[GpuChoice, int] | None:
        """Return (choice, end) of the description at a word, with `4x` before it or `x4` behind it, or None."""
        start, count = _count_before(words, at)
        found = self._description(words, start)
        if found is None and start > at:
            start, count = at, None
            found = self._description(words, at)
        if found is None:
            return None
        ids, end = found
        text = spelled(words, start, end)
        count_text = spelled(words, at, start)
        if count is None and (behind := _count_behind(words, end)):
            count, count_text, end = behind[0], spelled(words, end, behind[1]), behind[1]
        ordered = tuple(gpu.gpu_id for gpu in self._gpus if gpu.gpu_id in ids)
        return GpuChoice(ordered, text, count, count_text), end

    def _description(self, words: Words, start: int) -> Facet | None:
        """Read adjacent facets in any order; all of them hold at once."""
        facets: list[frozenset[str]] = []
        telling = False
        at = start
        while at < len(words) and (at == start or not _separated(words, at)):
            named = self._families.find(words, at) or self._kin.find(words, at)
            if named:
                facets.append(frozenset(named[0]))
                telling, at = True, named[1]
                continue
            narrowing = self._memory(words, at) or self._form(words, at)
            if narrowing is None:
                break
            facets.append(narrowing[0])
            telling |= words[at].text == "sxm"
            at = narrowing[1]
        telling |= bool(facets) and at < len(words) and words[at].text in GPU_WORDS
        telling |= bool(facets) and words[start].kind == "number" and start > 0 and words[start - 1].text in NEGATIONS
        return (reduce(frozenset.intersection, facets), at) if telling else None

    def _memory(self, words: Words, at: int) -> Facet | None:
        if at + 1 >= len(words) or words[at + 1].text not in MEMORY_UNITS or glued(words, at + 2):
            return None
        return self._those(lambda gpu: words[at].text == str(gpu.memory_gb_marketing)), at + 2

    def _form(self, words: Words, at: int) -> Facet | None:
        generation = at + 1 < len(words) and glued(words, at + 1) and words[at].text == "sxm"
        form = FORMS.get(words[at].text + (words[at + 1].text if generation else ""))
        end = at + 1 + generation
        if form is None or glued(words, end):
            return None
        return self._those(lambda gpu: form in gpu.gpu_id.split("-")), end

    def _those(self, fits: Callable[[Gpu], bool]) -> frozenset[str]:
        return frozenset(gpu.gpu_id for gpu in self._gpus if fits(gpu))


def family(gpu_id: str) -> str:
    """Return the family of a GPU id: `A100-SXM-80GB` is an A100."""
    return "-".join(part for part in gpu_id.split("-") if part not in FORM_MEMBERS and not MEMORY_PART.match(part))


def _family_spellings(gpus: Iterable[Gpu]) -> list[tuple[str, list[str]]]:
    return [(spelling, [gpu.gpu_id]) for gpu in gpus for spelling in (family(gpu.gpu_id), gpu.gpu_id)]


def _alias_spellings(catalog: Catalog) -> list[tuple[str, list[str]]]:
    """Return the aliases with the GPUs of their family that share the form and memory which the alias names."""
    families = {gpu_id: family(gpu_id) for gpu_id in catalog.gpus}
    spellings = []
    for (kind, alias), gpu_id in catalog.aliases.items():
        if kind == "gpu":
            named = _named_parts(gpu_id, alias)
            kin = [other for other in catalog.gpus if families[other] == families[gpu_id]]
            spellings.append((alias, [other for other in kin if named <= set(other.split("-"))]))
    return spellings


def _named_parts(gpu_id: str, alias: str) -> set[str]:
    """Return the form and memory parts of an id that an alias has too, `80G` for 80GB included."""
    parts = [part for part in gpu_id.split("-") if part in FORM_MEMBERS or MEMORY_PART.match(part)]
    return {part for part in parts if part.lower().removesuffix("b") in alias.lower()}


def _separated(words: Words, at: int) -> bool:
    return not words[at].alphanumeric or bool(words[at].gap.strip(" -_.()"))


def _count_before(words: Words, at: int) -> tuple[int, int | None]:
    """Return (where the description starts, its count) for `4x`, `4 x`, `two`; (at, None) without a count."""
    found = plain_count(words, at)
    if found is None:
        return at, None
    end = found[1]
    return end + (end < len(words) and words[end].text in TIMES), int(found[0].value)


def _count_behind(words: Words, at: int) -> tuple[int, int] | None:
    """Return (count, end) of `x4`, `× 4` or `*4`."""
    if at + 1 >= len(words) or words[at].text not in TIMES:
        return None
    found = plain_count(words, at + 1)
    return (int(found[0].value), found[1]) if found else None
