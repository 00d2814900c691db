"""Answering: questions and requests in, plans and candidates out; every front end goes through here."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from api.account import account_assumptions, with_account_quotas
from api.measuring.own import current_catalog
from api.question import ParsedQuestion, QuestionReader
from api.question.wording import describe
from catalog import Catalog, InvalidInputError, load_catalog
from optimizer.fleet.names import check_names
from optimizer.fleet.plan import Plan
from optimizer.fleet.planning import Reading, make_plan, plan_id
from optimizer.request import PlanRequest
from pricing import Snapshot, load_snapshot
from pricing.errors import PricesMissingError, PricesStaleError

MAX_AGE_SETTING = "GPUMIX_MAX_PRICE_AGE_DAYS"
MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that is complete, how it was read, and the id that its plan will have on one set of prices."""

    plan_id: str
    request: PlanRequest
    reading: Reading


def current_prices(as_of: date | None = None) -> Snapshot:
    """Return the prices that hold now, or were stored by the end of a day; without a database the shipped ones.

    No database library is imported where there is no database.
    """
    from pricing.store.current import current_snapshot
    from pricing.store.location import database_url, may_hold_prices

    if as_of is None or not may_hold_prices(database_url()):
        return current_snapshot()
    return current_snapshot(as_of=datetime.combine(as_of, time.max, UTC))


class Answerer:
    """Answers from one catalog and one price snapshot."""

    def __init__(self, catalog: Catalog, snapshot: Snapshot) -> None:
        if not snapshot.offers:
            raise PricesMissingError("there are no prices to plan with", "run: gpumix prices status")
        self.catalog = catalog
        self.snapshot = snapshot

    @cached_property
    def version(self) -> str:
        """Return what tells these prices, account quotas and the user's own evidence from every other."""
        quotas = self.snapshot.quotas
        told = hashlib.sha256(repr(quotas).encode()).hexdigest()[:16] if quotas else ""
        return "-".join(filter(None, (self.snapshot.snapshot_id, told, self.catalog.own.own_id)))

    @classmethod
    def shipped(cls) -> "Answerer":
        """Return an answerer on the shipped catalog and prices. Raises PricesStaleError beyond the allowed age."""
        answerer = cls(load_catalog(), load_snapshot())
        check_age(answerer.snapshot, datetime.now(UTC).date())
        return answerer

    @classmethod
    def current(cls, as_of: date | None = None, own: bool = True) -> "Answerer":
        """Return an answerer on the prices that hold now, or held on a day: stored ones where there are any.

        It knows the user's own measurements, unless told otherwise. Raises PricesStaleError beyond the allowed age.
        """
        answerer = cls(current_catalog(own), current_prices(as_of))
        check_age(answerer.snapshot, datetime.now(UTC).date())
        return answerer

    def parse(self, question: str) -> ParsedQuestion:
        """Return how a question is read. Raises InvalidInputError."""
        return self._reader.read(_written(question))

    def ask(self, question: str) -> Plan:
        """Return the plan that answers a question. Raises InvalidInputError, TimeLimitError."""
        return self.make(self.read(question))

    def plan(self, request: PlanRequest) -> Plan:
        """Return the plan of a request. Raises InvalidInputError, TimeLimitError."""
        return self.make(self.wanted(request))

    def read(self, question: str) -> Wanted:
        """Return what a question wants, in full. Raises InvalidInputError."""
        parsed = self.parse(question)
        resolved = self.resolve(parsed.request)
        assumptions = (*parsed.assumptions, *account_assumptions(parsed.request, resolved, self.snapshot))
        reading = Reading(parsed.question, parsed.interpretation, assumptions, (*parsed.ignored, *parsed.hints))
        return self._identified(resolved, reading)

    def wanted(self, request: PlanRequest) -> Wanted:
        """Return what a request wants, in full. Raises UnknownNameError on names that nothing has."""
        resolved = self.resolve(request)
        check_names(resolved, self.snapshot, self.catalog)
        assumptions = account_assumptions(request, resolved, self.snapshot)
        return self._identified(resolved, Reading("", describe(_dated(request), self.catalog), assumptions))

    def make(self, wanted: Wanted, *, seconds: float = MOST_SECONDS) -> Plan:
        """Return the plan of what is wanted. Raises InvalidInputError, TimeLimitError."""
        return make_plan(wanted.request, self.snapshot, self.catalog, wanted.reading, seconds=seconds)

    def _identified(self, request: PlanRequest, reading: Reading) -> Wanted:
        return Wanted(plan_id(request, self.snapshot, self.catalog), request, reading)

    def resolve(self, request: PlanRequest) -> PlanRequest:
        """Return a request with what it leaves to the moment: the day that ages count from, the account's quotas."""
        return with_account_quotas(_dated(request), self.snapshot, self.catalog)

    @cached_property
    def _reader(self) -> QuestionReader:
        """What reads questions: it knows the names in the catalog and the prices, so it is made once for both."""
        return QuestionReader(self.catalog, providers=self._providers(), regions=self._regions())

    def _providers(self) -> Mapping[str, frozenset[str]]:
        tiers: dict[str, set[str]] = defaultdict(set)
        for offer in self.snapshot.offers:
            tiers[offer.provider].add(offer.tier)
        return {provider: frozenset(found) for provider, found in tiers.items()}

    def _regions(self) -> frozenset[str]:
        return frozenset(offer.region for offer in self.snapshot.offers)


def _written(question: str) -> str:
    """Return a question as it can be written down: bytes of a command line that are no text become question marks."""
    return question.encode("utf-8", "replace").decode()


def _dated(request: PlanRequest) -> PlanRequest:
    """Return a request with a day from which the age of its prices counts, where it limits that age."""
    if request.max_price_age_days is not None and request.as_of is None:
        return request.model_copy(update={"as_of": datetime.now(UTC).date()})
    return request


def check_age(snapshot: Snapshot, today: date) -> None:
    """Raise PricesStaleError where the newest price is older than GPUMIX_MAX_PRICE_AGE_DAYS allows."""
    setting = os.environ.get(MAX_AGE_SETTING)
    if not setting:
        return
    if not setting.isdecimal():
        raise InvalidInputError(
            f"{MAX_AGE_SETTING}={setting!r} is no number of days", "give a whole number, or unset it"
        )
    tomorrow = today + timedelta(days=1)  # elsewhere it may be already
    days = [offer.observed_at for offer in snapshot.offers if offer.observed_at <= tomorrow]
    if not days:
        raise PricesStaleError(
            f"every price is of a day after {today}", "set the clock of this machine right, or refresh the prices"
        )
    age = (today - max(days)).days
    if age > int(setting):
        raise PricesStaleError(
            f"the newest price is {age} days old, {MAX_AGE_SETTING} allows {setting}", "raise it, or refresh the prices"
        )
