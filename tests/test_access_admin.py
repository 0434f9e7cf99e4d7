"""Admin by role: every address of it is closed to all but staff, and of staff each role sees what is its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from patterns.training.roles import ADMINISTRATORS, CURATORS
from tests.conftest import SiteClient
from tests.factories import make_staff

pytestmark = pytest.mark.django_db
OPEN = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
SAMPLES = {"int": "1", "slug": "plaid", "path": "1", "str": "csv", "uuid": "00000000-0000-0000-0000-000000000001"}
# model: (curator's list, curator's add, administrator's list, administrator's add); 200, or 403 for what is not theirs.
MODELS = {
    "auth.group": (403, 403, 200, 200),
    "auth.user": (403, 403, 200, 200),
    "account.emailaddress": (403, 403, 403, 403),
    "mfa.authenticator": (403, 403, 403, 403),
    "axes.accessattempt": (403, 403, 403, 403),
    "axes.accesslog": (403, 403, 403, 403),
    "axes.accessfailurelog": (403, 403, 403, 403),
    "patterns.category": (200, 200, 200, 200),
    "patterns.generatorversion": (200, 403, 200, 403),
    "patterns.fabric": (403, 403, 200, 403),
    "jobs.job": (200, 403, 200, 403),
    "training.trainingrun": (200, 200, 200, 200),
    "admin.logentry": (200, 403, 200, 403),
    "swatches.swatch": (200, 403, 200, 403),
    "swatches.delivery": (200, 200, 200, 200),
    "swatches.swatchbook": (200, 403, 200, 403),
    "tryon.garmentversion": (200, 403, 200, 403),
    "tryon.stockgarment": (200, 200, 200, 200),
    "tryon.photo": (403, 403, 200, 403),
    "tryon.sharelink": (403, 403, 200, 403),
    "tryon.result": (403, 403, 200, 403),
}


def admin_addresses() -> Iterator[str]:
    """Every address of admin, with something in its places."""

    def walk(patterns: list[URLPattern | URLResolver], start: str) -> Iterator[str]:
        for pattern in patterns:
            route = re.sub(r"<(\w+):\w+>", lambda part: SAMPLES[part[1]], str(pattern.pattern))
            route = re.sub(r"\^?\(\?P<app_label>([\w]+)[^)]*\)/?\$?", r"\1/", route)
            route = route.replace(r"(?P<url>.*)$", "anything/")
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, start + route)
            else:
                yield f"{start}{route}"

    top = next(each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "admin")
    return walk(top.url_patterns, "/admin/")


def signed_in(user: User) -> Client:
    client = SiteClient()
    client.force_login(user)
    return client


def test_every_address_of_admin_is_closed_to_all_but_staff(owner, anonymous):
    addresses = set(admin_addresses()) - OPEN
    assert len(addresses) > 100
    for client in (owner.client, anonymous, signed_in(User.objects.create_user("shopper"))):
        told = {address: client.get(address) for address in addresses}
        assert {address for address, answer in told.items() if answer.status_code != 302} == set()
        assert {address for address, answer in told.items() if "login" not in answer["Location"]} == set()


def test_each_role_of_staff_sees_what_is_its_own():
    roles = [signed_in(make_staff("ada", CURATORS)), signed_in(make_staff("bob", ADMINISTRATORS))]
    told = {}
    for model in admin.site._registry:
        name = f"{model._meta.app_label}.{model._meta.model_name}"
        pages = [reverse(f"admin:{name.replace('.', '_')}_{page}") for page in ("changelist", "add")]
        told[name] = tuple(client.get(page).status_code for client in roles for page in pages)
    assert told == MODELS
