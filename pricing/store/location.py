"""Which database holds the prices; told without importing a database library, since every question asks."""

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_data_path

URL_SETTING = "GPUMIX_DATABASE_URL"
SQLITE_PREFIX = "sqlite:///"


def database_url(environment: Mapping[str, str] = os.environ) -> str:
    """Return GPUMIX_DATABASE_URL, or the SQLite file in the user's data directory."""
    return environment.get(URL_SETTING) or f"{SQLITE_PREFIX}{user_data_path('gpumix') / 'prices.db'}"


def may_hold_prices(url: str) -> bool:
    """Whether a database can hold anything: a server may, a SQLite file only where it exists."""
    path = sqlite_path(url)
    return path is None or path.exists()


def is_server(url: str) -> bool:
    """Whether several hosts may share a database."""
    return not url.startswith("sqlite")


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite URL; None for a server or for a database in memory."""
    name = url.partition("?")[0].removeprefix(SQLITE_PREFIX)
    return Path(name) if url.startswith(SQLITE_PREFIX) and name and not name.startswith(":") else None
