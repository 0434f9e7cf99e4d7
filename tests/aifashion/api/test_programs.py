"""A program with a token does what the pages do, sees what its person sees, and is told in a sentence what went wrong."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from PIL import Image

from aifashion.api.models import Token
from aifashion.api.tokens import MOST, make_token
from patterns import limits
from patterns.limits import LIMITS, Limit
from patterns.ownership import Person
from tests.conftest import SiteClient
from tests.factories import StandInSegmenter, make_photo, make_result, make_stock, version_of
from tests.tryon import hostile
from tryon import services
from tryon.models import Photo, Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
LOOK = {"fabric": "plaid:17", "garments": ["top"]}


class Program:
    """Somebody's program: ``client`` shows the token, ``person`` is whose it is."""

    def __init__(self, name: str) -> None:
        self.user = User.objects.create_user(name, f"{name}@example.com", "correct horse battery")
        self.token, self.secret = make_token(self.user.pk, "script")
        self.person = Person(user_id=self.user.pk)
        self.client = SiteClient(headers={"authorization": f"Bearer {self.secret}"})

    def post(self, address: str, body: object):
        return self.client.post(f"/api/v1{address}", body, content_type="application/json")


@pytest.fixture
def ada(db) -> Program:
    return Program("ada")


@pytest.fixture
def bob(db) -> Program:
    return Program("bob")


def upload(client: Client, content: bytes):
    return client.post("/api/v1/photos", {"photo": SimpleUploadedFile("me.jpg", content, "image/jpeg")})


def test_the_whole_way(ada, local_files, django_capture_on_commit_callbacks):
    version_of("plaid")
    (category,) = ada.client.get("/api/v1/categories").json()
    fabric = ada.post("/fabrics", {"category": category["slug"], "seed": 17}).json()
    assert fabric["fabric"] == "plaid:17"
    tile = ada.client.get("/api/v1/fabrics/picture", {"fabric": fabric["fabric"], "size": "256"})
    assert Image.open(io.BytesIO(b"".join(tile.streaming_content))).size == (256, 256)
    answer = upload(ada.client, hostile.jpeg())
    assert answer.status_code == 201
    photo = answer.json()
    assert photo["outcome"] == "found"
    assert [garment["name"] for garment in photo["found"]] == ["top"]
    segments = ada.client.get(f"/api/v1/photos/{photo['id']}/segments")
    labels = np.asarray(Image.open(io.BytesIO(b"".join(segments.streaming_content))))
    assert labels.shape == (photo["height"], photo["width"])
    assert set(np.unique(labels)) == {0, 2}
    kept = ada.post(f"/photos/{photo['id']}/results", {**LOOK, "cm": 12.5, "repeat": "mirror"})
    assert kept.status_code == 201
    result = kept.json()
    assert result["photo"] == photo["id"]
    assert result["placement"]["cm_per_tile"] == 12.5
    assert result["fabric"] == "plaid:17"
    picture = ada.client.get(f"/api/v1/results/{result['id']}/picture")
    dressed = Image.open(io.BytesIO(b"".join(picture.streaming_content)))
    assert dressed.size == (photo["width"], photo["height"])
    assert [each["id"] for each in ada.client.get("/api/v1/results").json()] == [result["id"]]
    with django_capture_on_commit_callbacks(execute=True):
        assert ada.client.delete(f"/api/v1/results/{result['id']}").status_code == 204
        assert ada.client.delete(f"/api/v1/photos/{photo['id']}").status_code == 204
    assert ada.client.get("/api/v1/photos").json() == []
    assert not [path for path in local_files.rglob("*") if path.is_file()]


def test_a_garment_of_the_house_is_dressed_without_a_photo(ada):
    version_of("plaid")
    stock = make_stock()
    (garment,) = ada.client.get("/api/v1/garments").json()
    assert garment["garments"] == ["top"]
    result = ada.post(f"/garments/{garment['slug']}/results", LOOK).json()
    assert (result["photo"], result["garment"]) == (None, stock.slug)
    assert str(Result.objects.get().public_id) == result["id"]


def test_what_a_program_makes_is_on_its_persons_pages(ada):
    version_of("plaid")
    photo = upload(ada.client, hostile.jpeg()).json()
    browser = SiteClient()
    browser.force_login(ada.user)
    assert browser.get(f"/photos/{photo['id']}/image").status_code == 200


