"""Every address of the site by who asks: the owner of the things in it, a stranger, somebody never seen before, staff.

A route that is missing from the table fails the test, so nobody adds one without deciding who may see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ml.textiles.recipe import Recipe
from patterns.studio.addresses import write_recipe
from patterns.studio.keeping import make_collection
from patterns.training.roles import ADMINISTRATORS, CURATORS, make_roles
from tests.conftest import SiteClient
from tests.factories import look_query, make_fabric, make_job, make_photo, make_result, make_stock, version_of
from tryon.sharing import share, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


class Row(NamedTuple):
    """What each gets. ``form``: what is sent along, by POST when ``posts``."""

    owner: int
    others: int
    posts: bool = False
    form: dict[str, object] | None = None
    staff: int = 404  # of what others do not find


EVERYBODY = Row(200, 200)
MINE = Row(200, 404)
PUBLIC_POST = Row(400, 400, posts=True)  # an empty form: refused for its content, not for who sent it
LOOK = look_query()
SEED_17 = write_recipe(Recipe(17))
STUDIO_POSTS = (
    "studio-open",
    "studio-picture",
    "studio-colours",
    "studio-save",
    "fabric-change",
    "collection-change",
)
MIX = {"a": SEED_17, "b": SEED_17, "structure": 0.5, "style": 0.5}
ROUTES = {
    "health-live": EVERYBODY,
    "metrics": Row(404, 404),  # only with the token, see tests/aifashion/test_watching.py
    "health-ready": Row(503, 503),  # the tests' stand-ins have no files
    "favicon": Row(302, 302),
    "set-language": Row(302, 302, posts=True, form={"language": "en"}),
    "categories": EVERYBODY,
    "fabrics": Row(200, 200, form={"from": 3}),
    "fabric-tile": EVERYBODY,
    "fabric-shown": EVERYBODY,
    "gallery": EVERYBODY,
    "gallery-category": EVERYBODY,
    "studio-start": EVERYBODY,
    "studio-open": PUBLIC_POST,
    "studio-picture": PUBLIC_POST,
    "my-fabrics": EVERYBODY,
    "fabric": MINE,
    "fabric-change": Row(302, 404, posts=True, form={"do": "favourite"}),
    "collection": MINE,
    "collection-change": Row(302, 404, posts=True, form={"do": "name", "name": "Spring"}),
    "studio-colours": Row(400, 400, posts=True, form={"seed": 17}),
    "studio-save": Row(302, 302, posts=True, form={"seed": 17}),
    "studio-mix": Row(200, 200, form=MIX),
    "studio-mix-preview": Row(200, 200, form=MIX),
    "studio-mix-loop": Row(200, 200, form=MIX),
    "studio-category": Row(302, 302),
    "studio": Row(200, 200, form={"seed": 17}),
    "studio-preview": Row(200, 200, form={"seed": 17}),
    "studio-tile": Row(200, 200, form={"seed": 17}),
    "studio-shown": Row(200, 200, form={"seed": 17}),
    "studio-inks": Row(200, 200, form={"seed": 17}),
    "studio-print": Row(200, 200, form={"seed": 17}),
    "studio-print-file": Row(200, 200, form={"seed": 17, "width": 2, "dpi": 150}),
    "home": EVERYBODY,
    "clothes": EVERYBODY,
    "catalogue-picture": EVERYBODY,
    "upload-photo": PUBLIC_POST,
    "my-photos": EVERYBODY,
    "photo-stay": Row(302, 404, posts=True, form={"keep": "yes"}),
    "photo-image": MINE,
    "photo-thumbnail": MINE,
    "delete-photo": MINE,
    "try-photo": Row(200, 404, form=LOOK),
    "preview-photo": Row(200, 404, form=LOOK),
    "mend-photo": Row(200, 404, form=LOOK),
    "choose-person-photo": Row(302, 404, posts=True, form={"person": 0}),
    "keep-photo": Row(302, 404, posts=True, form=LOOK),
    "live-photo": Row(200, 404, form=LOOK),
    "sheet-photo": Row(200, 404, form={**LOOK, "six": 3}),
    "try-stock": Row(200, 200, form=LOOK),
    "preview-stock": Row(200, 200, form=LOOK),
    "keep-stock": Row(302, 302, posts=True, form=LOOK),
    "live-stock": Row(200, 200, form=LOOK),
    "sheet-stock": Row(200, 200, form={**LOOK, "six": 3}),
    "live-fabric": Row(200, 200, form={"fabric": "plaid:17"}),
    "results": EVERYBODY,
    "result": MINE,
    "result-image": MINE,
    "result-thumbnail": MINE,
    "download-png": MINE,
    "download-jpeg": MINE,
    "download-fabric": MINE,
    "delete-result": MINE,
    "result-share": Row(302, 404, posts=True, form={"days": 30}),
    "result-share-end": Row(302, 404, posts=True),
    "shared": EVERYBODY,  # who has the link
    "shared-picture": EVERYBODY,
    "shared-before": EVERYBODY,
    "job": Row(200, 404, staff=200),
    "job-cancel": Row(302, 404, posts=True, staff=302),
}


class Seat(NamedTuple):
    """Of an account's own pages: what each role gets. Visitors are all alike here, whatever they own."""

    visitor: int
    shopper: int
    curator: int
    administrator: int
    posts: bool = False
    arguments: tuple[str, ...] = ()


