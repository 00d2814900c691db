"""Answering: questions and requests in, plans and candidates out; every front end goes through here."""

import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime

from api.question import ParsedQuestion, parse_question
from api.question.wording import describe
from catalog import Catalog, InvalidInputError, load_catalog
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan
from optimizer.request import PlanRequest
from pricing import Snapshot, load_snapshot
from pricing.errors import PricesMissingError, PricesStaleError

MAX_AGE_SETTING = "GPUMIX_MAX_PRICE_AGE_DAYS"


class Answerer:
    """Answers from one catalog and one price snapshot."""

    def __init__(self, catalog: Catalog, snapshot: Snapshot) -> None:
        if not snapshot.offers:
            raise PricesMissingError("there are no prices to plan with", "run: gpumix prices status")
        self.catalog = catalog
        self.snapshot = snapshot

    @classmethod
    def shipped(cls) -> "Answerer":
        """Return an answerer on the shipped catalog and prices. Raises PricesStaleError beyond the allowed age."""
        answerer = cls(load_catalog(), load_snapshot())
        _check_age(answerer.snapshot, datetime.now(UTC).date())
        return answerer

    def parse(self, question: str) -> ParsedQuestion:
        """Return how a question is read. Raises InvalidInputError."""
        return parse_question(question, self.catalog, providers=self._providers(), regions=self._regions())

    def ask(self, question: str) -> Plan:
        """Return the plan that answers a question. Raises InvalidInputError, TimeLimitError."""
        parsed = self.parse(question)
        ignored = (*parsed.ignored, *parsed.hints)
        reading = Reading(question, parsed.interpretation, parsed.assumptions, ignored)
        return make_plan(self.resolve(parsed.request), self.snapshot, self.catalog, reading)

    def plan(self, request: PlanRequest) -> Plan:
        """Return the plan of a request. Raises InvalidInputError, TimeLimitError."""
        resolved = self.resolve(request)
        return make_plan(resolved, self.snapshot, self.catalog, Reading("", describe(resolved, self.catalog)))

    def resolve(self, request: PlanRequest) -> PlanRequest:
        """Return a request with a day from which the age of its prices counts, where it limits that age."""
        if request.max_price_age_days is not None and request.as_of is None:
            return request.model_copy(update={"as_of": datetime.now(UTC).date()})
        return request

    def _providers(self) -> Mapping[str, frozenset[str]]:
        tiers: dict[str, set[str]] = defaultdict(set)
        for offer in self.snapshot.offers:
            tiers[offer.provider].add(offer.tier)
        return {provider: frozenset(found) for provider, found in tiers.items()}

    def _regions(self) -> frozenset[str]:
        return frozenset(offer.region for offer in self.snapshot.offers)


def _check_age(snapshot: Snapshot, today: date) -> None:
    """Raise PricesStaleError where the newest price is older than GPUMIX_MAX_PRICE_AGE_DAYS allows."""
    setting = os.environ.get(MAX_AGE_SETTING)
    if not setting:
        return
    if not setting.isdigit():
        raise InvalidInputError(
            f"{MAX_AGE_SETTING}={setting!r} is no number of days", "give a whole number, or unset it"
        )
    age = (today - snapshot.newest_observed_at).days
    if age > int(setting):
        raise PricesStaleError(
            f"the newest price is {age} days old, {MAX_AGE_SETTING} allows {setting}", "raise it, or refresh the prices"
        )
