"""The kinds of value that a template's slots stand for, each a function from (words, place) to (value, end)."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias, TypeVar

from api.question import quantities, strangers, vocabulary
from api.question.commitments import term
from api.question.gpus import GpuNames
from api.question.lexicon import Named, Names
from api.question.matching import SlotReader
from api.question.words import Words, spelled
from catalog import Catalog

T = TypeVar("T")
Item: TypeAlias = Callable[[Words, int], tuple[T, int] | None]
SINGLE = ("model", "instance_type")
LIST_WORDS = frozenset({",", "/", "&", "|", "+", "and", "or", "nor", ";"})
LEADING_WORDS = frozenset({"the", "a", "an", "on", "in", "any"})
PRONOUN_AFTER = frozenset({"give", "let", "tell", "show"})
NEEDS_A_PLACE_BEFORE = {
    "us": frozenset({"in", "the", "within", "outside", "inside", "from", "only", "not", "or", "and", "no", "non"}),
    "together": frozenset(
        {"on", "from", "at", "via", "only", "not", "using", "with", "except", "but", "use", "avoid", "exclude", "no"}
    ),
}


def make_slots(catalog: Catalog, providers: Collection[str], regions: Collection[str]) -> Mapping[str, SlotReader]:
    """Return the reader of every slot kind that a template may use."""
    gpus = GpuNames(catalog)
    kinds = {
        "model": vocabulary.models(catalog),
        "instance_type": vocabulary.instance_types(catalog),
        "quantizations": vocabulary.quantizations(catalog),
        "engines": vocabulary.engines(catalog),
        "providers": vocabulary.providers(catalog, providers),
        "places": vocabulary.places(catalog, regions),
        "tiers": vocabulary.tiers(),
        "links": vocabulary.links(catalog),
    }
    lists = {
        kind: _listed(_named(names, exact=kind == "places"), counted=_never)
        for kind, names in kinds.items()
        if kind not in SINGLE
    }
    return {
        "number": quantities.number,
        "count": quantities.plain_count,
        "bare_context": quantities.bare_context,
        "percent": quantities.percent,
        "duration": quantities.duration_s,
        "period": quantities.period_s,
        "long_period": quantities.long_period_s,
        "day": quantities.day,
        **{kind: _named(kinds[kind]) for kind in SINGLE},
        "stranger_model": strangers.model,
        "stranger_gpu": strangers.gpu,
        "stranger_region": strangers.region,
        "terms": _listed(term, counted=_never),
        "gpus": _listed(gpus.find, counted=lambda choice: choice.count is not None),
        **lists,
    }


def _named(names: Names, *, exact: bool = False) -> Item[Named]:
    """Return a reader of single names; an English word counts as a name only where a place or provider can stand.

    With `exact`, what is spelled just as an id is that id alone: us-east-1 is not GCP's us-east1.
    """

    def read(words: Words, at: int) -> tuple[Named, int] | None:
        found = names.find(words, at)
        if found is None:
            return None
        if at > 0 and words[at].text == "us" and words[at - 1].text in PRONOUN_AFTER:
            return None
        before = NEEDS_A_PLACE_BEFORE.get(words[at].text)
        if before is not None and found[1] == at + 1 and words[at].raw.islower():
            follows = at + 1 < len(words) and words[at + 1].text in {"only", "region", "regions", "based"}
            if not (follows or (at > 0 and words[at - 1].text in before)):
                return None
        text = spelled(words, at, found[1])
        same = tuple(name for name in found[0] if exact and name.lower() == text.lower())
        return Named(same or found[0], text), found[1]

    return read


def _never(_: object) -> bool:
    return False


def _listed(item: Item[T], *, counted: Callable[[T], bool]) -> Item[tuple[T, ...]]:
    """Return a reader of `A, B or C`.

    `no A100, H100 only` and `no A100, 4x H100` are two statements: what has its own `only` or count starts anew.
    """

    def read(words: Words, at: int) -> tuple[tuple[T, ...], int] | None:
        found = item(words, at)
        if found is None:
            return None
        items, end = [found[0]], found[1]
        while another := _next_item(item, words, end):
            if counted(another[0]) > counted(items[0]) or _own_only(words, another[1]):
                break
            items.append(another[0])
            end = another[1]
        return tuple(items), end

    return read


def _next_item(item: Item[T], words: Words, end: int) -> tuple[T, int] | None:
    """Return the item after `,`, `and`, `or` and articles, or None where the list ends."""
    at = end
    while at < len(words) and words[at].text in LIST_WORDS:
        at += 1
    while end < at < len(words):
        found = item(words, at)
        if found is not None or words[at].text not in LEADING_WORDS:
            return found
        at += 1
    return None


def _own_only(words: Words, end: int) -> bool:
    return end < len(words) and words[end].text == "only"