ENTRANCE = Seat(200, 302, 302, 302)  # who is in already is sent on
INSIDE = Seat(302, 200, 200, 200)  # who is not, is sent to sign in
ANYBODY = Seat(200, 200, 200, 200)
ACCOUNT = {
    "privacy": ANYBODY,
    "api-documentation": ANYBODY,
    "api-tokens": INSIDE,
    "api-token-revoke": Seat(302, 404, 404, 404, posts=True, arguments=(str(UUID(int=1)),)),
    "profile": INSIDE,
    "change-mode": Seat(302, 400, 400, 400, posts=True),
    "export": INSIDE,
    "delete-account": INSIDE,
    "account-deleted": ANYBODY,
    "account_login": ENTRANCE,
    "account_signup": ENTRANCE,
    "account_logout": Seat(302, 200, 200, 200),
    "account_inactive": ANYBODY,
    "account_reauthenticate": INSIDE,
    "account_email": INSIDE,
    "account_email_verification_sent": ANYBODY,
    "account_confirm_email": Seat(200, 200, 200, 200, arguments=("none",)),
    "account_change_password": INSIDE,
    "account_set_password": Seat(302, 302, 302, 302),  # for accounts without one; ours all have one
    "account_reset_password": ANYBODY,
    "account_reset_password_done": ANYBODY,
    "account_reset_password_from_key": Seat(200, 200, 200, 200, arguments=("0", "none")),
    "account_reset_password_from_key_done": ANYBODY,
    "account_confirm_login_code": Seat(302, 302, 302, 302),
    "mfa_index": INSIDE,
    "mfa_authenticate": Seat(302, 302, 302, 302),  # only half way through signing in
    # What changes the second step asks for the password again first; the shopper has none, staff have no codes yet.
    "mfa_reauthenticate": Seat(302, 302, 200, 200),
    "mfa_activate_totp": Seat(302, 302, 302, 302),
    "mfa_deactivate_totp": Seat(302, 404, 302, 302),
    "mfa_view_recovery_codes": Seat(302, 404, 404, 404),
    "mfa_generate_recovery_codes": Seat(302, 302, 302, 302),
    "mfa_download_recovery_codes": Seat(302, 404, 404, 404),
}