def questions(photo: object, result: object, stock: object) -> dict[tuple[str, str], int]:
    """Every question, and what the owner of the things in it is answered."""
    own, kept = f"/photos/{photo}", f"/results/{result}"
    return {
        ("GET", "/categories"): 200,
        ("POST", "/fabrics"): 201,
        ("GET", "/fabrics/picture?fabric=plaid:17"): 200,
        ("GET", "/garments"): 200,
        ("GET", "/photos"): 200,
        ("POST", "/photos"): 422,  # without a file
        ("GET", own): 200,
        ("GET", f"{own}/picture"): 200,
        ("GET", f"{own}/segments"): 200,
        ("POST", f"{own}/results"): 201,
        ("POST", f"/garments/{stock}/results"): 201,
        ("GET", "/results"): 200,
        ("GET", kept): 200,
        ("GET", f"{kept}/picture"): 200,
        ("DELETE", kept): 204,
        ("DELETE", own): 204,
    }


def ask(client: Client, method: str, address: str):
    body = {"category": "plaid"} if address == "/fabrics" else LOOK
    options = {"data": body, "content_type": "application/json"} if method == "POST" else {}
    return getattr(client, method.lower())(f"/api/v1{address}", **options)


def test_each_role_gets_what_the_table_says(ada, bob, anonymous):
    """Others' things are not found, by staff neither; without a token, or with a cookie alone, nothing is answered."""
    version_of("plaid")
    stock, photo = make_stock(), make_photo(ada.person)
    result = make_result(ada.person)
    staff = Program("boss")
    User.objects.filter(pk=staff.user.pk).update(is_staff=True, is_superuser=True)
    by_cookie = SiteClient()
    by_cookie.force_login(ada.user)
    table = questions(photo.public_id, result.public_id, stock.slug)
    for (method, address), status in table.items():
        theirs = 404 if str(photo.public_id) in address or str(result.public_id) in address else status
        for stranger in (bob, staff):
            assert ask(stranger.client, method, address).status_code == theirs, (method, address)
        for nobody in (anonymous, by_cookie):
            assert ask(nobody, method, address).status_code == 401, (method, address)
    assert {key: ask(ada.client, *key).status_code for key in table} == table


def test_every_question_is_in_the_table():
    schema = Client(headers={"host": "localhost"}).get(reverse("api:openapi-json")).json()
    known = {
        (method.upper(), re.sub(r"{\w+}", "X", path.removeprefix("/api/v1")))
        for path, methods in schema["paths"].items()
        for method in methods
    }
    asked = {(method, address.partition("?")[0]) for method, address in questions("X", "X", "X")}
    assert asked == known
    names = {
        pattern.name
        for resolver in get_resolver().url_patterns
        if hasattr(resolver, "url_patterns")
        for inner in resolver.url_patterns
        if getattr(inner, "app_name", "") == "ninja"
        for pattern in inner.url_patterns
    }
    assert len(names) == len({address for _, address in known}) + 2, "and the document, and the root"


def test_only_a_tokens_fingerprint_is_kept(ada):
    row = Token.objects.get()
    assert ada.secret not in str(vars(row))
    assert ada.secret.startswith("aif_")
    assert len(row.digest) == 64


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer \x00", "Token {secret}"])
def test_anything_but_a_token_is_refused_with_a_sentence(ada, header):
    client = SiteClient(headers={"authorization": header.replace("{secret}", ada.secret)})
    answer = client.get("/api/v1/categories")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "Bearer aif_" in answer.json()["detail"]


def test_a_closed_account_has_no_way_in(ada):
    User.objects.filter(pk=ada.user.pk).update(is_active=False)
    assert ada.client.get("/api/v1/categories").status_code == 401


def test_when_a_token_was_used_last_is_noted_to_within_the_hour(ada, django_assert_num_queries):
    ada.client.get("/api/v1/photos")
    assert timezone.now() - Token.objects.get().last_used < timedelta(minutes=5)
    with django_assert_num_queries(2):
        ada.client.get("/api/v1/photos")


PROBLEMS = {
    ("POST", "/photos", "a page in place of a photo"): 400,
    ("POST", "/fabrics", '{"category": "none"}'): 404,
    ("POST", "/fabrics", '{"category": "plaid", "seed": -1}'): 422,
    ("POST", "/fabrics", '{"category": "plaid", "more": 1}'): 422,
    ("POST", "/fabrics", "{no json"): 400,
    ("GET", "/fabrics/picture?fabric=plaid", ""): 422,
    ("GET", "/fabrics/picture?fabric=plaid:99999999999", ""): 422,
    ("GET", "/fabrics/picture?fabric=plaid:9999999999", ""): 400,
    ("GET", "/fabrics/picture?fabric=none:1", ""): 404,
    ("GET", "/photos/17", ""): 404,
    ("GET", "/nothing", ""): 404,
    ("PUT", "/photos", ""): 405,
}


@pytest.mark.parametrize(("method", "address", "body"), PROBLEMS)
def test_what_goes_wrong_is_a_problem_with_a_sentence(ada, method, address, body):
    version_of("plaid")
    if address == "/photos" and method == "POST":
        answer = upload(ada.client, body.encode())
    else:
        answer = ada.client.generic(method, f"/api/v1{address}", body, content_type="application/json")
    told = answer.json()
    assert answer.status_code == told["status"] == PROBLEMS[method, address, body]
    assert answer["Content-Type"] == "application/problem+json"
    assert re.search(r"\.$", told["detail"])
    assert told["title"]


