"""A wire between a program and its database that a test can cut, slow down and mend."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

PIECE = 65_536


class Wire:
    """Carries TCP to a port of this machine, `delay_s` late; with `refuse` nobody is let in.

    `cut` swallows everything, as a pulled cable does: nobody is told.
    """

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._through = threading.Event()
        self._through.set()
        self.delay_s, self.refuse = 0.0, False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._through.clear()

    def mend(self) -> None:
        """Carry again; what was open when it was cut is gone."""
        self._through.set()
        self.drop()

    def drop(self) -> None:
        """End every connection, as a server that stops does."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.refuse:
                near.close()
                continue
            self._open.append(near)
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self._through.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._open.append(far)
        threading.Thread(target=self._carry, args=(near, far), daemon=True).start()
        self._carry(far, near)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                self._through.wait()
                time.sleep(self.delay_s)
                sink.sendall(piece)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wired(target_port: int) -> Iterator[Wire]:
    wire = Wire(target_port)
    try:
        yield wire
    finally:
        wire.close()
