"""Only scripts that carry the page's own nonce may run, on every page, in admin and in the pages of accounts too."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.urls import reverse

from aifashion.nonces import with_nonces
from patterns.models import Category
from tests.factories import look_query, make_photo, make_result, make_stock, version_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
SCRIPT = re.compile(r"<script\b[^>]*>")


def nonce_of(response: HttpResponse) -> str:
    found = re.findall(r"script-src(?: 'nonce-([\w+/=]+)')?(?:;|$)", response["Content-Security-Policy"])
    assert len(found) == 1, response["Content-Security-Policy"]
    return found[0]


def check(response: HttpResponse) -> int:
    """How many scripts a page has; each must be allowed by its policy, by the nonce and by nothing else."""
    nonce, tags = nonce_of(response), SCRIPT.findall(response.content.decode())
    assert all(f'nonce="{nonce}"' in tag for tag in tags)
    assert bool(nonce) == bool(tags)
    return len(tags)


def test_the_scripts_of_our_pages_have_it(owner):
    version_of("plaid")
    stock, photo = make_stock(), make_photo(owner.person)
    result = make_result(owner.person, photo)
    pages = {
        reverse("clothes"): 1,
        reverse("try-stock", args=[stock.slug]): 3,
        reverse("mend-photo", args=[photo.public_id]): 2,
        reverse("result", args=[result.public_id]): 2,
    }
    for address, count in pages.items():
        answer = owner.client.get(address, look_query())
        assert answer.status_code == 200
        assert check(answer) >= count


@pytest.mark.parametrize("address", ["/", "/fabrics/", "/nothing-here", "/account/login/", "/account/signup/"])
def test_a_page_without_scripts_allows_none(anonymous, address):
    check(anonymous.get(address))


def test_the_scripts_of_admin_have_it(admin_of_the_site):
    category = Category.objects.create(slug="plaid", name="Plaid")
    version_of("plaid")
    make_stock()
    addresses = {
        reverse("admin:index"): 2,
        reverse("admin:patterns_category_changelist"): 5,
        reverse("admin:patterns_category_add"): 5,
        reverse("admin:patterns_category_change", args=[category.pk]): 5,
        reverse("admin:patterns_category_delete", args=[category.pk]): 3,
        reverse("admin:tryon_stockgarment_changelist"): 5,
        reverse("admin:auth_user_add"): 5,
    }
    for address, count in addresses.items():
        answer = admin_of_the_site.get(address)
        assert answer.status_code == 200, address
        assert check(answer) >= count, address


def test_every_page_has_another(owner):
    version_of("plaid")
    assert nonce_of(owner.client.get("/clothes/")) != nonce_of(owner.client.get("/clothes/"))


def test_a_script_that_came_with_data_gets_none(rf: RequestFactory):
    template = engines["django"].from_string("{{ words|safe }}<p>{{ CSP_NONCE }}</p>")
    page = template.render({"words": "<script src=/evil.js></script>", "CSP_NONCE": "known"})
    assert page.startswith("<script src=/evil.js>")


def test_a_category_named_like_a_script_runs_nothing(admin_of_the_site):
    Category.objects.create(slug="evil", name="<script>alert(1)</script>")
    page = admin_of_the_site.get(reverse("admin:patterns_category_changelist"))
    check(page)
    assert "<script>alert" not in page.content.decode()


def test_what_templates_say_is_changed_as_they_are_loaded():
    assert with_nonces("<script>x</script>") == '<script nonce="{{ CSP_NONCE }}">x</script>'
    assert with_nonces("{{ media }}{{ form.media }}") == "{{ media|nonced:CSP_NONCE }}{{ form.media|nonced:CSP_NONCE }}"
    for left in ("{{ media.css }}", "<scripture>", "{{ multimedia }}"):
        assert with_nonces(left) == left


@pytest.fixture
def admin_of_the_site(anonymous):
    anonymous.force_login(User.objects.create_superuser("boss"))
    return anonymous