def test_a_garment_that_is_not_in_the_photo_and_an_unsure_one_are_refused(ada, monkeypatch):
    version_of("plaid")
    photo = upload(ada.client, hostile.jpeg()).json()
    answer = ada.post(f"/photos/{photo['id']}/results", {**LOOK, "garments": ["skirt"]})
    assert answer.status_code == 400
    assert "not in this picture" in answer.json()["detail"]
    monkeypatch.setattr(services, "segmenter", lambda: StandInSegmenter("unsure"))
    unsure = upload(ada.client, hostile.jpeg()).json()
    assert unsure["outcome"] == "unsure"
    assert ada.post(f"/photos/{unsure['id']}/results", LOOK).status_code == 400
    assert ada.post(f"/photos/{unsure['id']}/results", {**LOOK, "sure": True}).status_code == 201


def test_failures_of_ours_are_problems_too(ada, monkeypatch):
    from botocore.exceptions import EndpointConnectionError

    for failure, status in ((ValueError("secret"), 500), (EndpointConnectionError(endpoint_url="x"), 503)):

        def fail(*_, failure=failure):
            raise failure

        monkeypatch.setattr(services, "accept_photo", fail)
        answer = upload(ada.client, hostile.jpeg())
        assert answer.status_code == answer.json()["status"] == status
        assert "secret" not in answer.content.decode()


def test_a_body_over_the_limit_is_a_problem(ada):
    answer = ada.client.generic(
        "POST", "/api/v1/photos", b"x" * (16 * 1024 * 1024 + 1), "multipart/form-data; boundary=x"
    )
    assert answer.status_code == answer.json()["status"] == 413


def test_programs_have_the_limits_of_pages_whatever_their_token(ada, settings, monkeypatch):
    settings.RATE_LIMITS = True
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000 - 30)
    monkeypatch.setitem(LIMITS, "upload", Limit("photos", 2, 0, 600))
    other = SiteClient(headers={"authorization": f"Bearer {make_token(ada.user.pk, 'other')[1]}"})
    assert [upload(client, hostile.jpeg()).status_code for client in (ada.client, other, ada.client)] == [201, 201, 429]
    refused = upload(other, hostile.jpeg())
    assert refused["Retry-After"] == "30"
    assert "at most 2 photos in 10 minutes" in refused.json()["detail"]
    assert Photo.objects.count() == 2


def test_a_person_makes_sees_and_revokes_tokens(ada, anonymous):
    anonymous.force_login(ada.user)
    assert "script" in anonymous.get(reverse("api-tokens")).content.decode()
    made = anonymous.post(reverse("api-tokens"), {"name": "My camera"})
    secret = re.search(r"aif_[\w-]{43}", made.content.decode())
    assert secret
    program = SiteClient(headers={"authorization": f"Bearer {secret[0]}"})
    assert program.get("/api/v1/photos").status_code == 200
    assert secret[0] not in anonymous.get(reverse("api-tokens")).content.decode()
    token = Token.objects.get(name="My camera")
    page = anonymous.post(reverse("api-token-revoke", args=[token.public_id]), follow=True)
    assert "is revoked" in page.content.decode()
    assert program.get("/api/v1/photos").status_code == 401


def test_nobody_revokes_or_sees_anothers_token(ada, bob, anonymous):
    address = reverse("api-token-revoke", args=[ada.token.public_id])
    assert anonymous.post(address).status_code == 302
    anonymous.force_login(bob.user)
    assert anonymous.post(address).status_code == 404
    assert str(ada.token.public_id) not in anonymous.get(reverse("api-tokens")).content.decode()
    assert Token.objects.count() == 2


def test_a_token_has_a_name_and_a_person_has_few(ada, anonymous):
    anonymous.force_login(ada.user)
    answer = anonymous.post(reverse("api-tokens"), {"name": " "})
    assert answer.status_code == 400
    assert "Give the token a name" in answer.content.decode()
    for number in range(MOST - 1):
        make_token(ada.user.pk, str(number))
    answer = anonymous.post(reverse("api-tokens"), {"name": "one more"})
    assert answer.status_code == 400
    assert "Revoke one first" in answer.content.decode()
    assert Token.objects.count() == MOST


def test_the_page_for_programs_names_every_question_and_needs_no_script(anonymous):
    page = anonymous.get("/api/").content.decode()
    assert "<script" not in page
    for path in ("/api/v1/photos/{photo_id}/segments", "/api/v1/fabrics/picture", "/api/v1/garments/{slug}/results"):
        assert path in page
