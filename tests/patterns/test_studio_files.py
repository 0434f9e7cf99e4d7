"""Mixing, and what people bring along: recipes, pictures, colours; and the gallery."""

from __future__ import annotations

import io
import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from ml.textiles.recipe import LONGEST_TEXT, Recipe, mixed
from ml.textiles.recipe_file import RecipeFile
from patterns import services as fabrics
from patterns.models import GeneratorVersion
from patterns.references import FabricReference
from patterns.studio import services
from patterns.studio.addresses import Work, read_recipe, write_recipe, write_token
from tests.factories import encoded, make_category, make_stock, make_version, photo_pixels, version_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def plaid() -> GeneratorVersion:
    return version_of("plaid")


def upload(content: bytes, name: str = "file") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


# --- Mixing ----------------------------------------------------------------------------------------------------------
def mix(client, plaid: GeneratorVersion, **query: object):
    return client.get(Work(plaid, Recipe(0)).place("studio-mix"), query)


A, B = Recipe(1), Recipe(2).edited({"warmth": 1.0})


def test_two_parents_are_shown_beside_their_child(anonymous, plaid):
    page = mix(anonymous, plaid, a=write_recipe(A), b=write_recipe(B), structure=0.25, style=1)
    assert page.context["child"].recipe == mixed(A, B, 0.25, 1.0)
    assert [parent.page for parent in page.context["parents"]] == [Work(plaid, each).address for each in (A, B)]
    assert "AI model" in page.content.decode()


def test_without_a_second_parent_chance_or_a_seed_gives_one(anonymous, plaid):
    chance = query_of(mix(anonymous, plaid, a=write_recipe(A))["Location"])
    assert read_recipe(chance["b"]) != A
    named = query_of(mix(anonymous, plaid, a=write_recipe(A), b=write_recipe(B), seed=7, do="seed")["Location"])
    assert read_recipe(named["b"]) == Recipe(7)
    moved = query_of(mix(anonymous, plaid, a=write_recipe(A), b=write_recipe(B), seed="", style=0.2)["Location"])
    assert (read_recipe(moved["b"]), moved["style"]) == (B, "0.2")


def test_parents_change_places(anonymous, plaid):
    swapped = query_of(mix(anonymous, plaid, a=write_recipe(A), b=write_recipe(B), do="swap")["Location"])
    assert (read_recipe(swapped["a"]), read_recipe(swapped["b"])) == (B, A)


def test_the_strip_goes_from_one_parent_to_the_other_and_so_does_the_loop(anonymous, plaid):
    asked = {"a": write_recipe(A), "b": write_recipe(Recipe(3))}
    strip = mix(anonymous, plaid, **asked, structure=0.5, style=0.5).context["strip"]
    assert len(strip) == 7
    loop = anonymous.get(Work(plaid, A).place("studio-mix-loop"), asked)
    animation = Image.open(io.BytesIO(loop.content))
    assert animation.n_frames > 20
    assert b"trainedAlgorithmicMedia" in loop.content


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "First fabric"),
        ({"a": "zzz"}, "cut short or altered"),
        ({"a": write_recipe(A), "b": "zzz"}, "cut short or altered"),
        ({"a": write_recipe(A), "structure": "nan"}, "Structure: Enter a number"),
        ({"a": write_recipe(A), "style": 1.1}, "Style: "),
        ({"a": write_recipe(A), "seed": -1}, "Seed of the second fabric: "),
        ({"a": write_recipe(A), "do": "explode"}, "Do: "),
    ],
)
def test_a_mix_that_cannot_be_gets_a_sentence(anonymous, plaid, query, words):
    response = mix(anonymous, plaid, **query)
    assert response.status_code == 400
    assert words in response.content.decode()


def test_a_family_too_large_for_a_recipe_is_told_so(anonymous, plaid):
    deep = A
    for _ in range(8):
        deep = mixed(deep, Recipe(2), 0.5, 0.5)
    response = mix(anonymous, plaid, a=write_recipe(deep), b=write_recipe(B), structure=0.5, style=0.5)
    assert response.status_code == 400
    assert "too many ancestors" in response.content.decode()


# --- Recipe files ----------------------------------------------------------------------------------------------------
def opened(client, content: bytes):
    return client.post("/studio/open", {"file": upload(content, "recipe.json")})


def test_a_recipe_file_read_back_draws_the_same_bytes(anonymous, plaid):
    recipe = Recipe(17, repeat="half-brick").coloured({1: "#102030"})
    tile = Work(plaid, recipe).picture("studio-tile", size=64)
    before = anonymous.get(tile).content
    file = anonymous.get(f"{Work(plaid, recipe).place('studio-print')}recipe", {"r": write_recipe(recipe)}).getvalue()
    fabrics.publish_version(make_version(plaid.category, state=GeneratorVersion.State.DRAFT))
    services._blocks.clear()
    address = opened(anonymous, file)["Location"]
    assert address == Work(plaid, recipe).address
    assert anonymous.get(tile).content == before


