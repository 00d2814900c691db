"""Fetch with a provider's real client from a replay server, and judge what it fetched with the shipped tables."""

from datetime import UTC, datetime
from typing import Any

from catalog import load_catalog
from pricing.normalize import Normalized, normalize
from pricing.offers import Offer
from pricing.providers import Fetched, ProviderSettings, find_providers
from pricing.providers.settings import Limits
from pricing.rates import with_rates
from pricing.references import load_references
from tests.pricing.providers.replay import Answering, Replay

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
KEY = "k3y-that-must-never-be-seen"
QUICK = Limits(attempts=2, first_wait_s=0, longest_wait_s=0.01)  # retried at once; patient on a busy machine
HURRIED = QUICK.model_copy(update={"read_timeout_s": 0.5})  # for what hangs: nothing that answers may need longer
KEY_NAMES = (
    "cudo_api_key",
    "gcp_api_key",
    "lambda_api_key",
    "runpod_api_key",
    "vast_api_key",
    "verda_client_id",
    "verda_client_secret",
)


def settings(address: str, provider: str, **changes: Any) -> ProviderSettings:
    """Return settings that reach a provider at a loopback address, with a key of every name."""
    given = {"now": NOW, "hosts": {provider: address}, "keys": dict.fromkeys(KEY_NAMES, KEY), "limits": QUICK}
    return ProviderSettings(**{**given, **changes})


def fetch(provider: str, answering: Answering, **changes: Any) -> Fetched:
    """Return what a provider fetches from a server that answers so."""
    with Replay(answering) as server:
        return fetch_from(server, provider, **changes)


def fetch_from(server: Replay, provider: str, **changes: Any) -> Fetched:
    """Return what a provider fetches from a server."""
    return find_providers()[provider].fetch(settings(server.address, provider, **changes), lambda items: None)


def judged(fetched: Fetched, rates: str = "") -> Normalized:
    """Return what the shipped tables and catalog make of fetched quotes."""
    return normalize(fetched.quotes, with_rates(load_references(), rates), load_catalog())


def prices(offers: tuple[Offer, ...]) -> dict[str, str]:
    """Return {place and shape and term: USD per hour}."""
    return {offer.offer_id.partition("/")[2]: f"{offer.usd_per_hour.normalize():f}" for offer in offers}


def reasons(normalized: Normalized) -> dict[str, str]:
    """Return {instance type and term: reason} of what was left out."""
    return {f"{row.instance_type}/{row.term}": row.reason.value for row in normalized.rejections}
