from dataclasses import replace

import numpy as np
import pytest

from ml.errors import PictureError
from ml.images import linear_to_oklab, srgb_to_linear
from ml.textiles.generate import load_generator
from ml.textiles.invert import Search, check_swatch, find_fabric
from ml.textiles.palette import parse_colour
from ml.textiles.recipe import Recipe
from ml.textiles.texture import statistics


@pytest.fixture(scope="module")
def generator():
    return load_generator("striped")


def stripes(across: bool, colours=((160, 40, 140), (100, 200, 30))):
    """A drawn cloth of stripes 16 px wide, uint8 (160, 128, 3)."""
    place = np.arange(160)[:, None] if across else np.arange(128)[None]
    return np.array(colours, np.uint8)[np.broadcast_to(place // 16 % 2, (160, 128))]


@pytest.fixture(scope="module")
def found(generator):
    return find_fabric(generator, stripes(across=False))


def test_what_is_found_is_closer_than_usual_and_recognised_as_such(found):
    assert found.distance < 0.7 * found.usual
    assert found.closeness == pytest.approx(1 - found.distance / found.usual)


def test_what_is_found_takes_the_colours_of_the_picture(found):
    for _, colour in found.recipe.palette:
        near = [np.abs(parse_colour(colour) * 255 - wanted).max() for wanted in ((160, 40, 140), (100, 200, 30))]
        assert min(near) < 6


def test_the_same_picture_gives_the_same_recipe_which_survives_its_json(generator, found):
    again = find_fabric(generator, stripes(across=False))
    assert again.recipe == found.recipe
    read = Recipe.from_json(found.recipe.to_json())
    assert np.array_equal(generator.draw(read, 128), generator.draw(found.recipe, 128))


def test_stripes_run_as_they_do_in_the_picture(generator, found):
    def flow(recipe):
        tile = generator.draw(recipe, 128).astype(float)
        return np.abs(np.diff(tile, axis=1)).mean() / np.abs(np.diff(tile, axis=0)).mean()

    level = find_fabric(generator, stripes(across=True))
    assert flow(found.recipe) > 1.5 * flow(level.recipe)


def test_what_is_found_can_be_edited_like_any_other(generator, found):
    finer, larger = (generator.draw(found.recipe.edited({"measured-scale": amount}), 64) for amount in (-2, 2))
    assert np.abs(finer.astype(int) - larger).mean() > 5


def test_a_fabric_of_the_generator_is_found_again_better_than_most(generator):
    picture = generator.draw(Recipe(77), 128)
    assert find_fabric(generator, picture).closeness > 0.4


def test_statistics_do_not_mind_where_a_cloth_begins_but_mind_which_way_it_runs():
    upright, level = (
        linear_to_oklab(srgb_to_linear(np.ascontiguousarray(stripes(across)[:128]))) for across in (False, True)
    )
    same = np.abs(statistics(upright) - statistics(np.roll(upright, 32, axis=1))).mean()
    assert same < 0.02 < 0.3 < np.abs(statistics(upright) - statistics(level)).mean()


def test_a_plain_cloth_is_no_trouble(generator):
    assert {colour for _, colour in find_fabric(generator, np.full((40, 50, 3), 90, np.uint8)).recipe.palette} == {
        "#5a5a5a"
    }


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((31, 400, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.float32),
    ],
)
def test_what_cannot_be_a_swatch_is_refused_with_a_sentence(picture):
    with pytest.raises(PictureError, match=r"^This .*\.$"):
        check_swatch(picture)


def test_without_an_encoder_a_fabric_is_found_all_the_same(generator, found, monkeypatch):
    monkeypatch.setattr(generator, "encoder", None)
    without = find_fabric(generator, stripes(across=False))
    assert without.recipe != found.recipe
    assert without.distance < 0.8 * without.usual


def test_what_the_encoder_recalls_is_closer_than_as_many_others(generator):
    search = Search(generator, generator.draw(Recipe(77), 128))
    recalled, others = search.recall(16), search.look(search.places[:16])
    assert np.median(recalled.distances) < np.median(others.distances)


def test_what_is_refined_is_never_worse(generator):
    search = Search(generator, stripes(across=True))
    guess = search.guess()
    assert search.refine(guess).distance() <= guess.distance()


def test_a_generator_of_short_motifs_is_searched_in_its_motifs(generator, monkeypatch):
    monkeypatch.setattr(generator, "settings", replace(generator.settings, motifs=(2, 4, 4, 8)))
    recipe = find_fabric(generator, stripes(across=False)).recipe
    assert recipe.motif in {2, 4, 8}
    assert recipe.cells == 8
