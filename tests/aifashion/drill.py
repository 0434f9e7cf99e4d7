"""What the restore drill asks of a site, in a process of the site's own."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ml.compositing.placement import Placement
from ml.textiles.recipe import Recipe
from patterns.models import GeneratorVersion
from patterns.ownership import SESSION_KEY, Person
from tests.factories import make_photo
from tryon import services
from tryon.models import Result

COOKIE = "sessionid"


def furnish() -> None:
    """A visitor with a photo and a result in a real fabric, found again by their cookie; and an account."""
    client = Client()
    session = client.session
    session[SESSION_KEY] = "5e2a0d0e-0c6b-4f5c-8f4e-0d8f0e6f7a10"
    session.save()
    person = Person(visitor=session[SESSION_KEY])
    photo = make_photo(person)
    version = GeneratorVersion.objects.get(category__slug="plaid", state=GeneratorVersion.State.PUBLISHED)
    services.keep_result(person, photo, services.Look(("top",), version, Recipe(17), Placement()))
    User.objects.create_user("ada", "ada@example.com", "wonderland-17")


def tell() -> dict[str, Any]:
    """Pages and downloads of the visitor, who comes with the cookie they had."""
    from django.contrib.sessions.models import Session

    client = Client()
    client.cookies[COOKIE] = Session.objects.get().session_key
    result = Result.objects.get()
    pages = [reverse("results"), reverse("result", args=[result.public_id]), reverse("clothes")]
    files = [reverse(name, args=[result.public_id]) for name in ("download-png", "download-fabric", "result-thumbnail")]
    return {
        "pages": [hashlib.sha256(steady(client.get(page).content)).hexdigest() for page in pages],
        "downloads": [
            hashlib.sha256(b"".join(found(client.get(file)).streaming_content)).hexdigest() for file in files
        ],
        "ada": User.objects.get(username="ada").check_password("wonderland-17"),
    }


def found(response: Any) -> Any:
    assert response.status_code == 200, response
    return response


def steady(page: bytes) -> bytes:
    """A page without what is made anew each time: its form's token, the nonce, and what signs links for five minutes."""
    page = re.sub(rb"\b[A-Za-z0-9]{64}\b", b"", page)
    return re.sub(rb"nonce=.[^ >]+|X-Amz-[A-Za-z-]+=[^&\"]+", b"", page)
