"""Nebius, from its calculator, over gRPC: what an instance of each preset costs by the hour, in a region's project.

https://github.com/nebius/api and https://github.com/nebius/pysdk; needs the optional package `nebius`.
"""

import importlib.util
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from catalog import InvalidInputError
from pricing.errors import NotConfiguredError, ProviderError
from pricing.offers import Term
from pricing.providers.base import Basket, Fetched, Progress, in_parallel
from pricing.providers.paging import pages
from pricing.providers.settings import ProviderSettings
from pricing.quotes import Quote

if TYPE_CHECKING:
    from nebius.sdk import SDK

SOURCE = "Nebius calculator API"
PROJECTS = "nebius_projects"
CREDENTIALS = "nebius_credentials_file"
_PROJECT = re.compile(r"^\s*([a-z0-9-]+)\s*=\s*([A-Za-z0-9_-]+)\s*$")
_REFUSALS = frozenset({"INVALID_ARGUMENT", "NOT_FOUND"})
_MARKETS: tuple[Term, ...] = ("on_demand", "spot")


@dataclass(frozen=True, slots=True)
class Preset:
    """A size that a platform can be rented in."""

    platform: str
    name: str
    gpus: int
    vcpus: int
    ram_gib: int
    gpu_memory_gb: int
    spot: bool


class Nebius:
    """Nebius's on-demand and preemptible prices, which may be a tenant's own. Needs a project in each region."""

    name = "nebius"

    def fetch(self, settings: ProviderSettings, progress: Progress) -> Fetched:
        """Return the price of each preset with GPUs in each region with a project. Raises ProviderError."""
        settings.check_online(self.name)
        projects = _projects(settings)
        basket = Basket(self.name, progress)
        sdk = _connect(settings)
        try:
            api = NebiusApi(sdk, settings)
            found = in_parallel(list(projects), lambda region: _read(api, region, projects[region], settings), basket)
        finally:
            sdk.sync_close(timeout=settings.limits.connect_timeout_s)
        for _, part in found:
            basket.add(part)
        return basket.fetched()


PROVIDER = Nebius()


class _NoSuchPriceError(ProviderError):
    """The calculator refuses what it was asked for: a preset that is listed and has no SKU."""


class NebiusApi:
    """The two calls that prices are read with. Errors name the call and its status, never a token or a message."""

    def __init__(self, sdk: "SDK", settings: ProviderSettings) -> None:
        self._sdk = sdk
        limits = settings.limits
        self._given: dict[str, Any] = {
            "timeout": limits.read_timeout_s * limits.attempts,
            "per_retry_timeout": limits.read_timeout_s,
            "retries": limits.attempts,
        }

    def platforms(self, project: str, token: str | None) -> Any:
        """Return a page of platforms. Raises ProviderError."""
        from nebius.api.nebius.compute.v1 import ListPlatformsRequest, PlatformServiceClient

        request = ListPlatformsRequest(parent_id=project, page_token=token or "")
        return self._call("Platform.List", lambda: PlatformServiceClient(self._sdk).list(request, **self._given))

    def estimate(self, project: str, preset: Preset, term: Term) -> str:
        """Return what one instance costs by the hour, USD as text. Raises ProviderError."""
        from nebius.api.nebius.billing.v1alpha1 import CalculatorServiceClient, EstimateRequest, ResourceSpec
        from nebius.api.nebius.common.v1 import ResourceMetadata
        from nebius.api.nebius.compute.v1 import CreateInstanceRequest, InstanceSpec, PreemptibleSpec, ResourcesSpec

        spec = InstanceSpec(resources=ResourcesSpec(platform=preset.platform, preset=preset.name))
        if term == "spot":
            spec.preemptible = PreemptibleSpec()
        wanted = CreateInstanceRequest(metadata=ResourceMetadata(parent_id=project), spec=spec)
        request = EstimateRequest(resource_spec=ResourceSpec(compute_instance_spec=wanted))
        call = "Calculator.Estimate"
        answer = self._call(call, lambda: CalculatorServiceClient(self._sdk).estimate(request, **self._given))
        general = answer.hourly_cost.general
        if general is None:
            raise ProviderError(f"nebius: {call} answered without a price by the hour")
        return str(general.total.cost)

    def _call(self, name: str, ask: Any) -> Any:
        from nebius.aio.service_error import RequestError
        from nebius.base.error import SDKError

        try:
            return ask().wait()
        except RequestError as error:
            code = error.status.code.name
            kind = _NoSuchPriceError if code in _REFUSALS else ProviderError
            raise kind(f"nebius: {name} answered {code}") from None
        except (SDKError, TimeoutError) as error:
            raise ProviderError(f"nebius: {name} failed ({type(error).__name__})") from None


