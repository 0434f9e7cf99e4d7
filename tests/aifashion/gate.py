"""A door in front of a server, on a port of its own, that a test opens and shuts."""

from __future__ import annotations

import contextlib
import socket
import threading


class Gate:
    def __init__(self, host: str, port: int) -> None:
        self.behind = host, port
        self.port = 0
        self._listener: socket.socket | None = None
        self._wires: list[socket.socket] = []
        self.open()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_open(self) -> bool:
        return self._listener is not None

    def open(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port, self._listener = listener.getsockname()[1], listener
        threading.Thread(target=self._let_in, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Nobody gets in any more, and who is in is cut off."""
        assert self._listener
        for wire in (self._listener, *self._wires):
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()
        self._listener, self._wires = None, []

    def _let_in(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.behind)
            except OSError:
                near.close()
                continue
            self._wires += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    for wire in (source, target):
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
