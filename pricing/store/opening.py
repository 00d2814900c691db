"""Opening a database: made, or brought up to date, before anything else touches it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from pricing.store.connections import connect, read_transaction, write_transaction
from pricing.store.migrations import MIGRATIONS, migrate, schema_version


def open_database(url: str, clock: Callable[[], datetime], steps: Sequence[str] = MIGRATIONS) -> Engine:
    """Return an engine on a database of the current schema. Raises StoreError, InvalidInputError.

    Of several programs that come at once one takes the steps; programs that have it open already go on meanwhile.
    """
    engine = connect(url)
    try:
        with read_transaction(engine) as connection:
            current = schema_version(connection, steps) == len(steps)
        if not current:
            with write_transaction(engine) as connection:
                migrate(connection, clock(), steps)
    except Exception:
        engine.dispose()
        raise
    return engine
