"""Differing: a saved plan against another one, or against the same request on other prices, with what they stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.answering import Answerer, current_prices
from api.prices_named import NamedPrices, prices_of_id
from catalog import NO_OWN, Catalog, InvalidInputError, OwnEvidence
from catalog.loading import TABLES, read_catalog
from optimizer.fleet.attribution import Side
from optimizer.fleet.difference import SECONDS, Difference, difference
from optimizer.fleet.plan import Plan
from optimizer.performance.coefficients import calibration_id, read_coefficients
from optimizer.request import PlanRequest


@dataclass(frozen=True, slots=True)
class Facts:
    """A catalog, and the ids that plans made from it have."""

    catalog: Catalog
    catalog_id: str
    calibration_id: str

    @classmethod
    def of(cls, catalog: Catalog) -> "Facts":
        """Return the facts of a catalog as it is."""
        return cls(catalog, catalog.catalog_id, calibration_id(catalog))


@dataclass(frozen=True, slots=True)
class Against:
    """What a saved plan is held against: a plan, or a request (None: its own) on prices; `then` replaces its own.

    `facts` are catalogs that plans may have been made from, beside those of now.
    """

    prices: NamedPrices
    plan: Plan | None = None
    request: PlanRequest | None = None
    then: NamedPrices | None = None
    facts: tuple[Facts, ...] = ()


def answer_difference(saved: Plan, against: Against, catalog: Catalog, *, seconds: float = SECONDS) -> Difference:
    """Return what changed from a saved plan. Raises GpumixError."""
    facts = (Facts.of(catalog), Facts.of(catalog.with_own(NO_OWN)), *against.facts)
    known = tuple(one for one in (against.then, against.prices) if one is not None)
    then = _opened(saved, known, facts)
    if against.then is not None and against.then.snapshot.snapshot_id != saved.snapshot.id:
        then = _planned(saved.request, against.then, catalog)
    if against.plan is not None:
        now = _opened(against.plan, known, facts)
    else:
        now = _planned(against.request or saved.request, against.prices, catalog)
    return difference(then, now, seconds=seconds)


def facts_of(folder: Path) -> Facts:
    """Return the facts of the `catalog/data` of an older gpumix. Raises InvalidInputError, InvalidDataError."""
    try:
        catalog = read_catalog({name: (folder / f"{name}.csv").read_text("utf-8") for name in TABLES})
        text = (folder / "calibration.csv").read_text("utf-8")
    except OSError as error:
        raise InvalidInputError(
            f"{folder} is no folder of facts: {error.strerror} ({error.filename})",
            "give the catalog/data of the gpumix that made the plan",
        ) from error
    fitted = read_coefficients(text)
    return Facts(catalog.with_own(OwnEvidence.of((), text)), catalog.catalog_id, fitted.calibration_id)


def _planned(request: PlanRequest, prices: NamedPrices, catalog: Catalog) -> Side:
    asked = request.model_copy(update={"as_of": prices.as_of})
    return Side(Answerer(catalog, prices.snapshot).plan(asked), prices.snapshot, catalog)


def _opened(plan: Plan, known: Sequence[NamedPrices], facts: Sequence[Facts]) -> Side:
    """Return a plan with the prices and the facts of its ids, where they are here."""
    same = (one.snapshot for one in known if one.snapshot.snapshot_id == plan.snapshot.id)
    snapshot = next(same, None) or prices_of_id(plan.snapshot.id)
    if snapshot is None and plan.request.as_of is not None:
        of_day = current_prices(plan.request.as_of)
        snapshot = of_day if of_day.snapshot_id == plan.snapshot.id else None
    ids = plan.catalog_id, plan.calibration_id
    catalogs = (one.catalog for one in facts if (one.catalog_id, one.calibration_id) == ids)
    return Side(plan, snapshot, next(catalogs, None))
