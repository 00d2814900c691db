"""The errors of prices, below GpumixError.

GpumixError
├── ProviderError                a provider's prices could not be fetched; never holds a key
│   └── NotConfiguredError       it needs a key, or network access, that the settings do not give
└── PricesError                  the prices needed for an answer are not there
    ├── PricesMissingError       no offer at all, or none that the request allows
    └── PricesStaleError         every offer is older than the request allows
"""

from catalog import GpumixError


class PricesError(GpumixError):
    """The prices needed for an answer are not there."""


class PricesMissingError(PricesError):
    """No offer at all, or none that the request allows."""


class PricesStaleError(PricesError):
    """Every offer is older than the request allows."""


class ProviderError(GpumixError):
    """A provider's prices could not be fetched. Its text is fit to be shown and logged: it never holds a key."""


class NotConfiguredError(ProviderError):
    """A provider needs a key, or network access, that the settings do not give."""
