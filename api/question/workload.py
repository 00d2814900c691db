"""Make one load of what a question said, and say what was assumed where it said nothing."""

import math
from dataclasses import dataclass

from pydantic import ValidationError

from api.question.draft import Draft
from api.question.sizes import Size, compose_size
from catalog import InvalidInputError, Model
from optimizer.request import Workload

READING_SPEED_TOK_PER_S = 10.0
TOTAL_FROM_TOK_PER_S = 500


@dataclass(frozen=True, slots=True)
class Load:
    """One form of load; `tok_per_s_per_user` is a target beside it where the load is a rate or a total."""

    users: int | None = None
    tok_per_s_per_user: float | None = None
    request_rate_per_s: float | None = None
    output_tok_per_s: float | None = None


def compose_workload(draft: Draft, model: Model) -> tuple[Workload, float | None]:
    """Return (workload, speed target of each user where the load is a rate or a total). Raises InvalidInputError."""
    load = _load(draft)
    size = compose_size(draft, model, by_request=load.request_rate_per_s is not None)
    try:
        workload = _workload(load, size, draft.prefix_cache_hit_fraction.value or 0.0)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise InvalidInputError(reason, "correct the load or the sizes of the question") from error
    return workload, load.tok_per_s_per_user if load.users is None else None


def _workload(load: Load, size: Size, hit: float) -> Workload:
    return Workload(
        users=load.users,
        tok_per_s_per_user=load.tok_per_s_per_user if load.users is not None else None,
        request_rate_per_s=load.request_rate_per_s,
        output_tok_per_s=load.output_tok_per_s,
        context_tokens=size.context_tokens,
        input_tokens=size.input_tokens,
        output_tokens=size.output_tokens,
        buckets=size.buckets,
        prefix_cache_hit_fraction=hit,
    )


def _load(draft: Draft) -> Load:
    """Choose the form: a request rate, a volume or total of tokens, or users."""
    if draft.offline.value and (offline := _offline_total(draft)) is not None:
        return offline
    users = _users(draft)
    rate, volume = _request_rate(draft, users), _volume(draft, users)
    each, total = _speeds(draft, users, alone=rate is None and volume is None)
    _refuse_two_loads(draft, rate, volume, total)
    if rate is not None or volume is not None:
        if draft.users.value is not None and draft.request_rate_per_user.value is None:
            draft.assume(f"“{draft.users.words}” adds no load: the rate says how much is asked.")
        return Load(request_rate_per_s=rate, output_tok_per_s=volume, tok_per_s_per_user=each)
    if total is not None:
        return _of_total(draft, users, each, total)
    if users is None:
        draft.assume("One user: no number of users and no request rate was given.")
    return Load(users=users or 1, tok_per_s_per_user=each or _default_speed(draft))


def _offline_total(draft: Draft) -> Load | None:
    """Return the total tok/s of work that nobody waits for, which users or a batch do not share; None without one."""
    plain, total = draft.tok_per_s, draft.tok_per_s_in_total
    others = (
        draft.request_rate_per_s,
        draft.request_rate_per_user,
        draft.tok_per_s_by_volume,
        draft.tok_per_s_per_head,
    )
    said = total if total.value is not None else plain
    if said.value is None or any(other.value is not None for other in others):
        return None
    draft.assume(f"“{draft.offline.words}”: nobody waits, so “{said.words}” is the total, however it is batched.")
    for unused in (draft.users, draft.concurrency):
        if unused.value is not None:
            draft.assume(f"“{unused.words}” adds no load: the total says how much is generated.")
    return Load(output_tok_per_s=said.value, tok_per_s_per_user=draft.tok_per_s_per_user.value)


