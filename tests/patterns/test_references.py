"""A fabric in a few characters, as other rooms' addresses carry it."""

from __future__ import annotations

import pytest

from ml.textiles.recipe import Recipe
from patterns import services
from patterns.models import GeneratorVersion
from patterns.references import FabricReference
from patterns.studio.addresses import write_recipe, write_token
from tests.factories import make_fabric, make_person, make_version, version_of


def test_a_seed_is_a_seed():
    reference = FabricReference.parse("plaid:17")
    assert (reference.category, reference.recipe, reference.version) == ("plaid", Recipe(17), "")
    assert str(reference) == "plaid:17"
    assert reference.label == "Plaid 17"
    assert reference.tile("2-abc") == "/fabrics/plaid/17.png?size=256&v=2-abc"
    assert reference.picture("2-abc") == "/fabrics/plaid/17.webp?size=256&v=2-abc"


def test_any_other_recipe_travels_with_its_version():
    recipe = Recipe(17, repeat="mirror").coloured({1: "#102030"})
    reference = FabricReference("plaid", recipe, "2-abc")
    assert FabricReference.parse(str(reference)) == reference
    assert reference.label == "Plaid from the Studio"
    assert reference.tile().startswith("/studio/plaid/2-abc/tile.png?r=")
    assert reference.picture().startswith("/studio/plaid/2-abc/tile.webp?r=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plaid",
        "plaid:-1",
        "plaid:4294967296",
        "plaid:17:",
        "plaid:v:zzz",
        f"plaid:v:{write_token([1])}",
        f"plaid:v:{write_recipe(Recipe(17))}:more",
        "plaid:v:" + "A" * 6000,
    ],
)
def test_what_is_no_fabric_is_none(text):
    assert FabricReference.parse(text) is None


@pytest.mark.django_db
def test_a_kept_seed_stays_a_seed_while_its_version_is_published():
    fabric = make_fabric(make_person())
    assert str(FabricReference.of(fabric)) == "plaid:17"
    services.publish_version(make_version(version_of("plaid").category, state=GeneratorVersion.State.DRAFT))
    fabric.refresh_from_db()
    assert FabricReference.of(fabric).version == fabric.generator_version.version
