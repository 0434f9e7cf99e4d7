import io

import numpy as np
import pytest
from PIL import Image

from ml.encode import Mark
from ml.errors import RecipeError
from ml.textiles.generate import load_generator
from ml.textiles.morph import draw_strip, encode_loop, morph_recipes
from ml.textiles.recipe import Recipe

FIRST, SECOND = Recipe(3, cells=4), Recipe(9, cells=4).coloured({0: "#204060"})


@pytest.fixture(scope="module")
def strip():
    return draw_strip(load_generator("floral"), FIRST, SECOND, 9, 64)


def test_a_strip_begins_and_ends_with_its_parents(strip):
    generator = load_generator("floral")
    assert strip.shape == (9, 64, 64, 3)
    assert np.array_equal(strip[0], generator.draw(FIRST, 64))
    assert np.array_equal(strip[-1], generator.draw(SECOND, 64))


def test_a_strip_changes_a_little_at_every_step(strip):
    steps = np.abs(np.diff(strip.astype(int), axis=0)).mean((1, 2, 3))
    whole = np.abs(strip[-1].astype(int) - strip[0]).mean()
    assert steps.min() > 0
    assert steps.max() < 0.8 * whole


def test_fabrics_of_different_cells_meet_on_the_first_ones():
    assert {recipe.cells for recipe in morph_recipes(Recipe(1, cells=6), Recipe(2, cells=9), 5)} == {6}


def test_a_loop_goes_there_and_back_for_ever(strip):
    content = encode_loop(strip)
    assert Mark.GENERATED.packet.encode() in content
    with Image.open(io.BytesIO(content)) as loop:
        assert (loop.format, loop.n_frames, loop.size, loop.info["loop"]) == ("WEBP", 16, (64, 64), 0)
        shown = []
        for number in (0, 4, 8, 12):
            loop.seek(number)
            shown.append(np.asarray(loop.convert("RGB")).astype(int))
    for frame, expected in zip(shown, strip[[0, 4, 8, 4]], strict=True):
        assert np.abs(frame - expected).mean() < 12


@pytest.mark.parametrize("steps", [1, 0, -3, 61, 1_000_000, 2.5, True, None])
def test_a_number_of_steps_out_of_range_is_refused_with_a_sentence(steps):
    with pytest.raises(RecipeError, match="2 to 60"):
        morph_recipes(FIRST, SECOND, steps)
