import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms

from ml.compositing.placement import REPEATS
from ml.encode import Mark
from ml.errors import RecipeError
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.palette import parse_colour, reduce_inks
from ml.textiles.press import (
    encode_print,
    plan_print,
    print_block,
    size_range,
    srgb_profile,
    zip_layers,
)
from ml.textiles.recipe import Recipe
from ml.textiles.recipe_file import RecipeFile
from ml.textiles.repeats import BLOCKS
from ml.textiles.separations import Separations, print_separations

SEED = Recipe(5, cells=5)


@pytest.fixture(scope="module")
def floral() -> FabricGenerator:
    return load_generator("floral")


@pytest.fixture(scope="module")
def drawn(floral) -> Separations:
    return floral.separations([SEED])[0]


def test_the_printed_size_is_known_beforehand(floral):
    plan = plan_print(4, "in", 150, "half-drop")
    assert (plan.tile, plan.pixels, plan.size("in")) == (600, (1200, 600), (8.0, 4.0))
    assert str(plan) == "1,200 × 600 px at 150 DPI prints 20.3 × 10.2 cm (8.0 × 4.0 in)"
    assert print_block(floral.block(replace(SEED, repeat="half-drop")), plan).shape == (600, 1200, 3)


def test_centimetres_are_kept_to_two_pixels():
    plan = plan_print(7.3, "cm", 300)
    assert abs(plan.size("cm")[0] - 7.3) <= 2.54 / 300
    assert plan.tile % 2 == 0


@pytest.mark.parametrize("unit", ["cm", "in"])
@pytest.mark.parametrize("dpi", [150, 300])
@pytest.mark.parametrize("repeat", REPEATS)
def test_the_whole_range_of_sizes_can_be_planned(unit, dpi, repeat):
    least, most = size_range(unit, dpi, repeat)
    assert max(plan_print(most, unit, dpi, repeat).pixels) <= 8192
    assert plan_print(least, unit, dpi, repeat).tile >= 32
    for size in (least - 0.1, most + 0.1):
        with pytest.raises(RecipeError, match=f"from {least:g} to {most:g} {unit}"):
            plan_print(size, unit, dpi, repeat)


@pytest.mark.parametrize(
    "asked",
    [
        {"size": 0},
        {"size": -5},
        {"size": 1_000_000},
        {"size": float("nan")},
        {"size": float("inf")},
        {"size": 10**400},
        {"size": "10"},
        {"size": True},
        {"size": 10, "unit": "furlong"},
        {"size": 10, "dpi": 72},
        {"size": 10, "dpi": None},
        {"size": 10, "repeat": "quarter"},
    ],
)
def test_a_plan_that_cannot_be_printed_is_refused_with_a_sentence(asked):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        plan_print(**asked)


@pytest.mark.parametrize("repeat", REPEATS)
@pytest.mark.parametrize("category", ["floral", "plaid", "striped"])
def test_a_print_is_seamless(category, repeat):
    """Neighbours across a join or the file's edge differ about as much as neighbours elsewhere."""
    generator = load_generator(category)
    drawn = generator.block(replace(SEED, repeat=repeat))
    block = print_block(drawn, plan_print(8, "cm", 150, repeat)).astype(int)
    for axis, tiles in enumerate(reversed(BLOCKS[repeat])):
        steps = np.abs(np.roll(block, -1, axis) - block).mean(axis=(1 - axis, 2))
        joins = steps.reshape(tiles, -1)[:, -1]
        assert joins.max() <= 1.2 * np.quantile(steps, 0.98) + 0.5


@pytest.mark.parametrize("cells", [4, 6, 7])
@pytest.mark.parametrize(("repeat", "along", "across"), [("half-drop", 1, 0), ("half-brick", 0, 1)])
def test_a_block_holds_the_same_drawing_twice_half_a_tile_apart(floral, cells, repeat, along, across):
    block = floral.draw_block(Recipe(5, cells=cells, repeat=repeat), 192).astype(int)
    one, other = np.split(block, 2, axis=along)
    assert one.shape == (192, 192, 3)
    assert np.abs(np.roll(one, 96, axis=across) - other).max() <= 1
    assert np.abs(one - other).mean() > 5


def test_a_mirror_shows_its_tile_four_times(floral):
    block = floral.draw_block(replace(SEED, repeat="mirror"), 96)
    assert np.array_equal(block, block[::-1])
    assert np.array_equal(block, block[:, ::-1])
    assert np.array_equal(block[:96, :96], floral.draw(SEED, 96))


