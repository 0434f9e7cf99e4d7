"""What every page carries, and the pages for everything that goes wrong."""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, ProgrammingError
from django.urls import reverse

from aifashion import errors
from aifashion.logs import JsonLines
from tests.conftest import SiteClient
from tests.factories import make_stock, version_of
from tryon import views

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def staff(anonymous) -> SiteClient:
    anonymous.force_login(User.objects.create_superuser("boss"))
    return anonymous


def policy(response) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in response["Content-Security-Policy"].split(";"))}


@pytest.mark.parametrize(
    "address", ["/", "/clothes/", "/fabrics/", "/results/", "/nothing-here", "/admin/", "/health/live"]
)
def test_every_page_has_a_strict_policy_and_the_security_headers(staff, address):
    version_of("plaid")
    make_stock()
    response = staff.get(address)
    told = policy(response)
    assert told["default-src"] == ["'self'"]
    assert told["style-src"] == ["'self'"]
    assert all(source.startswith("'nonce-") for source in told["script-src"])
    assert told["object-src"] == told["base-uri"] == told["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "camera=(self)" in response["Permissions-Policy"]
    assert "microphone=()" in response["Permissions-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(response["X-Request-ID"]) == 16


@pytest.mark.parametrize("address", ["/", "/clothes/", "/fabrics/", "/results/", "/nothing-here", "/admin/"])
def test_no_page_has_anything_inline_that_the_policy_forbids(staff, address):
    version_of("plaid")
    page = staff.get(address).content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<style" not in page
    assert "javascript:" not in page


def test_looking_around_leaves_no_cookie_but_the_forms_token(anonymous):
    version_of("plaid")
    for address in ("/", "/clothes/", "/fabrics/", "/results/"):
        anonymous.get(address)
    assert set(anonymous.cookies) <= {"csrftoken"}


def test_a_page_that_is_not_there_is_kind(anonymous):
    response = anonymous.get("/nothing-here")
    assert response.status_code == 404
    assert "Not found" in response.content.decode()


def test_a_failure_of_ours_is_kind_and_tells_nothing(anonymous, monkeypatch):
    def fail(*_):
        raise ProgrammingError("secret detail of the database")

    monkeypatch.setattr(views.queries, "results_of", fail)
    response = anonymous.get("/results/")
    assert response.status_code == 500
    assert "not your fault" in response.content.decode()
    assert "secret" not in response.content.decode()


def test_what_is_forbidden_is_kind(anonymous, monkeypatch):
    def forbid(*_):
        raise PermissionDenied

    monkeypatch.setattr(views.queries, "results_of", forbid)
    assert anonymous.get("/results/").status_code == 403


def test_a_body_over_the_limit_is_refused_before_it_is_kept(anonymous, monkeypatch):
    monkeypatch.setattr(views.services, "accept_photo", lambda *_: pytest.fail("reached"))
    response = anonymous.generic("POST", "/photos/", b"x" * (16 * 1024 * 1024 + 1), "multipart/form-data; boundary=x")
    assert response.status_code == 413
    assert "too large" in response.content.decode()


def test_a_form_without_files_over_the_limit_is_refused(anonymous):
    response = anonymous.post("/photos/", {"fabric": "x" * 2_000_000})
    assert response.status_code == 413


def test_broken_requests_are_kind(anonymous):
    broken = anonymous.generic("POST", "/photos/", b"--x\r\nnonsense", "multipart/form-data; boundary=x")
    assert broken.status_code == 400
    too_many = anonymous.post("/photos/", {f"field{number}": "1" for number in range(1500)})
    assert too_many.status_code == 400
    odd_host = anonymous.get("/", headers={"host": "evil.example"})
    assert odd_host.status_code == 400
    for response in (broken, too_many, odd_host):
        assert "<h1>" in response.content.decode()


def test_odd_lengths_and_cookies_are_no_server_error(anonymous):
    assert anonymous.generic("POST", "/photos/", b"", CONTENT_LENGTH="many").status_code == 400
    anonymous.cookies["sessionid"] = "\x00" * 50
    assert anonymous.get("/results/").status_code == 200


def test_the_path_of_the_catalogue_leads_nowhere_else(anonymous):
    for name in ("../private/x", "..%2f..%2fmanage.py", "%00", "stock", "", "/etc/passwd"):
        assert anonymous.get(f"/catalogue/{name}").status_code in (400, 404)


def test_every_error_page_can_be_shown_without_a_request():
    for status, template in (
        (400, None),
        (403, None),
        (403, "403_csrf"),
        (404, None),
        (413, None),
        (500, None),
        (503, None),
    ):
        assert "<h1>" in errors.error_page(status, template).content.decode()


def test_live_says_live_and_ready_names_each_part(anonymous):
    assert anonymous.get("/health/live").json() == {"status": "live"}
    ready = anonymous.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json() == {"status": "not ready", "database": "ok", "storage": "ok", "models": "failed", "queue": "ok"}
    assert "no-store" in ready["Cache-Control"]


def test_live_needs_no_database(anonymous, monkeypatch):
    monkeypatch.setattr("aifashion.health.check_database", lambda: (_ for _ in ()).throw(OperationalError("gone")))
    assert anonymous.get("/health/live").status_code == 200
    assert anonymous.get("/health/ready").json()["database"] == "failed"


def test_log_lines_are_json_with_the_request_they_belong_to(anonymous):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    from aifashion.logs import AddIds

    handler.addFilter(AddIds())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        response = anonymous.get("/nothing-here")
    finally:
        logger.removeHandler(handler)
    line = json.loads(stream.getvalue().splitlines()[0])
    assert line["level"] == "WARNING"
    assert line["request"] == response["X-Request-ID"]


def test_admin_opens_for_staff(staff):
    assert staff.get(reverse("admin:index")).status_code == 200
