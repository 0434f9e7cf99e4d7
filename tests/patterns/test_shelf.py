"""Saved fabrics: whose they are, where they come from, favourites and collections."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ml.textiles.recipe import Recipe, mixed
from patterns.models import Collection, Direction, Fabric
from patterns.studio import keeping, shelf_views
from patterns.studio.addresses import Work, write_recipe
from tests.factories import make_fabric, make_result, version_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]

Origin = Fabric.Origin


def saved(person, recipe: Recipe, source: Fabric | None = None) -> Fabric:
    return keeping.save_fabric(person, version_of("plaid"), recipe, source)


def press(browser, fabric: Fabric, **form: object) -> Fabric:
    response = browser.client.post(reverse("fabric-change", args=[fabric.public_id]), form)
    assert response.status_code == 302
    fabric.refresh_from_db()
    return fabric


def test_saving_keeps_the_recipe_and_leads_to_the_fabrics_page(owner):
    version = version_of("plaid")
    recipe = Recipe(17).coloured({1: "#102030"})
    response = owner.client.post(Work(version, recipe).place("studio-save"), {"r": write_recipe(recipe)})
    kept = Fabric.objects.get(is_saved=True)
    assert response["Location"] == kept.get_absolute_url()
    assert kept.as_recipe() == recipe
    assert owner.client.get("/studio/fabrics/").context["cards"][0]["fabric"] == kept


def test_the_same_fabric_is_saved_once(owner):
    assert saved(owner.person, Recipe(17)) == saved(owner.person, Recipe(17))


def test_somebody_never_seen_before_may_save_and_finds_it_again(anonymous):
    version = version_of("plaid")
    page = anonymous.post(Work(version, Recipe(17)).place("studio-save"), {"seed": 17})["Location"]
    assert anonymous.get(page).status_code == 200


def test_a_shelf_shows_what_was_saved_and_only_to_its_owner(owner, stranger):
    saved(owner.person, Recipe(17))
    make_fabric(owner.person, seed=99)  # behind a result, never saved
    assert len(owner.client.get("/studio/fabrics/").context["cards"]) == 1
    assert stranger.client.get("/studio/fabrics/").context["cards"] == []
    assert owner.client.get("/studio/").context["latest"]
    assert stranger.client.get("/studio/").context["latest"] == []


def test_a_shelf_asks_no_more_queries_when_it_grows(owner):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            owner.client.get("/studio/fabrics/")
        return len(asked)

    saved(owner.person, Recipe(1))
    one = queries()
    for seed in range(2, 12):
        saved(owner.person, Recipe(seed))
    assert queries() == one


# --- Families --------------------------------------------------------------------------------------------------------
def test_a_mix_keeps_both_parents_in_order_and_theirs(owner):
    first, second = Recipe(1).edited({"warmth": 1.0}), Recipe(2)
    child = saved(owner.person, mixed(first, second, 0.3, 0.7))
    assert child.origin == Origin.MIX
    parents = [link.parent for link in child.parentages.all()]
    assert [parent.as_recipe() for parent in parents] == [first, second]
    assert not any(parent.is_saved for parent in parents)
    assert [parent.as_recipe() for parent in parents[0].parents.all()] == [Recipe(1)]
    assert [parent.origin for parent in parents] == [Origin.EDIT, Origin.SEED]


@pytest.mark.parametrize(
    ("recipe", "origin", "parent"),
    [
        (Recipe(1), Origin.SEED, None),
        (Recipe(1, repeat="mirror"), Origin.EDIT, Recipe(1)),
        (Recipe(1).nearby(5, 0.3), Origin.NEAR, Recipe(1)),
        (Recipe(1).nearby(5, 0.3).nearby(6, 0.3), Origin.NEAR, Recipe(1)),
        (Recipe(1, latent="AAA="), Origin.PICTURE, None),
    ],
)
def test_a_recipe_alone_tells_its_family(owner, recipe, origin, parent):
    fabric = saved(owner.person, recipe)
    assert fabric.origin == origin
    assert [each.as_recipe() for each in fabric.parents.all()] == ([parent] if parent else [])


def test_work_begun_with_a_saved_fabric_has_it_as_parent(owner):
    source = saved(owner.person, Recipe(1).coloured({0: "#aa0000"}))
    version, recipe = version_of("plaid"), source.as_recipe().coloured({0: "#00aa00"})
    form = {"r": write_recipe(recipe), "of": source.public_id}
    owner.client.post(Work(version, recipe).place("studio-save"), form)
    child = Fabric.objects.get(is_saved=True, pk__gt=source.pk)
    assert list(child.parents.all()) == [source]
    page = owner.client.get(source.get_absolute_url())
    assert [card["fabric"] for card in page.context["children"]] == [child]
    assert owner.client.get(child.get_absolute_url()).context["family"][0]["fabric"] == source


def test_a_family_in_which_everybody_is_related_stays_readable(owner):
    child = Recipe(1)
    for _ in range(4):
        child = mixed(child, child, 0.5, 0.5)
    tree = owner.client.get(saved(owner.person, child).get_absolute_url()).context["family"]

    def count(members) -> int:
        return sum(1 + count(member["parents"]) for member in members)

    assert count(tree) == 8  # two parents in each of four generations, told once


def test_a_strangers_fabric_does_not_become_a_parent(owner, stranger):
    source = saved(owner.person, Recipe(1).coloured({0: "#aa0000"}))
    form = {"seed": 2, "of": source.public_id}
    stranger.client.post(Work(version_of("plaid"), Recipe(2)).place("studio-save"), form)
    assert not source.children.exists()


# --- Favourites, names, collections ----------------------------------------------------------------------------------
def test_a_favourite_comes_and_goes(owner):
    fabric, other = saved(owner.person, Recipe(1)), saved(owner.person, Recipe(2))
    assert press(owner, fabric, do="favourite").is_favourite
    shown = owner.client.get("/studio/fabrics/?favourites").context["cards"]
    assert [card["fabric"] for card in shown] == [fabric]
    assert not press(owner, fabric, do="plain").is_favourite
    assert other.is_saved


def test_the_next_page_of_favourites_has_favourites(owner, monkeypatch):
    monkeypatch.setattr(shelf_views, "FABRICS_A_PAGE", 1)
    for seed in (1, 2, 3):
        press(owner, saved(owner.person, Recipe(seed)), do="favourite")
    saved(owner.person, Recipe(4))
    page = owner.client.get("/studio/fabrics/?favourites&page=2")
    links = {
        rel: html.unescape(href) for rel, href in re.findall(r'<a rel="(\w+)" href="([^"]+)"', page.content.decode())
    }
    assert [owner.client.get(f"/studio/fabrics/{links[rel]}").context["page"].number for rel in ("prev", "next")] == [
        1,
        3,
    ]
    assert "Page 3 of 3" in owner.client.get(f"/studio/fabrics/{links['next']}").content.decode()


def test_a_name_is_shown(owner):
    fabric = press(owner, saved(owner.person, Recipe(1)), do="name", name="Grandmother's kitchen")
    assert "Grandmother&#x27;s kitchen" in owner.client.get("/studio/fabrics/").content.decode()
    assert press(owner, fabric, do="name", name="").name == ""


def test_a_collection_is_made_filled_renamed_and_deleted_but_its_fabrics_stay(owner):
    fabric = press(owner, saved(owner.person, Recipe(1)), do="collect", name="Spring")
    press(owner, saved(owner.person, Recipe(2)), do="collect", name="Spring")
    collection = Collection.objects.get()
    assert collection.fabrics.count() == 2
    press(owner, fabric, do="take-out", collection=collection.public_id)
    assert collection.fabrics.count() == 1
    address = reverse("collection-change", args=[collection.public_id])
    owner.client.post(address, {"do": "name", "name": "Summer"})
    assert "Summer" in owner.client.get(collection.get_absolute_url()).content.decode()
    owner.client.post(address, {"do": "delete"})
    assert Collection.objects.count() == 0
    assert Fabric.objects.filter(is_saved=True).count() == 2


def test_a_fabric_does_not_go_into_a_strangers_collection(owner, stranger):
    theirs = keeping.make_collection(stranger.person, "Secret")
    fabric = saved(owner.person, Recipe(1))
    form = {"do": "collect", "collection": theirs.public_id}
    assert owner.client.post(reverse("fabric-change", args=[fabric.public_id]), form).status_code == 404
    assert keeping.make_collection(owner.person, "Secret") != theirs


@pytest.mark.parametrize("form", [{}, {"do": "explode"}, {"do": "collect"}, {"do": "name", "name": "x" * 61}])
def test_a_button_that_is_none_gets_a_sentence(owner, form):
    fabric = saved(owner.person, Recipe(1))
    response = owner.client.post(reverse("fabric-change", args=[fabric.public_id]), form)
    assert response.status_code == 400
    assert Fabric.objects.get().name == ""


def test_a_removed_fabric_is_gone_unless_something_needs_it(owner):
    alone, used = saved(owner.person, Recipe(1)), saved(owner.person, Recipe(2))
    parent = saved(owner.person, Recipe(3))
    saved(owner.person, Recipe(3, repeat="mirror"))
    make_result(owner.person, fabric=used)
    for fabric in (alone, used, parent):
        owner.client.post(reverse("fabric-change", args=[fabric.public_id]), {"do": "remove"})
    assert set(Fabric.objects.filter(is_saved=False)) == {used, parent}
    assert len(owner.client.get("/studio/fabrics/").context["cards"]) == 1


# --- Staff -----------------------------------------------------------------------------------------------------------
def test_staff_name_order_and_hide_a_versions_directions(anonymous):
    version = version_of("plaid")
    rows = [
        Direction.objects.create(generator_version=version, name=name, label=name, order=order, effects={"warmth": 1})
        for order, name in enumerate(("one", "two"))
    ]
    anonymous.force_login(User.objects.create_superuser("boss"))
    address = reverse("admin:patterns_generatorversion_change", args=[version.pk])
    assert "warmth +1.0" in anonymous.get(address).content.decode()
    form = {"directions-TOTAL_FORMS": 2, "directions-INITIAL_FORMS": 2}
    for place, (row, label, order) in enumerate(zip(rows, ("Sun", "Moon"), (9, 1), strict=True)):
        form |= {
            f"directions-{place}-id": row.pk,
            f"directions-{place}-label": label,
            f"directions-{place}-order": order,
        }
        form |= {f"directions-{place}-generator_version": version.pk}
    form["directions-0-is_shown"] = "on"
    assert anonymous.post(address, form).status_code == 302
    page = anonymous.get(f"/studio/plaid/{version.version}/?seed=1")
    assert [slider.label for slider in page.context["sliders"]] == ["Sun"]
    assert list(version.directions.values_list("label", flat=True)) == ["Moon", "Sun"]