def test_a_straight_block_is_the_tile(floral):
    assert np.array_equal(floral.draw_block(SEED, 192), floral.draw(SEED, 192))


def test_a_block_of_another_repeat_is_refused_with_a_sentence(drawn):
    with pytest.raises(RecipeError, match="half-drop"):
        print_block(drawn, plan_print(8, "cm", 150, "half-drop"))


@pytest.mark.parametrize("size", [160, 480, 1280])
def test_an_enlarged_print_shifts_with_its_noise(floral, size):
    styles, noise = floral.latent(SEED)
    moved = np.roll(noise, (1, 3), (1, 2))
    here, there = floral.separations_of(np.stack([styles, styles]), np.stack([noise, moved]))
    step = size // SEED.cells
    shifted = np.roll(print_separations(here, size).astype(int), (step, 3 * step), (0, 1))
    assert np.abs(shifted - print_separations(there, size)).max() <= 1


@pytest.mark.parametrize(("kind", "form"), [("png", "PNG"), ("tiff", "TIFF")])
def test_a_print_file_keeps_pixels_resolution_profile_and_mark(drawn, kind, form):
    picture = print_block(drawn, plan_print(2, "cm", 300))
    content = encode_print(picture, 300, kind)
    assert content == encode_print(picture, 300, kind)
    with Image.open(io.BytesIO(content)) as opened:
        assert (opened.format, opened.mode) == (form, "RGB")
        assert np.array_equal(np.asarray(opened), picture)
        assert [round(float(value)) for value in opened.info["dpi"]] == [300, 300]
        profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        if kind == "tiff":
            assert opened.info["compression"] == "tiff_lzw"
    assert Mark.GENERATED.packet.encode() in content


def test_the_profile_changes_no_colour():
    picture = Image.fromarray(np.random.RandomState(0).randint(0, 256, (8, 8, 3)).astype(np.uint8))
    embedded = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    seen = ImageCms.profileToProfile(picture, embedded, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(seen).astype(int) - np.asarray(picture)).max() <= 1


@pytest.mark.parametrize("kind", ["jpeg", "jpg", "gif", ""])
def test_another_format_is_refused_with_a_sentence(kind):
    with pytest.raises(RecipeError, match="PNG or a TIFF"):
        encode_print(np.zeros((4, 4, 3), np.uint8), 300, kind)


@pytest.mark.parametrize("fewer", [False, True])
def test_the_layers_of_the_zip_give_the_fabric_back(floral, drawn, fewer):
    recipe = reduce_inks(drawn, SEED, 3) if fewer else SEED
    recipe = replace(recipe, repeat="half-brick")
    fabric = floral.block(recipe)
    plan = plan_print(4, "cm", 150, "half-brick")
    file = RecipeFile("floral", "1-abc", recipe)
    content = zip_layers(fabric, plan, file)
    assert content == zip_layers(fabric, plan, file)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        rows = json.loads(archive.read("palette.json"))
        assert len(rows) == (3 if fewer else 6)
        layers = [np.asarray(Image.open(io.BytesIO(archive.read(row["layer"])))) for row in rows]
        assert RecipeFile.from_json(archive.read("recipe.json")) == file
        assert "black is full ink" in archive.read("README.txt").decode()
        assert archive.read("palette.gpl").startswith(b"GIMP Palette\n")
    shares = 1 - np.stack(layers) / 255
    mixed = np.tensordot(shares, [parse_colour(row["colour"]) for row in rows], axes=(0, 0)) * 255
    plain = Separations(fabric.logits, np.zeros_like(fabric.weave), fabric.palette, fabric.merged)
    assert np.abs(mixed - print_block(plain, plan)).max() < 4
    assert np.abs(shares.sum(0) - 1).max() < 4 / 255


@pytest.mark.parametrize("motif", [2, 4, 8])
@pytest.mark.parametrize(("repeat", "long"), [("half-drop", 1), ("half-brick", 0)])
def test_a_short_motif_drops_by_half_of_itself(floral, motif, repeat, long):
    block = floral.draw_block(Recipe(5, motif=motif, repeat=repeat), 256).astype(int)
    step = 256 * motif // 8
    shift = (step // 2, step) if long else (step, step // 2)
    assert np.abs(np.roll(block, shift, (0, 1)) - block).max() <= 1
    assert np.abs(np.roll(block, shift[long], long) - block).mean() > 3