def route_names() -> Iterator[str]:
    """Names of our own routes; admin has its own table below."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.app_name not in ("admin", "ninja"):  # the API's table: tests/aifashion/api/test_programs.py
                    yield from walk(pattern.url_patterns)
            else:
                yield pattern.name or f"a route without a name: {pattern.pattern}"

    return walk(get_resolver().url_patterns)


def test_every_route_is_in_the_table():
    assert set(route_names()) == set(ROUTES) | set(ACCOUNT)


def make_seats(owner, stranger, anonymous) -> dict[str, list[Client]]:
    """Browsers by role; everybody with an account knows the password and has just used it."""
    make_roles()
    seats = {"visitor": [owner.client, stranger.client, anonymous]}
    for role, group in (("shopper", None), ("curator", CURATORS), ("administrator", ADMINISTRATORS)):
        user = User.objects.create_user(role, f"{role}@example.com", "correct horse battery", is_staff=bool(group))
        if group:
            user.groups.add(Group.objects.get(name=group))
        client = SiteClient()
        client.force_login(user)
        seats[role] = [client]
    return seats


def test_each_role_gets_what_the_table_says_of_accounts(owner, stranger, anonymous):
    told, wanted = {}, {}
    for role, clients in make_seats(owner, stranger, anonymous).items():
        for name, seat in ACCOUNT.items():
            address = reverse(name, args=seat.arguments)
            wanted[name, role] = {getattr(seat, role)}
            told[name, role] = {(client.post if seat.posts else client.get)(address).status_code for client in clients}
    assert {key: value for key, value in told.items() if value != wanted[key]} == {}


def addresses(owner) -> dict[str, str]:
    version = version_of("plaid").version
    made, collected = make_fabric(owner.person), make_collection(owner.person, "Spring")
    photo = make_photo(owner.person)
    result, stock, job = make_result(owner.person, photo), make_stock(), make_job(owner.person)
    arguments = {
        "fabrics": ["plaid"],
        "fabric-tile": ["plaid", "17"],
        "fabric-shown": ["plaid", "17"],
        **{name: ["plaid", version] for name in ROUTES if name.startswith("studio")},
        **dict.fromkeys(("studio-start", "studio-open", "studio-picture")),
        **{name: [made.public_id] for name in ("fabric", "fabric-change")},
        **{name: [collected.public_id] for name in ("collection", "collection-change")},
        "gallery-category": ["plaid"],
        "studio-category": ["plaid"],
        "studio-print-file": ["plaid", version, "png"],
        "catalogue-picture": [stock.thumbnail.name],
        **{name: [photo.public_id] for name in ROUTES if "photo" in name and name not in ("upload-photo", "my-photos")},
        **{name: [stock.slug] for name in ROUTES if "stock" in name},
        **{name: [result.public_id] for name in ROUTES if name.startswith(("result-", "download-", "delete-result"))},
        "result": [result.public_id],
        "result-share-end": [result.public_id, share(result, 30, False).key],
        **{name: [token_of(share(result, 30, True))] for name in ROUTES if name.startswith("shared")},
        **{name: [job.public_id] for name in ("job", "job-cancel")},
    }
    return {name: reverse(name, args=arguments.get(name)) for name in ROUTES}


def ask(client: Client, address: str, row: Row) -> int:
    return (client.post if row.posts else client.get)(address, row.form or {}).status_code


def test_each_person_gets_what_the_table_says(owner, stranger, anonymous):
    table = addresses(owner)
    told = {
        name: (
            ask(owner.client, table[name], row),
            ask(stranger.client, table[name], row),
            ask(anonymous, table[name], row),
        )
        for name, row in ROUTES.items()
    }
    assert told == {name: (row.owner, row.others, row.others) for name, row in ROUTES.items()}


@pytest.mark.parametrize("group", [CURATORS, ADMINISTRATORS, "superuser"])
def test_staff_do_not_see_peoples_things_on_the_site(owner, anonymous, group):
    make_roles()
    boss = User.objects.create_user("boss", is_staff=True, is_superuser=group == "superuser")
    boss.groups.set(Group.objects.filter(name=group))
    anonymous.force_login(boss)
    table = addresses(owner)
    told = {name: ask(anonymous, table[name], row) for name, row in ROUTES.items()}
    assert told == {name: row.staff if row.others == 404 else row.others for name, row in ROUTES.items()}


def test_a_stranger_can_delete_neither_photo_nor_result(owner, stranger):
    table = addresses(owner)
    for name in ("delete-photo", "delete-result"):
        assert stranger.client.post(table[name]).status_code == 404
        assert owner.client.get(table[name]).status_code == 200


def test_ids_that_are_no_ids_are_not_found(owner):
    for address in ("/results/17/", "/results/../", "/photos/abc/image", "/try/photo/1/", "/try/stock/none/"):
        assert owner.client.get(address).status_code == 404


def test_every_form_needs_its_token(owner):
    strict = SiteClient(enforce_csrf_checks=True)
    strict.cookies = owner.client.cookies
    table = addresses(owner)
    for name in ("upload-photo", "keep-photo", "keep-stock", "delete-photo", "delete-result", *STUDIO_POSTS):
        response = strict.post(table[name])
        assert response.status_code == 403
        assert "form has expired" in response.content.decode()


def test_addresses_that_change_things_do_not_change_them_by_looking(owner):
    table = addresses(owner)
    for name in ("keep-photo", "keep-stock"):
        response = owner.client.get(table[name])
        assert response.status_code == 405
        assert response["Allow"] == "POST"
        assert "<h1>" in response.content.decode()


ADMIN_PAGES = [
    f"admin:{app}_{model}_changelist"
    for app, models in {
        "patterns": ("category", "generatorversion", "fabric"),
        "jobs": ("job",),
        "training": ("trainingrun",),
        "admin": ("logentry",),
        "tryon": ("stockgarment", "photo", "result"),
    }.items()
    for model in models
]


def test_admin_is_closed_to_all_but_staff(owner, anonymous):
    for name in ADMIN_PAGES:
        assert owner.client.get(reverse(name)).status_code == 302
        assert anonymous.get(reverse(name)).status_code == 302


def test_private_thumbnails_in_admin_need_the_permission(owner, anonymous):
    photo = make_photo(owner.person)
    address = reverse("admin:tryon_photo_thumbnail", args=[photo.pk])
    assert owner.client.get(address).status_code == 302
    anonymous.force_login(User.objects.create_user("helper", is_staff=True))
    assert anonymous.get(address).status_code == 403
    anonymous.force_login(User.objects.create_superuser("boss"))
    assert anonymous.get(address).status_code == 200
