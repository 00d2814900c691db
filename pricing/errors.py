"""The errors of prices, below GpumixError.

GpumixError
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
