"""What the routes use, made once a process."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.http.answers import Answers
from api.http.metrics import PriceAges, metrics_text
from api.http.planner import Planner
from api.http.prices import Prices
from api.http.ready import ReadyAnswers


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one server process."""

    prices: Prices
    planner: Planner
    ages: PriceAges
    ready: ReadyAnswers
    with_keys: bool

    @property
    def answers(self) -> Answers:
        """Return the cache of answers other than plans."""
        return self.planner.answers

    def metrics(self) -> bytes:
        """Return the metrics as Prometheus reads them."""
        return metrics_text(self.ages)


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Here = Annotated[Services, Depends(_services)]
