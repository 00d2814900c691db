"""Price files of others: a SkyPilot catalog, a gpuhunt catalog, and the user's own contract rates.

    fetched = read_price_file("rates.csv", content, today)              # told by its columns
    fetched = read_price_file("vms.csv", content, today, provider="aws")  # a SkyPilot file does not say whose it is

Like what a provider fetches, these are quotes in the source's own words, for `pricing.normalize` to judge.
"""

from datetime import date

from catalog import InvalidInputError
from pricing.importers.contracts import is_contract_file, read_contracts
from pricing.importers.gpuhunt import is_gpuhunt_file, read_gpuhunt
from pricing.importers.skypilot import is_skypilot_file, read_skypilot
from pricing.importers.tables import csv_texts, header
from pricing.providers.base import Fetched

__all__ = ["read_contracts", "read_gpuhunt", "read_price_file", "read_skypilot"]


def read_price_file(name: str, content: bytes, today: date, provider: str | None = None) -> Fetched:
    """Return the quotes of a CSV file, or of the CSV files in a zip. Raises InvalidInputError.

    `provider` is whose prices they are, where the file does not say.
    """
    parts = [_read(part, text, today, provider) for part, text in csv_texts(name, content)]
    return Fetched(
        tuple(quote for part in parts for quote in part.quotes),
        tuple(problem for part in parts for problem in part.problems),
    )


def _read(name: str, text: str, today: date, provider: str | None) -> Fetched:
    columns = header(text)
    if is_contract_file(columns):
        return read_contracts(name, text, today)
    if is_gpuhunt_file(columns):
        return read_gpuhunt(name, text, today, provider)
    if is_skypilot_file(columns):
        return read_skypilot(name, text, today, provider)
    raise InvalidInputError(
        f"{name}: its columns are of no price file that is known",
        "contract rates have provider, region, instance_type, term and usd_per_hour",
    )
