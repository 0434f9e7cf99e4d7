import numpy as np
import pytest

from ml.errors import PictureError, RecipeError
from ml.textiles.colourways import COLOURWAYS
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.palette import (
    apply_colours,
    colours_of_picture,
    from_oklab,
    parse_colour,
    reduce_inks,
    shift_colours,
    shuffle_inks,
    swatches,
    to_oklab,
    turn_hues,
)
from ml.textiles.recipe import Recipe, clean_colour
from ml.textiles.separations import Separations, ink_shares, print_separations

SEED = Recipe(5)


@pytest.fixture(scope="module")
def floral() -> FabricGenerator:
    return load_generator("floral")


@pytest.fixture(scope="module")
def drawn(floral) -> Separations:
    return floral.separations([SEED])[0]


def lightness(colour):
    return to_oklab(parse_colour(colour))[0]


def test_swatches_name_every_ink_and_their_shares_add_up(drawn):
    found = swatches(drawn)
    assert [swatch.ink for swatch in found] == list(range(6))
    assert sum(swatch.share for swatch in found) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("size", [64, 128, 300])
def test_shares_are_parts_of_one_whole_at_any_size(drawn, size):
    shares = ink_shares(drawn, size)
    assert shares.shape == (6, size, size)
    assert np.allclose(shares.sum(0), 1, atol=1e-3)


def test_a_recoloured_ink_prints_in_its_colour(floral):
    recipe = SEED.coloured(dict.fromkeys(range(6), "#336699"))
    plain = floral.separations([recipe])[0]
    flat = Separations(plain.logits, np.zeros_like(plain.weave), plain.palette)
    assert np.unique(print_separations(flat, 64).reshape(-1, 3), axis=0).tolist() == [[0x33, 0x66, 0x99]]


def test_recolouring_leaves_the_drawing_alone(floral, drawn):
    again = floral.separations([SEED.coloured({0: "#ff0000"})])[0]
    assert np.array_equal(again.logits, drawn.logits)
    assert np.array_equal(again.palette[1:], drawn.palette[1:])


@pytest.mark.parametrize("number", [2, 3, 5])
def test_fewer_inks_print_and_their_shares_are_sums(floral, drawn, number):
    recipe = reduce_inks(drawn, SEED, number)
    fewer = floral.separations([recipe])[0]
    assert len(swatches(fewer)) == number
    before, after = ink_shares(drawn, 200), ink_shares(fewer, 200)
    for place, ink in enumerate(fewer.inks):
        members = [i for i, into in enumerate(recipe.merged) if into == ink]
        assert np.allclose(after[place], before[members].sum(0), atol=1e-6)


def test_merging_like_inks_changes_no_pixel(floral):
    twins = SEED.coloured({2: "#808080", 4: "#808080"})
    merged = reduce_inks(floral.separations([twins])[0], twins, 5)
    assert merged.merged in {(0, 1, 2, 3, 2, 5), (0, 1, 4, 3, 4, 5)}
    assert np.array_equal(floral.draw(merged, 200), floral.draw(twins, 200))


def test_inks_can_be_merged_further_later(floral, drawn):
    four = reduce_inks(drawn, SEED, 4)
    two = reduce_inks(floral.separations([four])[0], four, 2)
    assert len(swatches(floral.separations([two])[0])) == 2


def test_locked_inks_keep_colour_and_place(floral, drawn):
    locked = {2, 3}
    colours = {swatch.ink: swatch.colour for swatch in swatches(drawn)}
    for recipe in (
        reduce_inks(drawn, SEED, 2, locked),
        shuffle_inks(drawn, SEED, 1, locked),
        turn_hues(drawn, SEED, 90, locked),
        apply_colours(drawn, SEED, COLOURWAYS["Dusk"], locked=locked),
    ):
        after = {swatch.ink: swatch.colour for swatch in swatches(floral.separations([recipe])[0])}
        assert {ink: after[ink] for ink in locked} == {ink: colours[ink] for ink in locked}
        assert after != colours


def test_a_colourway_keeps_light_and_shade(floral, drawn):
    recipe = apply_colours(drawn, SEED, COLOURWAYS["Terracotta"])
    before, after = swatches(drawn), swatches(floral.separations([recipe])[0])
    order = np.argsort([lightness(swatch.colour) for swatch in before])
    assert [after[i].colour for i in order] == list(COLOURWAYS["Terracotta"])


def test_by_area_the_largest_ink_takes_the_first_colour(drawn):
    recipe = apply_colours(drawn, SEED, ["#ff0000", "#00ff00"], by="area")
    ranked = sorted(swatches(drawn), key=lambda swatch: -swatch.share)
    assert [dict(recipe.palette)[swatch.ink] for swatch in ranked] == ["#ff0000"] * 3 + ["#00ff00"] * 3


