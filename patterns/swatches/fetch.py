"""Fetching a picture from an address that a stranger wrote down, without letting the address choose where we go.

The name is looked up once; every address it has must be public; the connection goes to the very address that was looked at, with the
name kept for TLS and the Host header, and the other end of the socket is looked at again. Redirects begin anew. So neither a name
that changes its answer (DNS rebinding) nor a redirect leads into our own network. Proxies of the environment are not used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

MOST_BYTES = 15 * 1024 * 1024
PORTS = {80, 443, 8080, 8443}
REDIRECTS = {301, 302, 303, 307, 308}
_CHUNK = 1 << 16
_TRANSLATED = tuple(  # public by their own range, yet they stand for another address
    map(ipaddress.ip_network, ("64:ff9b::/96", "2002::/16", "2001::/32", "192.88.99.0/24"))
)


class FetchError(Exception):
    """The picture did not come. The message is a sentence for the report; ``again``: it may come another time."""

    def __init__(self, sentence: str, again: bool = False) -> None:
        super().__init__(sentence)
        self.again = again


def is_public(address: str) -> bool:
    """Is this an address of the open internet, and nothing that stands for another one?"""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a zone ("fe80::1%eth0") among others
        return False
    if parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified or not parsed.is_global:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and (parsed.ipv4_mapped or parsed.is_site_local):
        return False
    return not any(parsed.version == network.version and parsed in network for network in _TRANSLATED)


def look_up(host: str, port: int) -> list[str]:
    """Every address of a name, the system's favourite first. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def open_socket(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=seconds)


@dataclass(frozen=True)
class Fetcher:
    """``allowed``: addresses that are let through although they are not public. Tests name their own server; nothing else does."""

    allowed: frozenset[str] = field(default_factory=frozenset)
    most_bytes: int = MOST_BYTES
    seconds: float = 30.0  # for one attempt, redirects included
    redirects: int = 4
    attempts: int = 3
    pause: float = 1.0  # before the second attempt; doubled before each further one
    look_up: Callable[[str, int], list[str]] = look_up
    open_socket: Callable[[str, int, float], socket.socket] = open_socket
    sleep: Callable[[float], None] = time.sleep

    def get(self, address: str) -> bytes:
        """The bytes at an address. Raises FetchError."""
        for attempt in range(1, self.attempts + 1):
            try:
                return self._follow(address)
            except FetchError as error:
                if not error.again or attempt == self.attempts:
                    raise
            self.sleep(self.pause * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _follow(self, address: str) -> bytes:
        until = time.monotonic() + self.seconds
        for _ in range(self.redirects + 1):
            content, onward = self._ask(address, until)
            if content is not None:
                return content
            address = urljoin(address, onward)
        raise FetchError(f"The address leads on to another more than {self.redirects} times.")

    def _ask(self, address: str, until: float) -> tuple[bytes | None, str]:
        """One request: the content, or where it is to be found."""
        parts = parse(address)
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        places = self._places(host, port)
        if port not in PORTS and not self.allowed.issuperset(places):
            raise FetchError(f"Port {port} is not one that pictures are fetched from.")
        try:
            with self._connected(places, port, host if parts.scheme == "https" else "", until) as wire:
                return self._talk(wire, parts, until)
        except FetchError:
            raise
        except ssl.SSLCertVerificationError:
            raise FetchError("The server cannot prove who it is (its certificate is not valid).") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= until:
                raise FetchError(f"The server took longer than {self.seconds:g} seconds.", again=True) from None
            raise FetchError(f"The server broke off ({type(error).__name__}).", again=True) from None

    def _places(self, host: str, port: int) -> list[str]:
        try:
            places = self.look_up(host, port)
        except (OSError, UnicodeError):
            raise FetchError("The name of the server is not known.", again=True) from None
        if not places:
            raise FetchError("The name of the server is not known.", again=True)
        for place in places:
            self._check(place)
        return places

    def _check(self, place: str) -> None:
        if place not in self.allowed and not is_public(place):
            raise FetchError("The address leads to a place that is not on the public internet; it is not fetched.")

    @contextmanager
    def _connected(self, places: list[str], port: int, secret_with: str, until: float) -> Iterator[socket.socket]:
        """A socket to the first place that answers, its other end checked; encrypted where there is a name to be secret with."""
        with self._first_open(places, port, until) as raw:
            self._check(str(raw.getpeername()[0]))
            if not secret_with:
                with cut_off(raw, until):
                    yield raw
                return
            with (
                tls().wrap_socket(raw, server_hostname=secret_with, do_handshake_on_connect=False) as wire,
                cut_off(wire, until),
            ):
                wire.do_handshake()
                yield wire

    def _first_open(self, places: list[str], port: int, until: float) -> socket.socket:
        for left, place in reversed(list(enumerate(reversed(places)))):
            try:
                return self.open_socket(place, port, min(max(until - time.monotonic(), 0.1), 10))
            except OSError:
                if not left:
                    raise
        raise ConnectionError

    def _talk(self, wire: socket.socket, parts: SplitResult, until: float) -> tuple[bytes | None, str]:
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = wire
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
        )
        headers = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "AI-Fashion/0.1 (swatches)"}
        connection.request("GET", target, headers={"Connection": "close", **headers})
        answer = connection.getresponse()
        try:
            return self._read(answer, until)
        finally:
            answer.close()

    def _read(self, answer: http.client.HTTPResponse, until: float) -> tuple[bytes | None, str]:
        if answer.status in REDIRECTS and answer.headers.get("Location"):
            return None, str(answer.headers["Location"])
        if answer.status != 200:
            again = answer.status == 429 or answer.status >= 500
            raise FetchError(f"The server answered {answer.status} {str(answer.reason)[:60]}.", again)
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise FetchError("The server packed the picture although it was asked not to; it is not unpacked.")
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > self.most_bytes:
            raise self._too_large()
        content = bytearray()
        while piece := answer.read(_CHUNK):
            content += piece
            if len(content) > self.most_bytes:
                raise self._too_large()
        if time.monotonic() >= until:  # what was cut off looks like an end
            raise TimeoutError
        if announced.isdigit() and len(content) < int(announced):
            raise ConnectionError
        return bytes(content), ""

    def _too_large(self) -> FetchError:
        return FetchError(f"The file is larger than {self.most_bytes / 2**20:g} MB.")


def parse(address: str) -> SplitResult:
    """The parts of a web address without a name and password in it. Raises FetchError."""
    try:
        parts = urlsplit(address.strip())
        port_is_right = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        raise FetchError("This is not a web address.") from None
    if parts.scheme not in ("http", "https"):
        raise FetchError("Only addresses that begin with http:// or https:// are fetched.")
    if not parts.hostname or not port_is_right or any(ord(c) <= 32 for c in parts.netloc):
        raise FetchError("This is not a web address.")
    if parts.username is not None or parts.password is not None:
        raise FetchError("Addresses with a name and password in them are not fetched.")
    return parts


@contextmanager
def cut_off(wire: socket.socket, until: float) -> Iterator[None]:
    """At the deadline the line is cut, whatever is being waited for: no server can spin out its answer byte by byte."""

    def cut() -> None:
        with suppress(OSError):
            socket.socket.shutdown(wire, socket.SHUT_RDWR)

    timer = threading.Timer(max(until - time.monotonic(), 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()
