"""A server of pictures on this machine, that tests let the fetcher reach by naming its address."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from patterns.swatches.fetch import Fetcher

HERE = frozenset({"127.0.0.1"})


class Pictures:
    """``files``: path → bytes, or a function that answers by itself. ``asked``: every path, in order."""

    def __init__(self, files: dict[str, Any]) -> None:
        self.files, self.asked, self.address = files, [], ""

    @contextmanager
    def open(self, tls: ssl.SSLContext | None = None) -> Iterator[Pictures]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.handle_error = lambda *_: None  # those who hang up are not news
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(pictures) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pictures.asked.append(self.path)
                found = pictures.files.get(self.path)
                if callable(found):
                    found(self)
                elif found is None:
                    answer(self, b"", 404)
                else:
                    answer(self, found)

            def log_message(self, *_: object) -> None: ...

            def handle(self) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):
                    super().handle()

        return Handler


def answer(handler: BaseHTTPRequestHandler, content: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(content)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def leading_to(address: str) -> Any:
    return lambda handler: answer(handler, b"", 302, Location=address)


def dripping(head: bytes = b"") -> Any:
    """Sends ``head``, then a byte now and then, for ever."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        try:
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    return drip


def fetcher_for_tests(**options: Any) -> Fetcher:
    """The real one, that may reach this machine and does not wait between attempts."""
    return Fetcher(**{"allowed": HERE, "sleep": lambda seconds: None, **options})