def _projects(settings: ProviderSettings) -> Mapping[str, str]:
    """Return the project of each region that is asked for. Raises NotConfiguredError, InvalidInputError."""
    given = settings.options.get(PROJECTS, "")
    if not given.strip():
        hint = "set GPUMIX_NEBIUS_PROJECTS to eu-north1=project-..., or leave nebius out"
        raise NotConfiguredError("nebius: no project", hint)
    projects: dict[str, str] = {}
    for part in given.split(","):
        match = _PROJECT.match(part)
        if match is None:
            hint = "write region=project, separated by commas"
            raise InvalidInputError(f"GPUMIX_NEBIUS_PROJECTS: {part.strip()!r} is no project of a region", hint)
        projects[match.group(1)] = match.group(2)
    return {region: project for region, project in projects.items() if region in (settings.regions or projects)}


def _connect(settings: ProviderSettings) -> "SDK":
    """Return a connection, not yet opened. Raises NotConfiguredError."""
    if importlib.util.find_spec("nebius") is None:
        hint = "install it: pip install nebius, or leave nebius out"
        raise NotConfiguredError("nebius: the Python package nebius is not installed", hint)
    from nebius.base.options import INSECURE
    from nebius.base.resolver import Constant
    from nebius.sdk import SDK

    logging.getLogger("nebius").setLevel(logging.WARNING)  # below that it logs what a server says, which may be a token
    given: dict[str, Any] = {"user_agent_prefix": "gpumix"}
    file = settings.options.get(CREDENTIALS)
    if file:
        given["credentials_file_name"] = file
    else:
        given["credentials"] = settings.key("nebius_api_key").get_secret_value()
    host = settings.hosts.get("nebius")
    if host:
        url = urlsplit(host)
        given |= {"resolver": Constant(url.netloc), "options": [(INSECURE, url.scheme == "http")]}
    try:
        return SDK(**given)
    except Exception as error:  # whatever reading a file of credentials may raise; its text may show a key
        hint = "check GPUMIX_NEBIUS_CREDENTIALS_FILE, a service account's credentials as JSON"
        raise NotConfiguredError(f"nebius: its credentials cannot be read ({type(error).__name__})", hint) from None


def _read(api: NebiusApi, region: str, project: str, settings: ProviderSettings) -> Basket:
    """Return what one region has; a preset without a price is a problem, not the end. Raises ProviderError."""
    basket = Basket("nebius")
    found = pages(lambda token: api.platforms(project, token), lambda page: page.next_page_token, basket, region)
    for page in found:
        for platform in page.items:
            for preset in _presets(platform):
                basket.quotes += _quotes(api, region, project, preset, basket, settings)
    return basket


def _presets(platform: Any) -> Sequence[Preset]:
    spec = platform.spec
    memory_gb = spec.gpu_memory_gigabytes or spec.gpu_memory_gibibytes
    return [
        Preset(
            platform=platform.metadata.name,
            name=preset.name,
            gpus=preset.resources.gpu_count,
            vcpus=preset.resources.vcpu_count,
            ram_gib=preset.resources.memory_gibibytes,
            gpu_memory_gb=memory_gb,
            spot=platform.status.allowed_for_preemptibles,
        )
        for preset in spec.presets
        if preset.resources.gpu_count
    ]


def _quotes(
    api: NebiusApi, region: str, project: str, preset: Preset, basket: Basket, settings: ProviderSettings
) -> Iterator[Quote]:
    for term in _MARKETS:
        if term == "spot" and not preset.spot:
            continue
        where = f"nebius {region} {preset.platform} {preset.name} {term}"
        basket.items += 1
        try:
            price = Decimal(api.estimate(project, preset, term))
        except (ProviderError, InvalidOperation) as error:
            basket.unread += 1
            _note(basket, where, error)
            continue
        yield Quote(
            origin=where,
            provider="nebius",
            region=region,
            instance_type=f"{preset.platform}_{preset.name}",
            gpu_label=f"nebius {preset.platform}",
            gpu_count=Decimal(preset.gpus),
            gpu_memory_gb=preset.gpu_memory_gb or None,
            vcpus=preset.vcpus,
            ram_gib=preset.ram_gib,
            term=term,
            usd_per_hour=price,
            observed_at=settings.today,
            source=SOURCE,
        )


def _note(basket: Basket, where: str, error: ProviderError | InvalidOperation) -> None:
    """Note a price that could not be had; unless the calculator has none, it may still hold: a gap."""
    if isinstance(error, InvalidOperation):
        basket.problem(where, "its price is no number")
    elif isinstance(error, _NoSuchPriceError):
        basket.problem(where, error.message)
    else:
        basket.gap(where, error)
