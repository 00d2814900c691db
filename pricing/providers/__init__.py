"""The clouds themselves: each file that holds a `PROVIDER` fetches the prices of one, and is found by being here.

    provider = find_providers()["azure"]
    fetched = provider.fetch(ProviderSettings.from_environment(os.environ, now), progress=print)

What is fetched are quotes, in the source's own words. `pricing.normalize` judges them, as it does every listed price.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from pricing.providers.base import Fetched, ItemProblem, Provider
from pricing.providers.settings import ProviderSettings

__all__ = ["Fetched", "ItemProblem", "Provider", "ProviderSettings", "find_providers"]


def find_providers() -> Mapping[str, Provider]:
    """Return every provider of this package, by name, in order of name."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    providers: list[Provider] = [module.PROVIDER for module in modules if hasattr(module, "PROVIDER")]
    return MappingProxyType({provider.name: provider for provider in sorted(providers, key=lambda each: each.name)})
