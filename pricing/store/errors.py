"""The errors of the store, below PricesError.

PricesMissingError
└── StoreError                   stored prices cannot be read or written
    ├── StoreUnreadableError     the database is damaged, or written by a newer gpumix
    └── StoreBusyError           the database cannot be reached, or another program keeps it locked

OutdatedBatchError               a batch that was fetched before the one already stored
"""

from catalog import GpumixError
from pricing.errors import PricesMissingError


class StoreError(PricesMissingError):
    """Stored prices cannot be read or written."""


class StoreUnreadableError(StoreError):
    """The database is damaged, or written by a newer gpumix."""


class StoreBusyError(StoreError):
    """The database cannot be reached, or another program keeps it locked."""


class OutdatedBatchError(GpumixError):
    """A batch that was fetched before the one already stored; it changes nothing."""