def test_a_shuffle_gives_the_same_colours_to_other_inks(drawn):
    shuffled = shuffle_inks(drawn, SEED, 7)
    assert shuffled == shuffle_inks(drawn, SEED, 7)
    before = [swatch.colour for swatch in swatches(drawn)]
    after = [colour for _, colour in shuffled.palette]
    assert sorted(before) == sorted(after)
    assert before != after


def test_hues_turn_and_lightness_stays(drawn):
    turned = dict(turn_hues(drawn, SEED, 120).palette)
    for swatch in swatches(drawn):
        assert lightness(turned[swatch.ink]) == pytest.approx(lightness(swatch.colour), abs=0.02)
    assert turned != {swatch.ink: swatch.colour for swatch in swatches(drawn)}
    assert dict(turn_hues(drawn, SEED, 0).palette) == {swatch.ink: swatch.colour for swatch in swatches(drawn)}


def test_fixed_colours_can_be_made_lighter_warmer_and_rosier(floral):
    grey = SEED.coloured(dict.fromkeys(range(6), "#808080"))
    drawn = floral.separations([grey])[0]
    before = to_oklab(parse_colour("#808080"))
    for changes, axis in (({"lightness": 0.1}, 0), ({"rosiness": 0.1}, 1), ({"warmth": 0.1}, 2)):
        after = to_oklab(parse_colour(dict(shift_colours(drawn, grey, **changes).palette)[0]))
        assert np.argmax(after - before) == axis
        assert np.linalg.norm(after - before) == pytest.approx(0.1, abs=0.02)
    assert shift_colours(drawn, grey, warmth=0.1, locked=range(6)) == grey


def test_oklab_and_back():
    colours = np.random.RandomState(0).rand(50, 3).astype(np.float32)
    assert np.abs(from_oklab(to_oklab(colours)) - colours).max() <= 1 / 255


def test_a_picture_gives_its_colours_by_area():
    picture = np.zeros((60, 300, 3), np.uint8)
    picture[:, :180], picture[:, 180:270], picture[:, 270:] = (200, 30, 30), (30, 60, 200), (250, 250, 240)
    found = colours_of_picture(picture, 3)
    assert found == colours_of_picture(picture, 3)
    assert [round(share, 1) for _, share in found] == [0.6, 0.3, 0.1]
    for (colour, _), expected in zip(found, ("#c81e1e", "#1e3cc8", "#fafaf0"), strict=True):
        assert np.abs(parse_colour(colour) - parse_colour(expected)).max() < 0.02


def test_a_plain_picture_gives_one_colour():
    assert colours_of_picture(np.full((1, 1, 3), 77, np.uint8)) == [("#4d4d4d", 1.0)]


@pytest.mark.parametrize("picture", [np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_what_is_no_picture_gives_no_colours(picture):
    with pytest.raises(PictureError, match="colour picture"):
        colours_of_picture(picture)


@pytest.mark.parametrize(
    "ask",
    [
        lambda drawn: reduce_inks(drawn, SEED, 1),
        lambda drawn: reduce_inks(drawn, SEED, 7),
        lambda drawn: reduce_inks(drawn, SEED, 2.0),
        lambda drawn: reduce_inks(drawn, SEED, 2, locked=[0, 1, 2]),
        lambda drawn: apply_colours(drawn, SEED, []),
        lambda drawn: apply_colours(drawn, SEED, ["#123456"] * 17),
        lambda drawn: apply_colours(drawn, SEED, ["blue"]),
        lambda drawn: apply_colours(drawn, SEED, ["#123456"], by="name"),
        lambda drawn: shuffle_inks(drawn, SEED, -1),
        lambda drawn: turn_hues(drawn, SEED, float("nan")),
        lambda drawn: turn_hues(drawn, SEED, 361),
        lambda drawn: shift_colours(drawn, SEED, lightness=float("nan")),
        lambda drawn: shift_colours(drawn, SEED, warmth=0.31),
        lambda drawn: colours_of_picture(np.zeros((4, 4, 3), np.uint8), 0),
    ],
)
def test_bad_input_is_refused_with_a_sentence(drawn, ask):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        ask(drawn)


def test_colourways_are_colours_from_dark_to_light_in_the_large():
    for colours in COLOURWAYS.values():
        assert [clean_colour(colour) for colour in colours] == list(colours)
        assert lightness(colours[0]) < 0.4 < 0.8 < lightness(colours[-1])
