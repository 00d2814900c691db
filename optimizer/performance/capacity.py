"""Capacity: the most that replicas serve within targets, asked again and again with other targets.

What a replica does under a load does not depend on the targets. So the least load and the load that is already enough
are timed once; a question about targets then only searches the replicas that keep them at one and not at the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.performance.loops import Prompt, closed_loop, fresh_tokens, prefill
from optimizer.performance.loops import saturated as offline
from optimizer.performance.queueing import admissible, first_token_at, open_loop
from optimizer.performance.replicas import Replicas
from optimizer.performance.tables import Bools, Floats, Ints

MOST_USERS = 8192
HALVINGS = 12
Target = Floats | float | None


@dataclass(frozen=True, slots=True)
class _Times:
    """TPOT and TTFT of every replica under some load; `steady` where random arrivals rarely overflow it."""

    tpot_s: Floats
    ttft_s: Floats
    steady: Bools | None = None

    def keep(self, tpot_s: Target, ttft_s: Target) -> Bools:
        kept = within(self.tpot_s, tpot_s) & within(self.ttft_s, ttft_s)
        return kept if self.steady is None else kept & self.steady


@dataclass(frozen=True)
class Users:
    """Replicas under a closed loop of one size; nobody asks for more than `most` users on one of them."""

    fleet: Replicas
    input_tokens: float
    output_tokens: float
    most: int = MOST_USERS

    @cached_property
    def room(self) -> Ints:
        """The sequences that fit in the KV cache, up to what the engine runs and what is asked for."""
        fits = np.floor(self.fleet.kv_tokens / (self.input_tokens + self.output_tokens) + 1e-9).astype(np.int64)
        return np.minimum(fits, np.minimum(self.fleet.rates.max_sequences, min(MOST_USERS, self.most)).astype(np.int64))

    def within(self, tpot_s: Target, ttft_s: Target, rows: Bools | None = None) -> Ints:
        """Return the largest concurrency that meets the mean targets; 0 where none does, and outside `rows`."""
        some = self.room > 0
        wanted = some if rows is None else some & rows
        full = wanted & self._full.keep(tpot_s, ttft_s)
        users = np.where(full, self.room, 0)
        open_rows = np.flatnonzero(wanted & ~full & self._alone.keep(tpot_s, ttft_s))
        if open_rows.size:
            fleet, prompt = self.fleet.take(open_rows), tuple(part[open_rows] for part in self._prompt)
            targets = (_of_rows(tpot_s, open_rows), _of_rows(ttft_s, open_rows))
            users[open_rows] = largest(
                lambda count: self._times(fleet, prompt, count).keep(*targets), self.room[open_rows]
            )
        return users

    @cached_property
    def _prompt(self) -> Prompt:
        return prefill(self.fleet, fresh_tokens(self.fleet, self.input_tokens))

    @cached_property
    def _alone(self) -> _Times:
        return self._times(self.fleet, self._prompt, np.ones(len(self.room)))

    @cached_property
    def _full(self) -> _Times:
        return self._alone if (self.room <= 1).all() else self._times(self.fleet, self._prompt, self.room)

    def _times(self, fleet: Replicas, prompt: tuple[Floats, ...], users: Ints | Floats) -> _Times:
        latency_s, busy_s = prompt
        counts = np.maximum(users, 1).astype(float)
        timing = closed_loop(fleet, self.input_tokens, self.output_tokens, counts, (latency_s, busy_s))
        return _Times(timing.tpot_s, timing.ttft_s)


@dataclass(frozen=True)
class Rates:
    """Replicas under a Poisson stream of one size, first tokens at a percentile; `most` is all that is asked of one."""

    fleet: Replicas
    input_tokens: float
    output_tokens: float
    percentile: float
    most: Floats | float = np.inf

    def within(self, tpot_s: Target, ttft_s: Target, rows: Bools | None = None) -> Floats:
        """Return the requests per second sustained with the targets met; 0 where none are, and outside `rows`.

        Halves the offline rate, HALVINGS times. From `most` on, the answer may be any number that is not below it.
        """
        some = self.fleet.kv_tokens >= self.input_tokens + self.output_tokens
        wanted = some if rows is None else some & rows
        full = wanted & (self._enough <= self._offline)
        if full.any():
            full &= self._full.keep(tpot_s, ttft_s)
        rates = np.where(full, self._enough, 0.0)
        open_rows = np.flatnonzero(wanted & ~full & self._least.keep(tpot_s, ttft_s))
        if open_rows.size:
            targets = (_of_rows(tpot_s, open_rows), _of_rows(ttft_s, open_rows))
            rates[open_rows] = self._halved(open_rows, *targets)
        return rates

    def _halved(self, rows: Ints, tpot_s: Target, ttft_s: Target) -> Floats:
        fleet, (latency_s, busy_s) = self.fleet.take(rows), self._prompt
        low, high = np.zeros(len(rows)), self._offline[rows]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            good = self._times(fleet, (latency_s[rows], busy_s[rows]), middle).keep(tpot_s, ttft_s)
            low, high = np.where(good, middle, low), np.where(good, high, middle)
        return low

    @cached_property
    def _offline(self) -> Floats:
        """Requests per second of the offline steady state: no open stream can carry more."""
        return most_requests(self.fleet, self.input_tokens, self.output_tokens)

    @cached_property
    def _enough(self) -> Floats:
        """The first rate of the halvings from `most` on."""
        step = self._offline / 2**HALVINGS
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(step > 0, np.ceil(self.most / step) * step, np.inf)

    @cached_property
    def _prompt(self) -> Prompt:
        return prefill(self.fleet, fresh_tokens(self.fleet, self.input_tokens))

    @cached_property
    def _least(self) -> _Times:
        return self._times(self.fleet, self._prompt, self._offline / 2**HALVINGS)

    @cached_property
    def _full(self) -> _Times:
        return self._times(self.fleet, self._prompt, np.minimum(self._enough, self._offline))

    def _times(self, fleet: Replicas, prompt: Prompt, rate: Floats) -> _Times:
        loop = open_loop(fleet, self.input_tokens, self.output_tokens, rate, prompt)
        return _Times(loop.tpot_s, first_token_at(fleet, loop, self.input_tokens, self.percentile), admissible(loop))


def within(value: Floats, limit: Target) -> Bools:
    """Return where a value keeps a limit; no limit is always kept."""
    return np.ones(len(value), dtype=bool) if limit is None else np.asarray(value <= limit * (1 + 1e-9))


def largest(meets: Callable[[Ints], Bools], top: Ints) -> Ints:
    """Return the largest integer from 0 to `top` that meets a condition which fails from some point on."""
    low, high = np.zeros_like(top), top + 1
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, 1)
        good = meets(middle)
        low, high = np.where(good, np.maximum(low, middle), low), np.where(good, high, np.minimum(high, middle))
    return low


def most_requests(fleet: Replicas, input_tokens: Floats | float, output_tokens: Floats | float) -> Floats:
    """Return the requests per second of the offline steady state: no open stream can carry more."""
    return offline(fleet, input_tokens, output_tokens).output_tok_per_s / np.maximum(output_tokens, 1.0)


def _of_rows(target: Target, rows: Ints) -> Target:
    return target[rows] if isinstance(target, np.ndarray) else target
