"""A server on 127.0.0.1 that replays payloads of the documented shapes, so that the real clients can be tested."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

PAYLOADS = Path(__file__).parents[2] / "payloads"


def payload(name: str) -> str:
    """Return the text of a payload, `azure/eastus.json`."""
    return (PAYLOADS / name).read_text("utf-8")


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str

    @property
    def form(self) -> Mapping[str, str]:
        """The body of a form, as EC2 is asked."""
        return {name: values[0] for name, values in parse_qs(self.body).items()}


@dataclass(frozen=True)
class Answer:
    """What it is answered. `hangs` answers nothing until the server closes; `drips` sends bytes without an end."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False

    @classmethod
    def json(cls, value: object, status: int = 200, **headers: str) -> "Answer":
        return cls(json.dumps(value), status, headers)


Answering = Callable[[Request], Answer | str]


class Replay:
    """The server. `asked` has every request, in order; `address` is where it listens."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[Request] = []
        self.closing = Event()
        self._lock = Lock()
        self._answering = answering
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:  # the name that http.server calls
                replay._answer(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> "Replay":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length).decode()
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        request = Request(handler.command, url.path, query, dict(handler.headers), body)
        with self._lock:
            self.asked.append(request)
            answer = self._answering(request)
        answer = Answer(answer) if isinstance(answer, str) else answer
        if answer.hangs:
            self.closing.wait(10)
            handler.close_connection = True
            return
        content = answer.body.encode() if isinstance(answer.body, str) else answer.body
        try:
            handler.send_response(answer.status)
            for name, value in answer.headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(10**9 if answer.drips else len(content)))
            handler.end_headers()
            handler.wfile.write(content)
            while answer.drips and not self.closing.wait(0.01):
                handler.wfile.write(b" ")
        except ConnectionError:
            handler.close_connection = True


def in_turn(*answers: Answer | str) -> Answering:
    """Return answers one after the other; the last one stays."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]
