"""What pages weigh and how pictures come: a phone on a poor line is a phone."""

from __future__ import annotations

import gzip

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from ml.textiles.recipe import Mix, Recipe
from patterns.models import Fabric
from patterns.ownership import Person
from patterns.studio.addresses import Work
from patterns.studio.mix_page import mix_address
from patterns.studio.pages import print_address
from tests.browser.test_for_everyone import INSIDE, PAGES, PASSWORD
from tests.factories import make_fabric, make_photo, make_result, version_of
from tryon.sharing import share, token_of

pytestmark = pytest.mark.browser
MOST = 150_000  # bytes of a page with its styles, scripts and fonts, as production sends them
SMALLER = (
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
)  # made smaller when they are collected
WITHOUT_SIZE = "[...document.images].filter(i => !(i.getAttribute('width') > 0 && i.getAttribute('height') > 0)).map(i => i.outerHTML)"


SHOWN = {"image/webp", "image/svg+xml"}
ALL_OF_THEM = """document.querySelectorAll('img').forEach(image => {
    image.loading = 'eager';
    image.closest('details')?.setAttribute('open', '');
})"""
STUDIO = ("/studio/", "/studio/fabrics/", "/gallery/", "/gallery/plaid/", "/clothes/?fabric=plaid:17")


def addresses_of(ada: User) -> list[str]:
    person = Person(ada.pk)
    photo, fabric = make_photo(person), make_fabric(person)
    result = make_result(person, photo, fabric)
    Fabric.objects.update(is_saved=True)
    table = Work(version_of("plaid"), Recipe(17, repeat="half-drop"))
    mix = mix_address(table.version, Mix(Recipe(17), Recipe(18), 0.5, 0.5))
    asked = [reverse(name, args=[row.public_id]) for name, row in (("delete-photo", photo), ("delete-result", result))]
    mending = reverse("mend-photo", args=[photo.public_id])
    shared = reverse("shared", args=[token_of(share(result, 30, True))])
    own = [row.get_absolute_url() for row in (photo, result, fabric)]
    return [*PAGES, *INSIDE, *STUDIO, *own, *asked, mending, shared, table.address, print_address(table), mix]


def test_every_page_weighs_little_and_every_picture_is_webp_that_says_its_size(visit):
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    addresses = addresses_of(ada)
    visitor = visit("phone")
    page = visitor.page
    page.goto("/account/login/")
    page.fill("#id_login", ada.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
    heavy, unsized, other, seen = [], [], [], 0
    for address in addresses:
        fresh = visitor.open()  # each page has all to fetch
        answers = []
        fresh.on("response", lambda answer, answers=answers: answers.append(answer))
        assert fresh.goto(address).ok, address
        fresh.evaluate(ALL_OF_THEM)
        fresh.wait_for_load_state("networkidle")
        weight = sum(weight_of(answer) for answer in answers)
        assert weight > 10_000  # something was weighed
        if weight > MOST:
            heavy.append(f"{address}: {weight}")
        unsized += [f"{address}: {picture}" for picture in fresh.evaluate(WITHOUT_SIZE)]
        pictures = [answer for answer in answers if answer.request.resource_type == "image"]
        other += [f"{address}: {each.url}" for each in pictures if each.ok and type_of(each) not in SHOWN]
        seen += len(pictures)
        fresh.close()
    assert heavy == []
    assert unsized == []
    assert other == []
    assert seen > 100


def type_of(answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0]


def weight_of(answer) -> int:
    if answer.request.resource_type in ("image", "fetch") or answer.status in (204, 301, 302, 303, 304):
        return 0  # what is fetched by script are pictures, too
    body = answer.body()
    return len(gzip.compress(body, 9)) if type_of(answer) in SMALLER else len(body)
