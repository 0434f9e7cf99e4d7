import numpy as np

from ml.textiles.attributes import ATTRIBUTES, measure


def measured(tile):
    return dict(zip(ATTRIBUTES, measure(tile.astype(np.uint8)), strict=True))


def stripes(length, low=(60, 60, 60), high=(200, 200, 200), side=64):
    on = (np.arange(side) // (length // 2) % 2)[None, :, None] * np.ones((side, 1, 1))
    return np.where(on, np.array(high), np.array(low))


def test_white_is_light_and_black_is_dark():
    assert measured(np.full((16, 16, 3), 255))["lightness"] > 0.99
    assert measured(np.zeros((16, 16, 3)))["lightness"] < 0.01


def test_orange_is_warm_rose_is_rosy_and_grey_is_neither():
    orange, blue, rose, green, grey = (
        measured(np.full((16, 16, 3), colour))
        for colour in ((255, 140, 40), (40, 110, 255), (255, 60, 190), (60, 190, 90), (128, 128, 128))
    )
    assert orange["warmth"] > 0.1 > -0.1 > blue["warmth"]
    assert rose["rosiness"] > 0.1 > -0.1 > green["rosiness"]
    assert abs(grey["warmth"]) + abs(grey["rosiness"]) + grey["colour"] < 1e-3


def test_stripes_are_as_wide_dense_and_bold_as_they_are():
    wide, narrow, faint = measured(stripes(32)), measured(stripes(8)), measured(stripes(8, high=(80, 80, 80)))
    assert 1 < wide["scale"] - narrow["scale"] < 2.5
    assert narrow["density"] == 4 * wide["density"] == 0.25
    assert narrow["contrast"] > 4 * faint["contrast"]


def test_stripes_are_more_regular_than_noise_and_stand_upright():
    noise = np.random.RandomState(0).randint(0, 256, (64, 64, 3))
    assert measured(stripes(8))["regularity"] > measured(noise)["regularity"] + 3
    upright = stripes(8)
    assert measured(upright)["flow"] > 3 > -3 > measured(upright.transpose(1, 0, 2))["flow"]


def test_attributes_do_not_mind_where_a_tile_begins():
    tile = np.random.RandomState(0).randint(0, 256, (32, 32, 3))
    here, there = measured(tile), measured(np.roll(tile, (5, 11), (0, 1)))
    assert all(abs(here[name] - there[name]) < 1e-3 for name in ATTRIBUTES)
