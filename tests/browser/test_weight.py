"""What pages weigh and how pictures come: a phone on a poor line is a phone."""

from __future__ import annotations

import gzip

import pytest
from django.contrib.auth.models import User

from patterns.models import Fabric
from patterns.ownership import Person
from tests.browser.test_for_everyone import INSIDE, PAGES, PASSWORD
from tests.factories import make_fabric, make_photo, make_result

pytestmark = pytest.mark.browser
MOST = 150_000  # bytes of a page with its styles, scripts and fonts, as production sends them
SMALLER = (
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
)  # made smaller when they are collected
WITHOUT_SIZE = "[...document.images].filter(i => !(i.getAttribute('width') > 0 && i.getAttribute('height') > 0)).map(i => i.outerHTML)"


def addresses_of(ada: User) -> list[str]:
    person = Person(ada.pk)
    photo = make_photo(person)
    result = make_result(person, photo, make_fabric(person))
    Fabric.objects.update(is_saved=True)
    return [*PAGES, *INSIDE, photo.get_absolute_url(), result.get_absolute_url()]


def test_every_page_weighs_little_and_every_picture_says_its_size(visit):
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    addresses = addresses_of(ada)
    visitor = visit("phone")
    page = visitor.page
    page.goto("/account/login/")
    page.fill("#id_login", ada.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
    heavy, unsized = [], []
    for address in addresses:
        fresh = visitor.open()  # each page has all to fetch
        answers = []
        fresh.on("response", lambda answer, answers=answers: answers.append(answer))
        fresh.goto(address)
        fresh.wait_for_load_state("networkidle")
        weight = sum(weight_of(answer) for answer in answers)
        assert weight > 10_000  # something was weighed
        if weight > MOST:
            heavy.append(f"{address}: {weight}")
        unsized += [f"{address}: {picture}" for picture in fresh.evaluate(WITHOUT_SIZE)]
        fresh.close()
    assert heavy == []
    assert unsized == []


def weight_of(answer) -> int:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.request.resource_type in ("image", "fetch") or answer.status in (204, 301, 302, 303, 304):
        return 0  # what is fetched by script are pictures, too
    body = answer.body()
    return len(gzip.compress(body, 9)) if kind in SMALLER else len(body)
