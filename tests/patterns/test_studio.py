"""The Studio's table: every state an address, every change a link, kind about what cannot be."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image

from ml.textiles.recipe import Recipe
from patterns import services as fabrics
from patterns.models import Direction, GeneratorVersion
from patterns.slots import Busy
from patterns.studio import press, services
from patterns.studio.addresses import Trail, Work, read_recipe, write_recipe, write_token
from tests.factories import make_version, version_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def plaid() -> GeneratorVersion:
    version = version_of("plaid")
    for place, (name, label) in enumerate((("warmth", "Warmth"), ("scale", "Scale"))):
        Direction.objects.create(generator_version=version, name=name, label=label, order=place)
    return version


def path(version: GeneratorVersion, name: str = "") -> str:
    return f"/studio/plaid/{version.version}/{name}"


def change(client, version: GeneratorVersion, recipe: Recipe, **fields: object) -> Recipe:
    """What lies on the table after a form was sent."""
    response = client.get(path(version), {"r": write_recipe(recipe), **fields})
    assert response.status_code == 302, response.content.decode()[-1500:]
    return recipe_in(response["Location"])


def recipe_in(address: str) -> Recipe:
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    if "r" in query:
        return read_recipe(query["r"])
    return Recipe(
        int(query["seed"]), float(query.get("truncation", Recipe.truncation)), int(query.get("cells", Recipe.cells))
    )


# --- Addresses -------------------------------------------------------------------------------------------------------
def test_a_visit_to_a_category_begins_with_a_fresh_seed_of_the_published_version(anonymous, plaid):
    addresses = {anonymous.get("/studio/plaid/")["Location"] for _ in range(4)}
    assert len(addresses) > 1
    assert all(address.startswith(path(plaid) + "?seed=") for address in addresses)


def test_a_plain_fabric_is_named_in_words_and_any_other_by_a_token(plaid):
    assert Work(plaid, Recipe(17)).address == path(plaid) + "?seed=17"
    edited = Recipe(17).edited({"warmth": 1.5})
    assert read_recipe(parse_qs(urlsplit(Work(plaid, edited).address).query)["r"][0]) == edited


def test_an_address_opens_the_same_fabric_for_anybody(owner, stranger, plaid):
    address = Work(plaid, Recipe(17).edited({"warmth": 1.0}).coloured({1: "#102030"})).address
    pages = [person.client.get(address) for person in (owner, stranger)]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].context["preview"] == pages[1].context["preview"]


def test_a_retired_version_still_draws_its_fabrics(anonymous, plaid):
    fabrics.publish_version(make_version(plaid.category, state=GeneratorVersion.State.DRAFT))
    page = anonymous.get(path(plaid), {"seed": 17})
    assert page.status_code == 200
    assert "an earlier one" in page.content.decode()
    assert anonymous.get(path(plaid, "tile.png"), {"seed": 17}).status_code == 200


def test_the_page_says_that_an_ai_model_drew_it(anonymous, plaid):
    assert "AI model" in anonymous.get(path(plaid), {"seed": 17}).content.decode()


# --- Changes ---------------------------------------------------------------------------------------------------------
def test_fields_that_say_what_is_already_so_change_nothing(anonymous, plaid):
    recipe = Recipe(17).edited({"warmth": 1.0})
    same = {"seed": 17, "truncation": 0.85, "cells": 8, "repeat": "straight", "d-warmth": "1.0", "d-scale": "0"}
    same |= {"ink-0": "#112233", "was-0": "#112233"}
    response = anonymous.get(path(plaid), {"r": write_recipe(recipe), **same})
    assert recipe_in(response["Location"]) == recipe
    assert "h=" not in response["Location"]


def test_sliders_swatches_and_repeat_change_the_recipe(anonymous, plaid):
    changed = change(
        anonymous,
        plaid,
        Recipe(17),
        truncation="1.2",
        cells="12",
        repeat="half-drop",
        **{"d-warmth": "-2.5", "d-scale": "0", "ink-1": "#AA0000", "was-1": "#000000"},
    )
    assert changed == Recipe(17, 1.2, 12, edits=(("warmth", -2.5),), palette=((1, "#aa0000"),), repeat="half-drop")


def test_another_seed_begins_again_but_keeps_edits_and_repeat(anonymous, plaid):
    recipe = Recipe(17, repeat="mirror").edited({"warmth": 1.0}).coloured({0: "#000000"}).nearby(3, 0.3)
    assert change(anonymous, plaid, recipe, seed=18) == Recipe(18, repeat="mirror").edited({"warmth": 1.0})


def test_a_direction_that_staff_hid_has_no_slider_but_keeps_its_amount(anonymous, plaid):
    plaid.directions.filter(name="scale").update(is_shown=False)
    recipe = Recipe(17).edited({"scale": 2.0})
    page = anonymous.get(Work(plaid, recipe).address).content.decode()
    assert "d-warmth" in page
    assert "d-scale" not in page
    assert change(anonymous, plaid, recipe, **{"d-warmth": "1"}) == recipe.edited({"warmth": 1.0})


def test_a_locked_ink_keeps_its_colour_whatever_else_moves(anonymous, plaid):
    fields = {"lock": "2", "ink-2": "#445566", "was-2": "#445566", "ink-0": "#111111", "was-0": "#111111"}
    moved = change(anonymous, plaid, Recipe(17), truncation="0.5", **fields)
    assert dict(moved.palette) == {2: "#445566"}
    coloured = change(anonymous, plaid, Recipe(17), do="colourway:Dusk", **fields)
    assert dict(coloured.palette)[2] == "#445566"


def test_shuffling_moves_the_fabrics_own_colours(anonymous, plaid):
    before = [swatch.colour for swatch in services.swatches_of(plaid, Recipe(17))]
    after = services.swatches_of(plaid, change(anonymous, plaid, Recipe(17), do="shuffle"))
    assert sorted(before) == sorted(swatch.colour for swatch in after)
    assert before != [swatch.colour for swatch in after]


def test_reducing_leaves_as_many_inks_as_were_asked_for(anonymous, plaid):
    fewer = change(anonymous, plaid, Recipe(17), do="reduce", number=2)
    assert len(services.swatches_of(plaid, fewer)) == 2


def test_its_own_inks_come_back(anonymous, plaid):
    coloured = change(anonymous, plaid, Recipe(17), do="colourway:Citrus")
    assert coloured.palette
    assert change(anonymous, plaid, coloured, do="own-inks") == Recipe(17)


def test_hues_turn_and_edits_go_back_to_the_middle(anonymous, plaid):
    assert change(anonymous, plaid, Recipe(17), do="hues", degrees="90").palette
    assert change(anonymous, plaid, Recipe(17).edited({"warmth": 1.0}), do="no-edits") == Recipe(17)
    assert change(anonymous, plaid, Recipe(17), do="fresh").seed != 17


def test_six_neighbours_are_a_step_away_and_six_others_are_others(anonymous, plaid):
    page = anonymous.get(path(plaid), {"seed": 17, "closeness": "0.15"})
    near = [recipe_in(each.page) for each in page.context["neighbours"]]
    assert len(set(near)) == 6
    assert all(recipe.seed == 17 and recipe.near[0].distance == 0.15 for recipe in near)
    others = anonymous.get(path(plaid), {"seed": 17, "closeness": "0.15", "others": 1}).context["neighbours"]
    assert not set(near) & {recipe_in(each.page) for each in others}


def test_a_fabric_after_64_steps_has_no_neighbours_and_says_why(anonymous, plaid):
    recipe = Recipe(17)
    for step in range(64):
        recipe = recipe.nearby(step, 0.2)
    page = anonymous.get(Work(plaid, recipe).address)
    assert page.context["neighbours"] == []
    assert "as many steps" in page.content.decode()


# --- Undo and redo ---------------------------------------------------------------------------------------------------
def test_undo_and_redo_are_plain_links(anonymous, plaid):
    first = anonymous.get(path(plaid), {"r": write_recipe(Recipe(17)), "repeat": "mirror"})["Location"]
    page = anonymous.get(first)
    assert page.context["redo"] == ""
    assert recipe_in(page.context["undo"]) == Recipe(17)
    undone = anonymous.get(page.context["undo"])
    assert undone.context["undo"] == ""
    assert recipe_in(undone.context["redo"]) == recipe_in(first)


def test_a_change_after_undo_forgets_what_was_undone(plaid):
    work = Work(plaid, Recipe(1)).with_recipe(Recipe(2)).with_recipe(Recipe(3)).undone()
    assert work.redone().recipe == Recipe(3)
    changed = work.with_recipe(Recipe(4))
    assert changed.redone() is None
    assert changed.undone().recipe == Recipe(2)


def test_a_long_trail_stays_short_enough_for_an_address(plaid):
    work = Work(plaid, Recipe(0))
    for seed in range(1, 60):
        work = work.with_recipe(
            Recipe(seed, near=()).nearby(seed, 0.3).coloured({i: f"#{seed * 7919 + i:06x}" for i in range(6)})
        )
    assert len(work.address) < 4000
    assert len(Trail.read(work.trail.write()).past) >= 10


# --- Pictures --------------------------------------------------------------------------------------------------------
def test_a_preview_shows_the_form_as_it_stands(anonymous, plaid):
    asked = {"r": write_recipe(Recipe(17)), "repeat": "mirror", "view": "tile"}
    response = anonymous.get(path(plaid, "preview.webp"), asked)
    assert Image.open(io.BytesIO(response.content)).size == (1024, 1024)
    sheet = anonymous.get(path(plaid, "preview.webp"), asked | {"view": "sheet"})
    assert Image.open(io.BytesIO(sheet.content)).size == (768, 768)
    assert sheet["Cache-Control"] == "public, max-age=31536000, immutable"


def test_pages_show_the_block_as_webp(anonymous, plaid):
    shown = anonymous.get(path(plaid, "tile.webp"), {"r": write_recipe(Recipe(17, repeat="half-drop")), "size": 64})
    picture = Image.open(io.BytesIO(shown.content))
    assert (picture.format, picture.size) == ("WEBP", (128, 64))
    assert b"trainedAlgorithmicMedia" in shown.content


def test_the_address_that_a_preview_had_as_jpeg_still_shows_it(anonymous, plaid):
    assert anonymous.get(path(plaid, "preview.jpg"), {"seed": 17})["Content-Type"] == "image/webp"


def test_a_picture_seen_before_is_not_drawn_again(anonymous, plaid, monkeypatch):
    first = anonymous.get(path(plaid, "tile.png"), {"seed": 17})
    monkeypatch.setattr(services, "encode_block", lambda *_: pytest.fail("drawn"))
    again = anonymous.get(path(plaid, "tile.png"), {"seed": 17}, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_the_sheet_is_seamless(plaid):
    for repeat, size in (("straight", (1, 1)), ("half-drop", (1, 2)), ("half-brick", (2, 1)), ("mirror", (2, 2))):
        block = services.draw_block(plaid, Recipe(17, repeat=repeat), 64)
        assert block.shape[:2] == (64 * size[0], 64 * size[1])
        sheet = services.lay_sheet(block, 192)
        assert sheet.shape == (192, 192, 3)
        assert np.array_equal(sheet[: len(block), : block.shape[1]][:192, :192], block[:192, :192])


def test_the_inks_sent_to_the_browser_print_the_servers_picture(plaid):
    recipe = Recipe(17).coloured({1: "#c03050"})
    planes = np.asarray(Image.open(io.BytesIO(services.draw_inks(plaid, recipe)))).reshape(4, 512, 512).astype(float)
    shares = planes[:3] / planes[:3].sum(0)
    colours = np.array([list(bytes.fromhex(s.colour[1:])) for s in services.swatches_of(plaid, recipe)])
    printed = np.tensordot(shares, colours, (0, 0)) * (planes[3] / (255 * services.GROUND))[..., None]
    exact = services.draw_block(plaid, recipe, 512).astype(float)
    assert np.abs(np.clip(printed, 0, 255) - exact).max() <= 3
    assert np.abs(np.clip(printed, 0, 255) - exact).mean() < 0.6


# --- Print files -----------------------------------------------------------------------------------------------------
def test_the_printed_size_is_said_before_a_file_is_made(anonymous, plaid):
    page = anonymous.get(path(plaid, "print/"), {"seed": 17, "width": 10, "unit": "in", "dpi": 300}).content.decode()
    assert "3,000 × 3,000 px at 300 DPI prints 25.4 × 25.4 cm (10.0 × 10.0 in)" in page


def test_the_page_of_print_files_keeps_room_for_what_repeats(anonymous, plaid):
    asked = {"r": write_recipe(Recipe(17, repeat="half-drop"))}
    assert 'width="1024" height="512"' in anonymous.get(path(plaid, "print/"), asked).content.decode()


@pytest.mark.parametrize(("kind", "form"), [("png", "PNG"), ("tiff", "TIFF")])
def test_a_print_file_has_size_resolution_and_the_mark(anonymous, plaid, kind, form):
    asked = {"r": write_recipe(Recipe(17, repeat="half-drop")), "width": 2, "unit": "in", "dpi": 150}
    response = anonymous.get(path(plaid, f"print/{kind}"), asked)
    content = response.getvalue()
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == (form, (600, 300))
    assert [round(float(side)) for side in picture.info["dpi"]] == [150, 150]
    assert b"trainedAlgorithmicMedia" in content
    assert response["Content-Disposition"] == f'attachment; filename="ai-fashion-plaid-17.{kind}"'


def test_the_layers_are_a_zip_with_the_recipe(anonymous, plaid):
    response = anonymous.get(path(plaid, "print/layers"), {"seed": 17, "width": 2, "unit": "in", "dpi": 150})
    names = zipfile.ZipFile(io.BytesIO(response.getvalue())).namelist()
    assert len([name for name in names if name.startswith("ink-")]) == 3
    assert "recipe.json" in names


def test_an_svg_is_made_of_flat_inks_and_refused_in_words_otherwise(anonymous, plaid, monkeypatch):
    asked = {"seed": 17, "width": 5}
    assert anonymous.get(path(plaid, "print/svg"), asked).getvalue().startswith(b"<svg")
    monkeypatch.setattr("ml.textiles.trace.is_flat", lambda drawn: False)
    assert "Not for this one" in anonymous.get(path(plaid, "print/"), asked).content.decode()
    refused = anonymous.get(path(plaid, "print/svg"), asked)
    assert refused.status_code == 400
    assert "melt into each other" in refused.content.decode()


def test_a_recipe_file_names_what_draws_it(anonymous, plaid):
    recipe = Recipe(17).edited({"warmth": 1.0})
    told = json.loads(anonymous.get(path(plaid, "print/recipe"), {"r": write_recipe(recipe)}).getvalue())
    assert (told["category"], told["generator"]) == ("plaid", plaid.version)
    assert Recipe.from_dict(told["recipe"]) == recipe


def test_only_one_print_file_is_made_at_a_time(plaid, settings):
    from ml.textiles.press import plan_print

    settings.MODEL_WAIT_SECONDS = 0.05
    services.heavy_slots.cache_clear()
    with services.heavy_slots().take(), pytest.raises(Busy):
        press.press_file(plaid, Recipe(17), plan_print(2), "png")


# --- Bad input -------------------------------------------------------------------------------------------------------
BAD_TABLES = {
    "negative seed": ({"seed": -1}, "greater than or equal to 0"),
    "huge seed": ({"seed": 10**30}, "less than or equal to 4294967295"),
    "no number": ({"seed": "seventeen"}, "whole number"),
    "NaN": ({"truncation": "nan"}, "Enter a number"),
    "infinite": ({"truncation": "inf"}, "Enter a number"),
    "too much variety": ({"truncation": "1.6"}, "less than or equal to 1.5"),
    "slider out of range": ({"d-warmth": "3.1"}, "Warmth: Ensure this value is less than or equal to 3"),
    "NaN slider": ({"d-warmth": "nan"}, "Warmth: Enter a number"),
    "no repeat": ({"repeat": "herringbone"}, "not one of the available choices"),
    "no colour": ({"ink-0": "red"}, "six digits"),
    "no button": ({"do": "explode"}, "no such button"),
    "no colourway": ({"do": "colourway:Beige"}, "no colourway of that name"),
    "no number of inks": ({"do": "reduce"}, "how many inks"),
    "too few inks": ({"do": "reduce", "number": 1}, "greater than or equal to 2"),
    "a million cells": ({"cells": 1_000_000}, "less than or equal to 32"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_field_gets_a_sentence_and_the_fabric_stays(anonymous, plaid, case):
    fields, words = BAD_TABLES[case]
    recipe = Recipe(17).edited({"scale": 1.0})
    response = anonymous.get(path(plaid), {"r": write_recipe(recipe), **fields})
    assert response.status_code == 400
    assert words in response.content.decode()
    assert response.context["recipe"] == recipe
    assert anonymous.get(path(plaid, "preview.webp"), {"r": write_recipe(recipe), **fields}).status_code in (
        (200,) if "do" in fields and "number" not in fields else (400,)
    )


BAD_ADDRESSES = {
    "cut token": ({"r": write_recipe(Recipe(17).edited({"warmth": 1.0}))[:-9]}, "cut short or altered"),
    "no token": ({"r": "!!!"}, "cut short or altered"),
    "broken JSON": ({"r": "eJyrrgUAAXUA-Q"}, "no seed"),
    "not a recipe": ({"r": write_token([1, 2])}, "not a fabric recipe"),
    "another format": ({"r": write_token({"seed": 1, "format": 99})}, "another version"),
    "an unknown key": ({"r": write_token({"seed": 1, "sparkle": 2})}, "another version"),
    "a bomb": ({"r": write_token({"seed": 1, "latent": "A" * 20_000_000})}, "too long"),
    "negative seed": ({"seed": -1}, "Seed: "),
    "no width": ({"seed": 1, "width": 0}, "Width of a repeat: "),
    "NaN width": ({"seed": 1, "width": "nan"}, "Width of a repeat: "),
    "a wide repeat": ({"seed": 1, "width": 1_000_000}, "Width of a repeat: "),
    "a broken trail": ({"seed": 1, "h": "zzz"}, "cut short or altered"),
    "a trail that is none": ({"seed": 1, "h": write_token({"a": 1})}, "history"),
    "no lock": ({"seed": 1, "lock": "x"}, "Locked inks: "),
    "no id": ({"seed": 1, "of": "17"}, "valid UUID"),
}


@pytest.mark.parametrize("case", BAD_ADDRESSES)
def test_a_bad_address_gets_a_kind_page(anonymous, plaid, case):
    query, words = BAD_ADDRESSES[case]
    response = anonymous.get(path(plaid), query)
    assert response.status_code == 400
    assert words in response.content.decode()


def test_unknown_categories_and_versions_are_not_found(anonymous, plaid):
    draft = make_version(plaid.category, state=GeneratorVersion.State.DRAFT)
    for address in ("/studio/tweed/", "/studio/plaid/none/?seed=1", f"/studio/plaid/{draft.version}/?seed=1"):
        assert anonymous.get(address).status_code == 404


@pytest.mark.parametrize("asked", [{"width": 0}, {"width": 1_000_000}, {"width": "nan"}, {"dpi": 72}, {"unit": "mile"}])
def test_a_print_that_cannot_be_gets_a_sentence(anonymous, plaid, asked):
    query = {"seed": 17, "dpi": 300, **asked}
    page = anonymous.get(path(plaid, "print/"), query)
    assert page.status_code == 400
    assert page.context["errors"]
    assert anonymous.get(path(plaid, "print/png"), query).status_code == 400
    assert anonymous.get(path(plaid, "print/jpeg"), {"seed": 17}).status_code == 404


@pytest.mark.parametrize("size", ["0", "-1", "1000000", "nan"])
def test_a_tile_of_no_size_gets_a_sentence(anonymous, plaid, size):
    response = anonymous.get(f"{path(plaid, 'tile.png')}?{urlencode({'seed': 17, 'size': size})}")
    assert response.status_code == 400
    assert "Size: " in response.content.decode()
