"""Exit codes: what a script learns from a command without reading its output."""

from enum import IntEnum


class Exit(IntEnum):
    """0 plan found, 1 internal error, 2 bad input, 3 nothing fits, 4 prices, 5 provider or network, 6 time limit."""

    OK = 0
    INTERNAL = 1
    INPUT = 2
    NOTHING_FITS = 3
    PRICES = 4
    PROVIDER = 5
    TIME_LIMIT = 6
    INTERRUPTED = 130


def exit_code(error: BaseException) -> Exit:
    """Return the exit code of an error."""
    from catalog import InvalidInputError
    from optimizer.errors import TimeLimitError
    from pricing.errors import PricesError, ProviderError

    codes = (
        (InvalidInputError, Exit.INPUT),
        (TimeLimitError, Exit.TIME_LIMIT),
        (ProviderError, Exit.PROVIDER),
        (PricesError, Exit.PRICES),
        (KeyboardInterrupt, Exit.INTERRUPTED),
    )
    return next((code for kind, code in codes if isinstance(error, kind)), Exit.INTERNAL)
