"""Turn the names that a phrase caught into what is allowed, added or denied."""

from collections.abc import Callable

from api.question.draft import Choice, Draft
from api.question.lexicon import Named
from api.question.reader import Found, Reader, reads
from api.question.readers.phrases import ALSO, INCLUDING, indifferent, refused, wanted

Pick = Callable[[Draft], Choice]


def choice_readers(kind: str, pick: Pick, known: str, examples: str) -> tuple[Reader, ...]:
    """Return the readers that allow, deny or merely mention names of a kind; `known` names them in an error."""

    def allow(found: Found, draft: Draft) -> None:
        for named in found.get(kind, tuple):
            pick(draft).allow(_known_ids(named, known, draft), found.text)

    def deny(found: Found, draft: Draft) -> None:
        for named in found.get(kind, tuple):
            pick(draft).deny(named.ids, found.text)

    def mention(found: Found, draft: Draft) -> None:
        draft.assume(f"“{found.text}” restricts nothing.")

    allow.__doc__ = f"Allow only these: {examples}."
    deny.__doc__ = f"Leave these out, given as for allowing: {known}."
    mention.__doc__ = f"Name one and restrict nothing: {known}."
    return tuple(
        reads(*templates(kind), wants=act is allow)(act)
        for templates, act in ((wanted, allow), (refused, deny), (indifferent, mention))
    )


def adding_reader(kind: str, pick: Pick, examples: str) -> Reader:
    """Return the reader of names that widen the default: `spot ok`, `including marketplaces`."""

    def add(found: Found, draft: Draft) -> None:
        for named in found.get(kind, tuple):
            pick(draft).add(named.ids, found.text)

    add.__doc__ = f"Allow these besides the default: {examples}."
    return reads(
        f"[{INCLUDING}] [on|in|the] <{kind}> [hosts|instances|prices|pricing|vms|rows] [is|are|would be] {ALSO} "
        f"[{ALSO}]",
        f"{INCLUDING} [on|in|the] <{kind}> [hosts|instances|prices|pricing|vms|rows]",
        wants=True,
    )(add)


def _known_ids(named: Named, known: str, draft: Draft) -> tuple[str, ...]:
    if not named.ids:
        draft.unknown.append((known, named.text))
    return named.ids
