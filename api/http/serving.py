"""Serving: uvicorn with our protocol, one process or several, and the rule that nothing is public without keys."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator

import uvicorn
from uvicorn.supervisors import Multiprocess

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


def serve(host: str, port: int, workers: int, *, insecure: bool) -> None:
    """Serve until a signal. Raises InvalidInputError where this would be public without keys."""
    settings = settings_from()
    check_exposure(host, insecure=insecure)
    _check_address(host, port)
    if settings.plans_directory is not None and not os.access(settings.plans_directory, os.W_OK | os.X_OK):
        raise InvalidInputError(f"{SHELF_SETTING} names no directory to write to", "make it, or unset it")
    log_to_stderr()
    with _shared_directories(workers, shared=settings.plans_directory is not None):
        config = uvicorn.Config(
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
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        if workers > 1:
            _Workers(config, sockets=[config.bind_socket()]).run()
            return
        server = uvicorn.Server(config)
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            raise SystemExit(1)


class _Workers(Multiprocess):
    """Processes that serve one address. Told to stop, none listens any more: who comes then is refused at once."""

    def terminate_all(self) -> None:
        """Stop listening, then let every process finish what it has begun."""
        for one in self.sockets:
            one.close()
        super().terminate_all()


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


def _check_address(host: str, port: int) -> None:
    """Raise InvalidInputError where nothing can be served at an address: it is not ours, or it is taken."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, _, _, address in found:
            with socket.socket(family, kind) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind(address)
    except OSError as error:
        raise InvalidInputError(
            f"{host}:{port} cannot be listened on: {error.strerror}", "choose another --host or --port"
        ) from error


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
