"""Fetching over TLS: to the address looked at, under the name asked for, from servers that can prove who they are."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from patterns.swatches import fetch
from patterns.swatches.fetch import FetchError
from tests.patterns.swatches.server import Pictures, fetcher_for_tests

NAME = "pictures.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for NAME that nobody but itself vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    kept = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(*kept) + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def pictures(certificate) -> Iterator[Pictures]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Pictures({"/a.png": b"secret picture"}).open(context) as server:
        yield server


def fetcher(server: Pictures, **options):
    """Every name leads to the server; port 443 is where it listens."""
    port = int(server.address.rsplit(":", 1)[1])

    def here(address: str, _: int, seconds: float) -> socket.socket:
        return socket.create_connection((address, port), seconds)

    return fetcher_for_tests(look_up=lambda host, _: ["127.0.0.1"], open_socket=here, **options)


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_a_picture_comes_under_the_name_that_was_asked_for(pictures, certificate, monkeypatch):
    monkeypatch.setattr(fetch, "tls", lambda: trusting(certificate))
    assert fetcher(pictures).get(f"https://{NAME}/a.png") == b"secret picture"


def test_a_server_with_another_name_is_not_believed(pictures, certificate, monkeypatch):
    monkeypatch.setattr(fetch, "tls", lambda: trusting(certificate))
    with pytest.raises(FetchError, match="cannot prove who it is"):
        fetcher(pictures).get("https://another.example/a.png")
    assert pictures.asked == []


def test_a_certificate_that_nobody_vouches_for_is_not_believed(pictures):
    with pytest.raises(FetchError, match="cannot prove who it is"):
        fetcher(pictures).get(f"https://{NAME}/a.png")
    assert pictures.asked == []


def test_a_server_that_never_shakes_hands_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        def here(address: str, _: int, seconds: float) -> socket.socket:
            return socket.create_connection((address, port), seconds)

        mute = fetcher_for_tests(look_up=lambda host, _: ["127.0.0.1"], open_socket=here, seconds=0.3, attempts=1)
        with pytest.raises(FetchError, match=r"longer than 0\.3 seconds|broke off"):
            mute.get(f"https://{NAME}/a.png")
