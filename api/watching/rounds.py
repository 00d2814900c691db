"""Rounds: refresh, check, tell, wait. Everything from outside is an argument."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.answering import Answerer
from api.documents import to_plain
from api.render.watch import check_text
from api.watching.alerts import judged, last_alert
from api.watching.checking import Check, check
from api.watching.memory import Memory
from api.watching.webhook import Webhook
from catalog import GpumixError, InvalidInputError
from optimizer.fleet.plan import Plan


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched, and when it is worth a word. `refresh` fetches prices and returns what went wrong with it."""

    plan: Plan
    threshold_fraction: float
    cooldown: timedelta
    memory: Memory
    webhook: Webhook | None
    refresh: Callable[[], tuple[str, ...]]
    answerer: Callable[[], Answerer]
    clock: Callable[[], datetime]
    show: Callable[[Check], None]

    def once(self) -> Check:
        """Check once and tell. Raises GpumixError where it cannot be checked, or the webhook does not take it."""
        for problem in self.refresh():
            sys.stderr.write(f"gpumix: {problem}\n")
        last = self.memory.last(self.plan.plan_id)
        found = judged(
            check(self.plan, self.answerer(), self.clock(), self.threshold_fraction),
            last,
            self.cooldown,
            self.threshold_fraction,
        )
        self.show(found)
        if found.alert and self.webhook is not None:
            self.webhook.send({"text": check_text(found), "check": to_plain(found)})
        self.memory.keep(self.plan.plan_id, last_alert(found, last))
        return found

    def forever(self, every: timedelta, sleep: Callable[[float], None]) -> None:
        """Check again and again; what fails is said, and tried again at the next round."""
        while True:
            try:
                self.once()
            except InvalidInputError:
                raise
            except GpumixError as error:
                sys.stderr.write(f"gpumix: {error.message}\n")
            sleep(every.total_seconds())
