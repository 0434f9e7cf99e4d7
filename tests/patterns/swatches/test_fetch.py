"""Fetching pictures: to public addresses only, whatever a name or a redirect says; bounded in size, time and attempts."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator

import pytest

from patterns.swatches.fetch import Fetcher, FetchError, is_public, parse
from tests.patterns.swatches.server import Pictures, answer, dripping, fetcher_for_tests, leading_to

NOT_PUBLIC = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.8.9.10",
    "this network": "0.0.0.0",  # noqa: S104
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 172, the last": "172.31.255.255",
    "private 192": "192.168.1.1",
    "carrier's": "100.64.0.1",
    "link-local, a cloud's metadata": "169.254.169.254",
    "protocol assignments": "192.0.0.1",
    "documentation": "203.0.113.5",
    "benchmarks": "198.18.0.1",
    "6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "loopback 6": "::1",
    "unspecified 6": "::",
    "unique local": "fd00::1",
    "cloud metadata 6": "fd00:ec2::254",
    "link-local 6": "fe80::1",
    "link-local 6 with a zone": "fe80::1%eth0",
    "site-local": "fec0::1",
    "multicast 6": "ff02::1",
    "documentation 6": "2001:db8::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped public": "::ffff:93.184.216.34",
    "compatible": "::127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "local NAT64": "64:ff9b:1::a00:1",
    "6to4 of private": "2002:a00:1::",
    "Teredo": "2001:0:7f00:1::",
    "discard": "100::1",
    "not an address": "localhost",
}


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    with Pictures({"/a.png": b"picture"}).open() as server:
        yield server


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC.keys())
def test_no_address_inside_is_fetched_from(address):
    assert not is_public(address)
    tried = []
    fetcher = Fetcher(look_up=lambda host, port: [address], open_socket=lambda *place: tried.append(place))
    with pytest.raises(FetchError, match="not on the public internet"):
        fetcher.get("https://pictures.example/a.png")
    assert tried == []


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1"])
def test_the_open_internet_is_public(address):
    assert is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    fetcher = Fetcher(look_up=lambda host, port: ["93.184.216.34", "10.0.0.7"])
    with pytest.raises(FetchError, match="not on the public internet"):
        fetcher.get("http://pictures.example/a.png")


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/a", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::1]/", "http://localhost/",
     "http://[::ffff:127.0.0.1]/", "http://127.1/", "http://0/"],
)  # fmt: skip
def test_however_this_machine_is_written_it_is_not_reached(address):
    with pytest.raises(FetchError, match=r"not on the public internet|not known"):
        Fetcher(attempts=1).get(address)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("file:///etc/passwd", "http"),
        ("ftp://example.com/a.png", "http"),
        ("gopher://example.com/", "http"),
        ("data:image/png;base64,AAAA", "http"),
        ("//example.com/a.png", "http"),
        ("a.png", "http"),
        ("", "http"),
        ("http://", "not a web address"),
        ("http://exa mple.com/", "not a web address"),
        ("http://example.com:99999/", "not a web address"),
        ("http://example.com:x/", "not a web address"),
        ("http://[::1/", "not a web address"),
        ("http://name:word@example.com/", "name and password"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(address, sentence):
    with pytest.raises(FetchError, match=sentence):
        parse(address)


def test_only_usual_ports_are_asked():
    fetcher = Fetcher(look_up=lambda host, port: ["93.184.216.34"])
    with pytest.raises(FetchError, match="Port 22"):
        fetcher.get("http://pictures.example:22/")


def test_a_picture_comes_and_redirects_are_followed(pictures):
    pictures.files |= {"/there": leading_to("/again"), "/again": leading_to(f"{pictures.address}/a.png")}
    assert fetcher_for_tests().get(f"{pictures.address}/there") == b"picture"
    pictures.files["/round"] = leading_to("/round")
    with pytest.raises(FetchError, match="more than 4 times"):
        fetcher_for_tests().get(f"{pictures.address}/round")


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://[::1]:80/",
        "file:///etc/passwd",
        "http://a:b@127.0.0.1/",
    ],
)
def test_a_redirect_leads_nowhere_inside(pictures, target):
    pictures.files["/there"] = leading_to(target)
    with pytest.raises(FetchError, match=r"public internet|http://|password"):
        fetcher_for_tests().get(f"{pictures.address}/there")


def test_a_name_that_changes_its_answer_is_asked_once_and_that_answer_is_connected_to():
    answers, connected = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]), []

    def connect(address, port, seconds):
        connected.append(address)
        raise ConnectionRefusedError

    fetcher = Fetcher(look_up=lambda host, port: next(answers), open_socket=connect, attempts=1)
    with pytest.raises(FetchError, match="broke off"):
        fetcher.get("http://rebinding.example/")
    assert connected == ["93.184.216.34"]
    with pytest.raises(FetchError, match="not on the public internet"):
        fetcher.get("http://rebinding.example/")
    assert connected == ["93.184.216.34"]


def test_the_other_end_of_the_socket_is_looked_at_too(pictures):
    port = int(pictures.address.rsplit(":", 1)[1])

    def elsewhere(address, _, seconds):
        return socket.create_connection(("127.0.0.1", port), seconds)

    fetcher = Fetcher(look_up=lambda host, port: ["93.184.216.34"], open_socket=elsewhere)
    with pytest.raises(FetchError, match="not on the public internet"):
        fetcher.get("http://pictures.example/a.png")
    assert pictures.asked == []


def test_the_next_address_of_a_name_is_tried_when_the_first_is_silent(pictures):
    def connect(address, port, seconds):
        if address == "127.0.0.2":
            raise ConnectionRefusedError
        return socket.create_connection((address, port), seconds)

    fetcher = fetcher_for_tests(
        allowed=frozenset({"127.0.0.1", "127.0.0.2"}),
        look_up=lambda host, port: ["127.0.0.2", "127.0.0.1"],
        open_socket=connect,
    )
    assert fetcher.get(f"{pictures.address}/a.png") == b"picture"


def test_proxies_of_the_environment_are_not_used(pictures, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert fetcher_for_tests().get(f"{pictures.address}/a.png") == b"picture"


def test_names_and_paths_that_are_not_ascii_are_asked_for_properly(pictures):
    pictures.files["/Stoff%20gr%C3%BCn.png?s=%C3%BC"] = b"green"
    assert fetcher_for_tests().get(f"{pictures.address}/Stoff grün.png?s=ü") == b"green"


@pytest.mark.parametrize("announced", [True, False])
def test_more_bytes_than_a_picture_may_have_are_not_read(pictures, announced):
    def large(handler):
        if announced:
            answer(handler, b"x" * 3000)
        else:
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000)

    pictures.files["/large"] = large
    with pytest.raises(FetchError, match="larger than"):
        fetcher_for_tests(most_bytes=2000).get(f"{pictures.address}/large")
    assert pictures.asked == ["/large"]


def test_packed_answers_are_not_unpacked(pictures):
    bomb = gzip.compress(b"\0" * 10_000_000)
    pictures.files["/bomb"] = lambda handler: answer(handler, bomb, Content_Encoding="gzip")
    with pytest.raises(FetchError, match="not unpacked"):
        fetcher_for_tests().get(f"{pictures.address}/bomb")


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.0 200 OK\r\n\r\n"], ids=["status", "headers", "body"]
)
def test_a_server_that_drips_is_cut_off(pictures, head):
    pictures.files["/drip"] = dripping(head)
    with pytest.raises(FetchError, match=r"longer than 0\.5 seconds|broke off"):
        fetcher_for_tests(seconds=0.5, attempts=1).get(f"{pictures.address}/drip")


def test_what_may_come_later_is_tried_again_with_growing_pauses(pictures):
    def now_and_then(handler):
        answer(handler, b"at last") if len(pictures.asked) == 3 else answer(handler, b"", 503)

    pictures.files["/busy"] = now_and_then
    pauses = []
    assert fetcher_for_tests(sleep=pauses.append).get(f"{pictures.address}/busy") == b"at last"
    assert pauses == [1, 2]


@pytest.mark.parametrize(("status", "times"), [(404, 1), (403, 1), (410, 1), (429, 3), (500, 3)])
def test_what_will_not_come_is_asked_for_once(pictures, status, times):
    pictures.files["/x"] = lambda handler: answer(handler, b"", status)
    with pytest.raises(FetchError, match=f"answered {status}"):
        fetcher_for_tests().get(f"{pictures.address}/x")
    assert pictures.asked == ["/x"] * times


def test_a_torn_answer_is_an_error_and_no_picture(pictures):
    pictures.files["/torn"] = lambda handler: answer(handler, b"half", Content_Length="100")
    with pytest.raises(FetchError, match="broke off"):
        fetcher_for_tests().get(f"{pictures.address}/torn")


def test_nonsense_instead_of_an_answer_is_a_sentence(pictures):
    pictures.files["/x"] = lambda handler: handler.wfile.write(b"I am no server\r\n\r\n")
    with pytest.raises(FetchError, match="broke off"):
        fetcher_for_tests(attempts=1).get(f"{pictures.address}/x")
    with pytest.raises(FetchError, match="broke off"):  # TLS to a server that speaks none
        fetcher_for_tests(attempts=1).get(pictures.address.replace("http", "https"))


def test_a_name_nobody_knows_is_a_sentence():
    with pytest.raises(FetchError, match="not known"):
        Fetcher(attempts=1).get("http://no-such-name.invalid/")
    with pytest.raises(FetchError, match="not known"):
        Fetcher(attempts=1).get(f"http://{'a' * 70}.example/")
