import re

import cv2
import numpy as np
import pytest
from defusedxml import ElementTree

from ml.compositing.placement import REPEATS
from ml.encode import Mark
from ml.textiles.generate import load_generator
from ml.textiles.palette import parse_colour, swatches
from ml.textiles.press import plan_print
from ml.textiles.recipe import Recipe
from ml.textiles.repeats import BLOCKS
from ml.textiles.separations import Separations, ink_shares
from ml.textiles.trace import GRID, flatness, is_flat, trace_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn() -> Separations:
    return load_generator("floral").separations([Recipe(9, cells=5)])[0]


def paths(svg):
    """(colour, rings) of each layer, rings as float (N, 2)."""
    tile = next(group for group in ElementTree.fromstring(svg).iter(f"{SVG}g") if group.get("id") == "tile")
    for path in tile.iter(f"{SVG}path"):
        rings = [re.findall(r"([\d.]+) ([\d.]+)", ring) for ring in path.get("d").split("Z")[:-1]]
        yield path.get("fill"), [np.array(ring, float) for ring in rings]


def painted(svg, ground):
    """The tile as a picture of flat colours, GRID pixels a side, sRGB codes."""
    picture = np.full((GRID, GRID, 3), ground, np.uint8)
    for colour, rings in paths(svg):
        points = [np.round(ring * 16).astype(np.int32) for ring in rings]
        cv2.fillPoly(picture, points, [int(code) for code in bytes.fromhex(colour[1:])], shift=4)
    return picture


def test_the_svg_paints_the_strongest_ink_everywhere(drawn):
    inks = sorted(swatches(drawn), key=lambda swatch: -swatch.share)
    ground = bytes.fromhex(inks[0].colour[1:])
    picture = painted(trace_svg(drawn, plan_print(10)), list(ground))
    palette = np.round(np.stack([parse_colour(swatch.colour) for swatch in swatches(drawn)]) * 255)
    expected = palette[ink_shares(drawn, GRID).argmax(0)]
    assert (np.abs(picture - expected).max(-1) > 0).mean() < 0.04


@pytest.mark.parametrize("repeat", REPEATS)
def test_outlines_meet_themselves_across_the_seam(repeat):
    drawn = load_generator("floral").block(Recipe(9, cells=5, repeat=repeat))
    crossings = 0
    size = [GRID * tiles for tiles in ((1, 1) if repeat == "mirror" else BLOCKS[repeat])]
    for _, rings in paths(trace_svg(drawn, plan_print(10, "cm", 150, repeat))):
        points = np.concatenate(rings)
        inside = (points > 0) & (points < size)
        for axis in (0, 1):
            low, high = (
                np.sort(points[(points[:, axis] == end) & inside[:, 1 - axis], 1 - axis]) for end in (0, size[axis])
            )
            alone = np.setxor1d(low, high)  # both ends of a sliver thinner than the tolerance, dropped on one side
            assert len(alone) <= 4
            assert np.all(alone[1::2] - alone[::2] < 1)
            crossings += len(low)
    assert crossings > 10


@pytest.mark.parametrize("repeat", REPEATS)
def test_the_svg_has_the_printed_size_and_the_mark(repeat):
    drawn = load_generator("floral").block(Recipe(9, cells=5, repeat=repeat))
    plan = plan_print(10, "cm", 150, repeat)
    svg = trace_svg(drawn, plan, title="Floral <9>")
    root = ElementTree.fromstring(svg)
    assert root.get("width") == f"{plan.size('cm')[0]:.4f}cm"
    across, down = BLOCKS[repeat]
    assert root.get("viewBox") == f"0 0 {across * GRID} {down * GRID}"
    assert root.find(f"{SVG}title").text == "Floral <9>"
    assert Mark.GENERATED.value in svg
    assert len(list(root.iter(f"{SVG}use"))) == (3 if repeat == "mirror" else 0)
    assert svg == trace_svg(drawn, plan, title="Floral <9>")


def test_one_flat_ink_is_a_plain_ground():
    logits = np.zeros((2, 16, 16), np.float32)
    logits[0] = 20
    plain = Separations(logits, np.zeros((16, 16), np.float32), np.array([[1, 0, 0], [0, 0, 1]], np.float32))
    assert list(paths(trace_svg(plain, plan_print(10)))) == []
    assert flatness(plain) == 1


def test_inks_that_melt_into_each_other_are_not_flat():
    melted = Separations(
        np.random.RandomState(0).standard_normal((2, 16, 16)).astype(np.float32) * np.float32(0.1),
        np.zeros((16, 16), np.float32),
        np.array([[1, 1, 1], [0, 0, 0]], np.float32),
    )
    assert flatness(melted) < 0.1
    assert not is_flat(melted)


def test_simplified_outlines_keep_the_drawing_small(drawn):
    assert len(trace_svg(drawn, plan_print(10))) < 400_000
