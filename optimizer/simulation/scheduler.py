"""Continuous batching: admit by KV room, prefill in chunks beside the decodes, one token per running request a step."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from optimizer.simulation.arrivals import Request
from optimizer.simulation.costs import StepCosts
from optimizer.simulation.outcome import Served

Progress = Callable[[int], None]


def serve(
    costs: StepCosts, requests: Iterable[Request], progress: Progress | None = None
) -> tuple[tuple[Served, ...], int]:
    """Serve requests that arrive at their own times; return (finished ones, how many can never fit).

    `progress` is called with the number of finished requests, now and then.
    """
    engine = _Engine(costs)
    coming = deque(sorted(requests, key=lambda request: request.time_s))
    while coming or engine.busy:
        if not engine.busy:
            engine.now_s = max(engine.now_s, coming[0].time_s)
        while coming and coming[0].time_s <= engine.now_s:
            engine.receive(coming.popleft())
        engine.step()
        if progress is not None and engine.steps % 256 == 0:
            progress(len(engine.served))
    return tuple(engine.served), engine.rejected


def serve_users(costs: StepCosts, users: int, input_tokens: int, output_tokens: int, rounds: int) -> tuple[Served, ...]:
    """Serve `users` who each send `rounds` requests, the next when the last one ends, starting evenly spread."""
    engine = _Engine(costs)
    spacing_s = costs.decode_s(users, users * (input_tokens + output_tokens / 2)) * output_tokens / users
    waiting = [(index * spacing_s, index) for index in range(users)]
    heapq.heapify(waiting)
    left = [rounds] * users
    seen = 0
    while waiting or engine.busy:
        if not engine.busy and waiting:
            engine.now_s = max(engine.now_s, waiting[0][0])
        while waiting and waiting[0][0] <= engine.now_s:
            time_s, user = heapq.heappop(waiting)
            left[user] -= 1
            engine.receive(Request(time_s, input_tokens, output_tokens), user)
        engine.step()
        for user in engine.leavers[seen:]:
            if left[user] > 0:
                heapq.heappush(waiting, (engine.now_s, user))
        seen = len(engine.leavers)
    return tuple(engine.served)


@dataclass(slots=True)
class _Flight:
    """A request under way: prompt tokens done, seconds through the later stages, when its first token came."""

    request: Request
    user: int
    prefilled: int = 0
    behind_s: float = 0.0
    first_s: float = 0.0


@dataclass(slots=True)
class _Engine:
    """One replica. A running request gets a token a step, so it ends at a step known when it starts to decode."""

    costs: StepCosts
    now_s: float = 0.0
    steps: int = 0
    rejected: int = 0
    queue: deque[_Flight] = field(default_factory=deque)
    prompts: deque[_Flight] = field(default_factory=deque)
    endings: list[tuple[int, int, _Flight]] = field(default_factory=list)
    reserved: float = 0.0
    context: float = 0.0
    served: list[Served] = field(default_factory=list)
    leavers: list[int] = field(default_factory=list)
    order: int = 0

    @property
    def busy(self) -> bool:
        """Whether any request is waiting or under way."""
        return bool(self.queue or self.prompts or self.endings)

    def receive(self, request: Request, user: int = 0) -> None:
        """Queue a request; one that is larger than the whole cache is turned away."""
        if request.input_tokens + request.output_tokens > self.costs.kv_tokens:
            self.rejected += 1
            self.leavers.append(user)
            return
        self.queue.append(_Flight(request, user))

    def step(self) -> None:
        """Admit what fits, run one step, hand out its tokens."""
        self._admit()
        running = len(self.endings)
        follows = bool(self.prompts) and self.prompts[0].prefilled > 0
        tokens, pairs, done = self._chunk(int(self.costs.step_tokens) - running)
        seconds = self.costs.decode_s(running, self.context) if running else 0.0
        if tokens:
            seconds += self.costs.prefill_s(tokens, pairs, follows) * (self.costs.interference if running else 1.0)
        self.now_s += seconds
        self.steps += 1
        self.context += running
        self._finish()
        for flight in done:
            self._start(flight)

    def _reservation(self, request: Request) -> float:
        return request.input_tokens + self.costs.reserve * request.output_tokens

    def _admit(self) -> None:
        costs = self.costs
        while self.queue and len(self.endings) + len(self.prompts) < costs.max_sequences:
            needed = self._reservation(self.queue[0].request)
            if self.reserved + needed > costs.kv_tokens and self.reserved > 0:
                return
            self.reserved += needed
            self.prompts.append(self.queue.popleft())

    def _chunk(self, budget: int) -> tuple[int, float, list[_Flight]]:
        """Take prompt tokens up to the budget, first come first served; (tokens, attended pairs, completed)."""
        tokens, pairs = 0, 0.0
        done: list[_Flight] = []
        while self.prompts and budget > 0:
            flight = self.prompts[0]
            part = min(budget, flight.request.input_tokens - flight.prefilled)
            seen = part * (flight.prefilled + part / 2)
            pairs += seen
            if self.costs.stages > 1:
                flight.behind_s = max(flight.behind_s, (self.costs.stages - 1) * self.costs.prefill_s(part, seen))
            flight.prefilled += part
            tokens, budget = tokens + part, budget - part
            if flight.prefilled < flight.request.input_tokens:
                break
            done.append(self.prompts.popleft())
        return tokens, pairs, done

    def _start(self, flight: _Flight) -> None:
        """Hand out the first token at the end of the prefill's step, and plan the last."""
        flight.first_s = self.now_s + self.costs.request_s + flight.behind_s
        if flight.request.output_tokens <= 1:
            self._leave(flight)
            return
        self.context += flight.request.input_tokens + 1
        self.order += 1
        heapq.heappush(self.endings, (self.steps + flight.request.output_tokens - 1, self.order, flight))

    def _finish(self) -> None:
        while self.endings and self.endings[0][0] <= self.steps:
            _, _, flight = heapq.heappop(self.endings)
            self.context -= flight.request.input_tokens + flight.request.output_tokens
            self._leave(flight)

    def _leave(self, flight: _Flight) -> None:
        request = flight.request
        self.reserved -= self._reservation(request)
        last_s = self.now_s + self.costs.request_s
        each_s = (last_s - flight.first_s) / max(1, request.output_tokens - 1)
        self.served.append(Served(flight.first_s - request.time_s, each_s, request.output_tokens, last_s))
        self.leavers.append(flight.user)