BAD_FILES = {
    "empty": (b"", "not valid JSON"),
    "broken": (b'{"kind": "ai-fas', "not valid JSON"),
    "not text": (bytes(range(128, 256)), "not"),
    "too long": (b" " * (LONGEST_TEXT + 5), "too long"),
    "deep": (b"[" * 100_000, "not valid JSON"),
    "another kind": (b'{"kind": "soup"}', "not a recipe file of AI Fashion"),
    "another format": (b'{"kind": "ai-fashion-fabric", "format": 99}', "another version of AI Fashion"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_recipe_gets_a_sentence(anonymous, plaid, case):
    content, words = BAD_FILES[case]
    response = opened(anonymous, content)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert response.context["errors"]


def test_a_recipe_of_a_version_that_is_not_here_says_which(anonymous, plaid):
    response = opened(anonymous, RecipeFile("plaid", "0-gone", Recipe(1)).to_json().encode())
    assert response.status_code == 400
    assert "0-gone" in response.content.decode()


def test_a_recipe_file_with_a_value_out_of_range_gets_a_sentence(anonymous, plaid):
    values = json.loads(RecipeFile("plaid", plaid.version, Recipe(1)).to_json())
    values["recipe"]["seed"] = -1
    assert "whole number from 0" in opened(anonymous, json.dumps(values).encode()).content.decode()


# --- Pictures --------------------------------------------------------------------------------------------------------
def test_the_inks_take_the_colours_of_a_picture(anonymous, plaid):
    picture = np.zeros((80, 80, 3), np.uint8)
    picture[:40], picture[40:] = (200, 30, 30), (20, 40, 160)
    form = {"seed": 17, "lock": "0", "file": upload(encoded(picture))}
    address = anonymous.post(Work(plaid, Recipe(17)).place("studio-colours"), form)["Location"]
    colours = dict(read_recipe(query_of(address)["r"]).palette)
    assert 0 not in colours
    assert set(colours.values()) <= {"#c81e1e", "#1428a0"}
    assert query_of(address)["lock"] == "0"


BAD_PICTURES = {
    "none": (None, "No picture came with this"),
    "empty": (b"", "empty"),
    "text": (b"Shall I compare thee to a summer's day?", "not a photo"),
    "one pixel": (encoded(np.zeros((1, 1, 3), np.uint8)), "too small"),
    "torn": (encoded(photo_pixels())[:300], "damaged"),
}


@pytest.mark.parametrize("case", BAD_PICTURES)
def test_a_picture_that_is_none_gets_a_sentence_and_the_fabric_stays(anonymous, plaid, case):
    content, words = BAD_PICTURES[case]
    form = {"seed": 17} | ({"file": upload(content)} if content is not None else {})
    response = anonymous.post(Work(plaid, Recipe(17)).place("studio-colours"), form)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert response.context["recipe"] == Recipe(17)


@pytest.mark.parametrize("case", ["empty", "text", "one pixel", "torn"])
def test_a_fabric_does_not_begin_from_what_is_no_picture(anonymous, plaid, case):
    content, words = BAD_PICTURES[case]
    response = anonymous.post("/studio/picture", {"category": "plaid", "file": upload(content)})
    assert response.status_code == 400
    assert words in response.content.decode()


def test_a_fabric_begins_in_a_category_that_is_offered(anonymous, plaid):
    form = {"category": "tweed", "file": upload(encoded(photo_pixels()))}
    assert "not offered" in anonymous.post("/studio/picture", form).content.decode()
    assert (
        "Choose a picture and a category" in anonymous.post("/studio/picture", {"category": "plaid"}).content.decode()
    )


def test_only_one_search_runs_at_a_time(anonymous, plaid, settings):
    settings.MODEL_WAIT_SECONDS = 0.05
    services.heavy_slots.cache_clear()
    with services.heavy_slots().take():
        response = anonymous.post("/studio/picture", {"category": "plaid", "file": upload(encoded(photo_pixels()))})
    assert response.status_code == 503
    assert response["Retry-After"]


# --- Gallery ---------------------------------------------------------------------------------------------------------
def test_the_gallery_shows_forty_seeds_as_they_come_and_says_so(anonymous, plaid):
    page = anonymous.get("/gallery/plaid/").content.decode()
    assert "Uncurated: seeds 0 to 39" in page
    assert "AI model" in page
    for seed in range(40):
        assert f'/studio/plaid/{plaid.version}/?seed={seed}"' in page
        assert f'?fabric=plaid:{seed}"' in page
    assert page.count('loading="lazy"') == 40
    assert "?seed=40" not in page


def test_the_whole_gallery_has_a_row_of_each_category(anonymous, plaid):
    make_version(make_category("floral", order=1))
    make_category("zigzag", order=2)  # without a generator
    page = anonymous.get("/gallery/")
    assert [wall["category"].slug for wall in page.context["walls"]] == ["floral", "plaid"]
    assert anonymous.get("/gallery/tweed/").status_code == 404


def test_a_fabric_of_the_studio_is_tried_on(anonymous, plaid):
    page = anonymous.get(Work(plaid, Recipe(17, repeat="mirror").coloured({0: "#102030"})).address)
    clothes = anonymous.get(page.context["try_on"]).content.decode()
    assert "Plaid from the Studio" in clothes


def test_a_fabric_of_the_studio_is_tried_on_in_its_own_repeat(anonymous, plaid):
    fabric = FabricReference("plaid", Recipe(17, repeat="half-brick"), plaid.version)
    opened = anonymous.get(make_stock().get_absolute_url(), {"fabric": str(fabric)}, follow=True)
    assert opened.context["form"].look().placement.repeat == "half-brick"
    assert opened.context["form"].look().recipe == fabric.recipe


def test_a_token_is_no_way_around_the_limits_of_a_recipe(anonymous, plaid):
    asked = {"r": write_token({"seed": 1, "cells": 10_000})}
    assert anonymous.get(Work(plaid, Recipe(1)).place("studio-tile"), asked).status_code == 400
