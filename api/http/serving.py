"""Serving: uvicorn with our protocol, one process or several, and the rule that nothing is public without keys."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

import uvicorn

from api.http.access import loopback
from api.http.keys import read_keys
from api.http.logs import log_to_stderr
from api.http.metrics import MULTIPROCESS_SETTING
from api.http.protocol import GuardedProtocol
from api.http.settings import KEYS_SETTING, SHELF_SETTING, settings_from
from catalog import InvalidInputError

KEEP_ALIVE_SECONDS = 20
GRACEFUL_SECONDS = 20
BACKLOG = 512
MOST_CONNECTIONS = 1024


def serve(host: str, port: int, workers: int, *, insecure: bool) -> None:
    """Serve until a signal. Raises InvalidInputError where this would be public without keys."""
    settings = settings_from()
    check_exposure(host, insecure=insecure)
    log_to_stderr()
    with _shared_directories(workers, shared=settings.plans_directory is not None):
        uvicorn.run(
            "api.http.app:worker_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=GuardedProtocol,
            ws="none",
            loop="uvloop",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )


def check_exposure(host: str, *, insecure: bool) -> None:
    """Raise InvalidInputError where others could reach the server and no key file says who may ask."""
    keys_file = settings_from().keys_file
    if keys_file is not None:
        keys = read_keys(keys_file)
        if not any(key.revoked_at is None for key in keys):
            raise InvalidInputError(
                f"{KEYS_SETTING} names a file without any key in force", "make one with: gpumix keys create NAME"
            )
    elif not loopback([host]) and not insecure:
        raise InvalidInputError(
            f"{host} can be reached from outside, and there are no keys",
            f"make one with gpumix keys create NAME and set {KEYS_SETTING}, or accept it with --insecure",
        )


@contextlib.contextmanager
def _shared_directories(workers: int, *, shared: bool) -> Iterator[None]:
    """Give several workers one shelf of plans and one set of metrics, for as long as they run."""
    if workers == 1:
        yield
        return
    directory = tempfile.mkdtemp(prefix="gpumix-")
    names = [MULTIPROCESS_SETTING] if shared else [MULTIPROCESS_SETTING, SHELF_SETTING]
    try:
        for name in names:
            os.environ[name] = os.path.join(directory, name.lower())  # noqa: PTH118  # an environment value is text
            os.mkdir(os.environ[name])  # noqa: PTH102
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        shutil.rmtree(directory, ignore_errors=True)
