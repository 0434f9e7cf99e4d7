"""No page asks anybody but us for anything: every page that a visitor and somebody signed in can come to is walked."""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

import pytest
from django.contrib.auth.models import User
from django.urls import Resolver404, resolve

from patterns.ownership import Person
from patterns.studio.keeping import make_collection, put_into, save_fabric
from tests import factories
from tests.conftest import SiteClient
from tests.test_access import ROUTES, STUDIO_POSTS
from tryon import sharing

pytestmark = pytest.mark.browser
# What no link leads to, or what is not a page: files, pictures, answers to forms, and pages with a test of their own.
NOT_PAGES = {
    *STUDIO_POSTS,
    *[name for name, row in ROUTES.items() if row.posts],
    *[
        name
        for name in ROUTES
        if name.startswith(("api", "health", "download", "live", "preview", "studio-mix-", "photo-"))
    ],
    *(
        "metrics",
        "fabric-tile",
        "fabric-shown",
        "catalogue-picture",
        "result-image",
        "result-thumbnail",
        "shared-picture",
    ),
    *(
        "shared-before",
        "studio-preview",
        "studio-tile",
        "studio-shown",
        "studio-inks",
        "studio-print-file",
        "studio-category",
    ),
    *("upload-photo", "job", "favicon"),
}
SIGNED_OUT = {"account_login", "account_signup", "account_reset_password", "privacy"}
SIGNED_IN = {"profile", "account_email", "account_change_password", "account_logout", "delete-account", "mfa_index"}


def walk(visitor, starts: list[str]) -> set[str]:
    """Follow every link from these pages, one address for each route; the routes that were seen."""
    page, waiting, seen = visitor.page, list(starts), {}
    while waiting:
        address = waiting.pop(0)
        name = route_of(address)
        if name is None or name in seen or name in NOT_PAGES or name.startswith("admin:") or name == "export":
            continue
        answer = page.goto(address)
        assert answer is None or answer.ok, f"{address}: {answer.status}"
        page.wait_for_load_state("networkidle")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")  # what is loaded late is asked for, too
        page.wait_for_load_state("networkidle")
        seen[name] = address
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        waiting += [urldefrag(link)[0].removeprefix(visitor.address) for link in links]
        abroad = [link for link in links if not link.startswith((visitor.address, "data:", "blob:"))]
        assert abroad == [], f"{address} leads to other people's pages"
    return set(seen)


def route_of(address: str) -> str | None:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return None


def fill(person: Person) -> list[str]:
    """One of everything for a person; addresses that no page links to."""
    version = factories.version_of("plaid")
    photo = factories.make_photo(person)
    result = factories.make_result(person, photo)
    fabric = save_fabric(person, version, factories.make_fabric(person).as_recipe())
    put_into(make_collection(person, "Spring"), fabric, True)
    token = sharing.token_of(sharing.share(result, 30, with_photo=True))
    look = "garment=top&fabric=plaid:5&category=plaid&from=5"
    return ["/", f"/shared/{token}/", f"/try/stock/plain-top/?{look}", f"/try/photo/{photo.public_id}/?{look}"]


def sign_in(visitor, client: SiteClient) -> None:
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": visitor.address}
    visitor.context.add_cookies([cookie])


def test_no_page_asks_anybody_else_for_anything(visit, owner):
    visitor = visit()
    sign_in(visitor, owner.client)
    seen = walk(visitor, fill(owner.person))
    assert seen >= SIGNED_OUT
    assert set(ROUTES) - NOT_PAGES - seen == set()
    assert visitor.foreign == []


def test_nor_does_a_page_of_an_account(visit):
    ada = User.objects.create_user("ada", "ada@example.com", "correct horse battery")
    visitor, client = visit(), SiteClient()
    client.force_login(ada)
    sign_in(visitor, client)
    fill(Person(ada.pk))
    seen = walk(visitor, ["/account/"])
    assert seen >= SIGNED_IN
    assert visitor.foreign == []
