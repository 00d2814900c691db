"""What the server is told: the environment, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog import InvalidInputError

KEYS_SETTING = "GPUMIX_API_KEYS"
SHELF_SETTING = "GPUMIX_PLANS_DIRECTORY"
REFRESH_SETTING = "GPUMIX_READ_PRICES_SECONDS"


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and places. Seconds, bytes and counts are what their names say.

    `solvers` processes solve at once and `queue` more requests may wait; a solve gets `solve_seconds`, then it is
    killed. `plans_directory` is where finished plans are shared between workers; None keeps them in memory alone.
    Every `refresh_prices_seconds` the prices are read again from the store.
    """

    keys_file: Path | None = None
    solve_seconds: float = 30.0
    solvers: int = 2
    queue: int = 32
    plans_kept: int = 512
    plans_directory: Path | None = None
    refresh_prices_seconds: float = 60.0
    body_bytes: int = 2**20
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    max_age_seconds: int = 300


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of an environment. Raises InvalidInputError naming the variable that cannot be read."""
    default = Settings()
    keys, shelf = environment.get(KEYS_SETTING), environment.get(SHELF_SETTING)
    return Settings(
        keys_file=Path(keys) if keys else None,
        solve_seconds=_number(environment, "GPUMIX_SOLVE_SECONDS", default.solve_seconds, 0.1, 600),
        head_seconds=_number(environment, "GPUMIX_HEAD_SECONDS", default.head_seconds, 0.1, 600),
        body_seconds=_number(environment, "GPUMIX_BODY_SECONDS", default.body_seconds, 0.1, 600),
        solvers=int(_number(environment, "GPUMIX_SOLVERS", max(1, min(4, os.cpu_count() or 1)), 1, 64)),
        queue=int(_number(environment, "GPUMIX_QUEUE", default.queue, 0, 10_000)),
        plans_kept=int(_number(environment, "GPUMIX_PLANS_KEPT", default.plans_kept, 1, 1_000_000)),
        refresh_prices_seconds=_number(environment, REFRESH_SETTING, default.refresh_prices_seconds, 0.1, 86_400),
        plans_directory=Path(shelf) if shelf else None,
    )


def _number(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = environment.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise InvalidInputError(f"{name}={text!r} is not a number from {least:g} to {most:g}", "correct or unset it")
    return value
