"""What whoever runs the site can see: logs, counts, errors. And what they cannot: persons."""

from __future__ import annotations

import io
import json
import logging
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from aifashion.logs import AddIds, Discreet, JsonLines, without_persons
from patterns.jobs import engine, registry
from patterns.jobs.registry import handles
from patterns.jobs.services import enqueue
from tests.factories import look_query, make_job, make_photo, make_result, make_stock, version_of
from tests.patterns.jobs.house import House
from tryon.sharing import share, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
PERSONAL = (
    "ada@example.com",
    "192.0.2.17",
    "2001:db8::17",
    "2001:db8:1:2:3:4:5:6",
    "9b2e4d64-7f0a-4c1e-9a51-0c7d7d0f7b11",
)


@pytest.fixture
def lines():
    """Every line that is logged meanwhile, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(AddIds())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("secret", PERSONAL)
def test_what_names_a_person_is_taken_out_of_a_line(secret):
    said = without_persons(f"Invalid login of {secret}, twice")
    assert secret not in said
    assert "twice" in said


@pytest.mark.parametrize("word", ["12:30:45", "onnxruntime::Session", "version 1.31.1", "a:b", "3.11.4", "key=value"])
def test_what_names_nobody_stays(word):
    assert word in without_persons(f"Look: {word} it says")


def test_signed_links_of_all_kinds_are_hidden(owner):
    token = token_of(share(make_result(owner.person), 30, False))
    for secret in (
        token,
        "postgres://ada:wonderland@db",
        "X-Amz-Signature=0f3a9c",
        "token=abcdef123",
        "Bearer abcdefgh12345",
    ):
        assert secret not in without_persons(f"GET /shared/{secret}/ failed")


def test_a_walk_through_the_site_logs_routes_and_ids_and_no_person(owner, lines, settings):
    version_of("plaid")
    make_stock()
    photo, result = make_photo(owner.person), make_result(owner.person)
    link = token_of(share(result, 30, False))
    user = User.objects.create_user("ada", "ada@example.com", "wonderland-17")
    owner.client.force_login(user)
    headers = {"REMOTE_ADDR": "192.0.2.17", "HTTP_USER_AGENT": "Mozilla/5.0 (Ada's phone)"}
    for address in (
        "/",
        f"/shared/{link}/",
        f"/shared/{link}x/",
        f"/results/{uuid.uuid4()}/",
        "/nothing?email=ada@example.com",
    ):
        owner.client.get(address, **headers)
    owner.client.get(reverse("try-photo", args=[photo.public_id]), look_query(), **headers)
    owner.client.post("/admin/login/", {"username": "ada", "password": "wonderland-17"}, **headers)
    told = json.dumps(lines())
    ended = [line for line in lines() if line["logger"] == "aifashion.requests"]
    assert [line["route"] for line in ended[:2]] == ["home", "shared"]
    assert ended[2]["status"] == 404
    assert all(len(line["request"]) == 16 and line["milliseconds"] >= 0 for line in ended)
    for personal in (
        "ada",
        "192.0.2.17",
        "Mozilla",
        link,
        str(photo.public_id),
        owner.client.cookies["sessionid"].value,
    ):
        assert personal not in told


def test_a_job_signs_every_line_it_writes(lines, monkeypatch):
    from contextlib import nullcontext

    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(engine, "beating_heart", lambda work: nullcontext())
    handles("speak")(lambda work: logging.getLogger("a.handler").info("at it"))
    job = enqueue("speak", "1", {})
    engine.work_once()
    logging.getLogger("a.handler").info("over")
    said = [(line["job"], line["message"]) for line in lines() if line["logger"] == "a.handler"]
    assert said == [(str(job.pk), "at it"), ("-", "over")]


def test_lines_for_people_are_discreet_too():
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "mail to ada@example.com", None, None)
    assert Discreet("%(message)s").format(record) == "mail to [e-mail]"


def test_there_is_no_metrics_page_without_a_token_or_a_known_address(anonymous, settings):
    assert anonymous.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    for wrong in ("", "Bearer ", "Bearer a-long-tokem", "Basic a-long-token", "a-long-token", "Bearer é"):
        assert anonymous.get("/metrics", HTTP_AUTHORIZATION=wrong).status_code == 404
    assert anonymous.get("/metrics", HTTP_AUTHORIZATION="Bearer a-long-token").status_code == 200


def test_a_known_address_reads_metrics_but_nobody_through_the_load_balancer(anonymous, settings):
    settings.METRICS_ADDRESSES = ["10.0.0.0/16"]
    assert anonymous.get("/metrics", REMOTE_ADDR="10.0.3.4").status_code == 200
    assert anonymous.get("/metrics", REMOTE_ADDR="10.1.3.4").status_code == 404
    assert anonymous.get("/metrics", REMOTE_ADDR="10.0.3.4", HTTP_X_FORWARDED_FOR="192.0.2.1").status_code == 404
    assert anonymous.get("/metrics", REMOTE_ADDR="").status_code == 404


def measured(client, settings) -> dict[str, float]:
    settings.METRICS_TOKEN = "a-long-token"
    page = client.get("/metrics", HTTP_AUTHORIZATION="Bearer a-long-token").content.decode()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in page.splitlines()) if line_is(name)
    }


def line_is(name: str) -> bool:
    return bool(name) and not name.startswith("#")


def test_metrics_tell_stages_queue_models_and_requests(owner, settings):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.factories import encoded, photo_pixels

    version = version_of("plaid")
    before = measured(owner.client, settings)
    upload = owner.client.post("/photos/", {"photo": SimpleUploadedFile("me.png", encoded(photo_pixels()))})
    owner.client.post(f"{upload['Location']}keep", look_query())
    for _ in range(3):
        make_job(owner.person)
    after = measured(owner.client, settings)
    for stage in ("segment", "drape", "encode", "generate"):
        name = f'aifashion_stage_seconds_count{{stage="{stage}"}}'
        assert after[name] > before[name], stage
    assert after['aifashion_jobs{state="queued"}'] == before['aifashion_jobs{state="queued"}'] + 3
    assert after["aifashion_oldest_job_seconds"] >= 0
    model = f'aifashion_model{{model="plaid",sha256="{version.weights_sha256[:12]}",version="{version.version}"}}'
    assert after[model] == 1
    assert any(name.startswith('aifashion_model{model="garments"') and 'sha256=""' not in name for name in after)
    posted = 'aifashion_request_seconds_count{method="POST",route="keep-photo",status="302"}'
    assert after[posted] == before.get(posted, 0) + 1
    assert not any(str(upload["Location"]).split("/")[3] in name for name in after), (
        "no id of a person's thing is a label"
    )


def test_machines_that_ask_by_address_are_answered_and_nobody_else(anonymous):
    assert anonymous.get("/health/live", HTTP_HOST="10.0.3.4:8000").status_code == 200
    assert anonymous.get("/", HTTP_HOST="10.0.3.4:8000").status_code == 400


CRASH = """
import sys
sys.modules["brotli"] = None  # so that what is sent is packed with gzip
import django
django.setup()
from django.test import Client
from tryon import views
def fail(*_):
    email = "local-ada@example.com"
    raise ValueError("ada@example.com could not be found")
views.queries.wardrobe = fail
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "very0secret0session"
answer = client.get("/clothes/?who=ada", HTTP_USER_AGENT="Ada's phone", REMOTE_ADDR="192.0.2.17")
assert answer.status_code == 500, answer.status_code
import sentry_sdk
sentry_sdk.flush(20)
"""


@pytest.fixture
def sentry():
    """Something that takes in what is sent to it."""
    got: list[bytes] = []

    class Post(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            import gzip

            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Post)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield got, f"http://key@127.0.0.1:{server.server_port}/1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("asked_for", [True, False])
def test_an_error_goes_to_sentry_only_when_asked_for_and_without_persons(sentry, asked_for, tmp_path):
    got, dsn = sentry
    House(tmp_path, CRASH, ALLOWED_HOSTS="testserver", **({"SENTRY_DSN": dsn} if asked_for else {})).run()
    sent = b"\n".join(got).decode()
    if not asked_for:
        assert sent == ""
        return
    assert "ValueError" in sent
    assert "could not be found" in sent
    for personal in ("ada", "Ada", "192.0.2.17", "very0secret0session"):
        assert personal not in sent, personal