def _users(draft: Draft) -> int | None:
    """Return the number of streams at once: the concurrency where users are given too."""
    users, concurrent, share = draft.users.value, draft.concurrency.value, draft.active_share
    if share.value is not None and concurrent is None:
        if users is None:
            raise InvalidInputError(f"{share.words!r}: of how many users?", "add “50 users”")
        active = max(1, math.ceil(users * share.value - 1e-9))
        draft.assume(f"“{share.words}” of {users:,} users are {active:,} at a time; those are planned for.")
        return active
    if users is not None and concurrent is not None and users != concurrent:
        draft.assume(f"Of {users:,} users {concurrent:,} are active at a time; those are planned for.")
    return concurrent if concurrent is not None else users


def _request_rate(draft: Draft, users: int | None) -> float | None:
    """Return the request rate; one that is given per user, times the users."""
    each = draft.request_rate_per_user
    if each.value is None:
        return draft.request_rate_per_s.value
    if users is None:
        raise InvalidInputError(f"{each.words!r}: of how many users?", "add “50 users”")
    draft.assume(f"{users:,} users, each with “{each.words}”, are {each.value * users:g} requests/s.")
    draft.request_rate_per_s.say(each.value * users, each.words)
    return each.value * users


def _volume(draft: Draft, users: int | None) -> float | None:
    """Return the tok/s of a volume such as 50M tokens a day; one that is given per user, times the users."""
    each = draft.tok_per_s_per_head
    if each.value is None:
        return draft.tok_per_s_by_volume.value
    if users is None:
        raise InvalidInputError(f"{each.words!r}: of how many users?", "add “50 users”")
    draft.tok_per_s_by_volume.say(each.value * users, each.words)
    return each.value * users


def _speeds(draft: Draft, users: int | None, *, alone: bool) -> tuple[float | None, float | None]:
    """Return (speed of each user, speed in total); a speed of neither kind is each user's, unless it is too high.

    `alone` says that no request rate and no volume of tokens was given.
    """
    plain, each, total = draft.tok_per_s.value, draft.tok_per_s_per_user.value, draft.tok_per_s_in_total.value
    if plain is None or plain in (each, total):
        return each, total
    if each is not None and total is not None:
        raise InvalidInputError("the question gives the speed three times", "keep a speed for each and a total")
    if each is not None:
        draft.assume(f"“{draft.tok_per_s.words}” is the total: the speed of each user is given apart.")
        return each, plain
    if alone and users is None and total is None and plain >= TOTAL_FROM_TOK_PER_S:
        draft.assume(
            f"“{draft.tok_per_s.words}” is the total of all users: no single stream is that fast; or say “each”."
        )
        return None, plain
    draft.assume(f"{plain:g} tok/s is the decode speed that each user sees, not the total.")
    return plain, total


def _refuse_two_loads(draft: Draft, rate: float | None, volume: float | None, total: float | None) -> None:
    loads = [
        said.words
        for said, value in (
            (draft.request_rate_per_s, rate),
            (draft.tok_per_s_by_volume, volume),
            (draft.tok_per_s_in_total, total),
        )
        if value is not None
    ]
    if (rate is not None or volume is not None) and draft.concurrency.value is not None:
        loads.append(draft.concurrency.words)
    if len(loads) > 1:
        raise InvalidInputError(f"the question gives two loads: {loads[0]!r} and {loads[1]!r}", "keep one of the two")


def _of_total(draft: Draft, users: int | None, each: float | None, total: float) -> Load:
    """Return the load of a total speed: shared by the users where they are given, or by itself."""
    if users is None:
        return Load(output_tok_per_s=total, tok_per_s_per_user=each)
    share = total / users
    if each is not None and each != share:
        raise InvalidInputError(
            f"{users:,} users at {each:g} tok/s each are {users * each:g} tok/s, not {total:g}",
            "give the speed of each user, or the total",
        )
    draft.assume(f"{total:g} tok/s in total for {users:,} users is {share:g} tok/s for each.")
    return Load(users=users, tok_per_s_per_user=share)


def _default_speed(draft: Draft) -> float:
    tpot_ms = draft.tpot_ms.value
    if tpot_ms is not None:
        return round(1000 / tpot_ms, 9)
    draft.assume("10 tok/s for each user: no speed was given, and that is somewhat faster than people read.")
    return READING_SPEED_TOK_PER_S
