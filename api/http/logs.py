"""Logs: one JSON object a line on stderr, ours and uvicorn's. A query string is never logged: keys travel in it.

What looks like a key is blotted out wherever it stands, as in a path that somebody put one into.
"""

import logging
import re
import sys

import structlog

from api.http.keys import PREFIX

KEY = re.compile(rf"({PREFIX}_[0-9A-Fa-f]{{12}}_)[A-Za-z0-9_-]+")
_JSON = structlog.processors.JSONRenderer()
LOG: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def log_to_stderr(level: str = "INFO") -> None:
    """Send every log of the process to stderr as JSON; ours without the detour through `logging`: a line a request."""
    written: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[_named, *written, _line],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *written],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _line,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = name != "uvicorn.access"  # the edge writes the access log, without query strings


def _named(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say whose line it is, as the lines of other libraries do."""
    event["logger"] = "gpumix"
    return event


def _line(logger: object, method: str, event: structlog.typing.EventDict) -> str:
    """Return one line of JSON, with no more of a key than its id."""
    line = str(_JSON(logger, method, event))
    return KEY.sub(r"\1...", line) if PREFIX in line else line
