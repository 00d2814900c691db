"""The application: settings in, routes and edge out."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date

from fastapi import Depends, FastAPI

from api.answering import current_prices
from api.http.edge import Edge
from api.http.handlers import add_handlers
from api.http.keys import KeyRing
from api.http.logs import LOG, log_to_stderr
from api.http.metrics import PriceAges
from api.http.openapi import describe_api
from api.http.planner import Planner
from api.http.prices import Prices, today
from api.http.ready import ReadyAnswers
from api.http.repeats import refuse_repeats
from api.http.routes import (
    cells,
    comparing,
    forecasts,
    history,
    landing,
    launches,
    lists,
    measurements,
    operations,
    plans,
    predictions,
    reference,
    standing,
    web,
)
from api.http.services import Services
from api.http.settings import Settings, settings_from
from api.http.sharing import SharedPlans
from api.http.solving import SolverPool, Solvers
from catalog import GpumixError
from pricing import Snapshot

ROUTES = (
    launches, plans, comparing, predictions, forecasts, lists, history, standing, measurements, cells, operations,
    landing, reference, web,
)  # fmt: skip
SECONDS_WITHOUT_PRICES = 2.0


def create_app(
    settings: Settings | None = None,
    prices: Callable[[], Snapshot] = current_prices,
    solvers: SolverPool | None = None,
    shared: SharedPlans | None = None,
    past: Callable[[date], Snapshot] | None = None,
) -> FastAPI:
    """Return the application of one process. `prices` and `past` give the snapshots of the moment and of a day."""
    settings = settings or settings_from()
    prices_now = Prices(prices, past=past)
    planner = Planner(settings, prices_now, solvers or Solvers(settings.solvers), shared)
    ages = PriceAges(prices_now.latest, today)
    ready = ReadyAnswers(prices_now.now, today)
    services = Services(prices_now, planner, ages, ready, with_keys=settings.keys_file is not None)
    app = FastAPI(
        lifespan=_lifespan(settings, services), openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.services = services
    for module in ROUTES:
        app.include_router(module.router, dependencies=[Depends(refuse_repeats)])
    add_handlers(app)
    app.openapi = lambda: describe_api(app)  # type: ignore[method-assign]  # as the framework's documentation does
    ring = KeyRing(settings.keys_file) if settings.keys_file is not None else None
    app.add_middleware(Edge, settings=settings, ring=ring, ready=ready)
    return app


def worker_app() -> FastAPI:
    """Return the application of a process that uvicorn started."""
    log_to_stderr()
    settings = settings_from()
    return create_app(settings, shared=SharedPlans.of_settings(settings.plans_kept))


def _lifespan(
    settings: Settings, services: Services
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _read_prices(services.prices)
        gc.freeze()  # the catalog and the prices stay: walking them again and again would hold up answers
        beside = [
            asyncio.create_task(asyncio.to_thread(services.planner.rehearse)),  # ready before they are
            asyncio.create_task(_watch_prices(services, settings.refresh_prices_seconds)),
        ]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            services.planner.solvers.close()
            if services.planner.shared is not None:
                services.planner.shared.close()

    return lifespan


async def _watch_prices(services: Services, seconds: float) -> None:
    """Read the prices again and again; where they cannot be read, the last good ones stay and the log says so."""
    prices = services.prices
    while True:
        await asyncio.sleep(seconds if prices.loaded else min(seconds, SECONDS_WITHOUT_PRICES))
        before = prices.latest()
        await asyncio.to_thread(_read_prices, prices)
        if prices.latest() is not before:
            services.planner.rehearse()


def _read_prices(prices: Prices) -> None:
    try:
        prices.refresh()
    except GpumixError as error:
        LOG.warning("prices not read", cause=error.message)
    except Exception:
        LOG.exception("prices not read")
