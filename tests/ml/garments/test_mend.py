import subprocess
import sys

import numpy as np
import pytest

from ml.errors import MendError, MlError, PictureError
from ml.garments import mend_figures
from ml.garments.mend import (
    Stroke,
    bench_size,
    garment_at,
    grow_garment,
    mend,
    pack_probabilities,
    prepare_workbench,
    rasterize,
    unpack_probabilities,
)
from ml.garments.names import NAMES
from tests.ml.garments.conftest import drawn_pair

TOP, BOTTOM = NAMES.index("top"), NAMES.index("bottom")


def unsure_net(labels: np.ndarray, confidence: float = 0.5) -> np.ndarray:
    """Probabilities (9, h/2, w/2) of a net that half believes these labels."""
    small = labels[::2, ::2]
    planes = np.full((9, *small.shape), (1 - confidence) / 8, dtype=np.float32)
    np.put_along_axis(planes, small[None].astype(np.int64), confidence, axis=0)
    return planes


@pytest.fixture
def scene():
    """A person of rectangles; the net missed the lower half of the red top and took the street beside it for top."""
    pair = drawn_pair(height=384, width=256)
    seen = pair.labels.copy()
    seen[135:192, 77:179] = 0
    seen[90:180, 200:240] = TOP
    return prepare_workbench(pair.photo, unsure_net(seen)), seen, pair.labels


def tap(garment: str, adds: bool, x: float, y: float, **more) -> Stroke:
    return Stroke(garment, adds, ((x, y),), 0.012, **more)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_one_short_stroke_brings_back_the_whole_missing_piece(scene):
    bench, seen, truth = scene
    mended = mend(bench, seen, Stroke("top", True, ((0.4, 0.4), (0.6, 0.42)), 0.012))
    assert iou(mended[:, :190] == TOP, truth[:, :190] == TOP) > 0.93
    assert (mended == BOTTOM).sum() > 0.95 * (truth == BOTTOM).sum(), "it stops where the trousers begin"


def test_one_tap_takes_away_the_whole_wrong_piece(scene):
    bench, seen, _ = scene
    mended = mend(bench, seen, tap("top", False, 0.86, 0.35))
    assert (mended[:, 195:] == TOP).mean() < 0.01
    assert np.array_equal(mended[:, :190], seen[:, :190])
    assert set(np.unique(mended[90:180, 200:240])) <= {0, 1}, "what is taken away is background or body"


def test_a_stroke_reaches_only_what_it_touches(scene):
    bench, seen, _ = scene
    red = seen.copy()
    mended = mend(bench, red, tap("shoes", True, 0.5, 0.91))
    assert np.array_equal(mended[:300], seen[:300])


def test_an_exact_stroke_paints_its_own_pixels(scene):
    bench, seen, _ = scene
    stroke = Stroke("top", True, ((0.1, 0.1), (0.2, 0.1)), 0.02, exact=True)
    mended = mend(bench, seen, stroke)
    assert np.array_equal(mended != seen, rasterize(stroke, bench.shape))


def test_adding_never_loses_and_removing_never_gains(scene):
    bench, seen, _ = scene
    added = mend(bench, seen, tap("top", True, 0.5, 0.4))
    removed = mend(bench, seen, tap("top", False, 0.5, 0.3))
    assert (added == TOP)[seen == TOP].all()
    assert (seen == TOP)[removed == TOP].all()


def test_what_was_said_before_still_holds(scene):
    bench, seen, _ = scene
    first = Stroke("top", False, ((0.32, 0.45), (0.68, 0.45)), 0.012)
    mended = mend(bench, mend(bench, seen, first), tap("top", True, 0.5, 0.36), [first])
    assert (mended[rasterize(first, bench.shape)] == TOP).mean() < 0.1


def test_the_same_strokes_give_the_same_mask(scene):
    bench, seen, _ = scene
    stroke = tap("top", True, 0.5, 0.4)
    assert np.array_equal(mend(bench, seen, stroke), mend(bench, seen, stroke))


@pytest.mark.parametrize("shape", [(32, 32), (33, 400), (97, 61), (700, 500), (64, 2000)])
def test_every_shape_of_picture_is_mended(shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    width, height = bench_size(shape[1], shape[0])
    bench = prepare_workbench(photo, np.full((9, 20, 30), 1 / 9, np.float32))
    assert bench.shape == (height, width)
    assert max(bench.shape) <= 512
    assert np.array_equal(np.unique(bench.cells), np.arange(len(bench.sizes)))
    labels = np.zeros(bench.shape, np.uint8)
    for x in (0.0, 0.5, 1.0):
        assert (mend(bench, labels, tap("dress", True, x, x)) == NAMES.index("dress")).any()


def test_a_plain_picture_is_mended_too():
    bench = prepare_workbench(np.full((120, 90, 3), 128, np.uint8), np.full((9, 20, 30), 1 / 9, np.float32))
    assert mend(bench, np.zeros(bench.shape, np.uint8), tap("top", True, 0.5, 0.5)).any()


def test_a_binary_net_is_mended_by_its_one_name():
    pair = drawn_pair(height=384, width=256)
    cloth = np.where(pair.labels >= 2, NAMES.index("clothes"), 0).astype(np.uint8)
    planes = np.zeros((len(NAMES), 192, 128), np.float32)
    planes[0], planes[-1] = 0.5, 0.5
    bench = prepare_workbench(pair.photo, planes)
    missing = cloth.copy()
    missing[192:340] = 0
    mended = mend(bench, missing, tap("clothes", True, 0.5, 0.7))
    assert iou(mended > 0, cloth > 0) > 0.9


@pytest.mark.parametrize(
    "change",
    [
        {"garment": "cape"},
        {"garment": "body"},
        {"points": ()},
        {"points": ((0.5, 0.5),) * 2001},
        {"points": ((1.1, 0.5),)},
        {"points": ((float("nan"), 0.5),)},
        {"radius": 0.0},
        {"radius": 0.5},
        {"radius": float("inf")},
    ],
    ids=lambda change: str(change)[:40],
)
def test_impossible_strokes_are_refused_in_a_sentence(change):
    values = {"garment": "top", "adds": True, "points": ((0.5, 0.5),), "radius": 0.02} | change
    with pytest.raises(MlError, match=r"\.$"):
        Stroke(**values)


def test_a_mask_of_another_picture_is_refused(scene):
    with pytest.raises(MendError, match="another picture"):
        mend(scene[0], np.zeros((10, 10), np.uint8), tap("top", True, 0.5, 0.5))


def test_a_picture_too_small_for_two_cells_is_refused():
    with pytest.raises(MendError, match="too small"):
        prepare_workbench(np.zeros((6, 6, 3), np.uint8), np.full((9, 2, 2), 1 / 9, np.float32))


def test_growing_takes_only_what_is_no_garment_and_shrinking_gives_it_back(scene):
    bench, seen, _ = scene
    grown = grow_garment(bench, seen, "top", 3)
    assert (grown == TOP).sum() > (seen == TOP).sum()
    assert (grown == BOTTOM).sum() == (seen == BOTTOM).sum()
    shrunk = grow_garment(bench, seen, "top", -3)
    assert (shrunk == TOP).sum() < (seen == TOP).sum()
    assert set(np.unique(shrunk[(seen == TOP) & (shrunk != TOP)])) <= {0, 1}


@pytest.mark.parametrize(("garment", "pixels"), [("top", 0), ("top", 25), ("top", -25), ("dress", 2)])
def test_growing_what_cannot_grow_is_refused(scene, garment, pixels):
    with pytest.raises(MendError):
        grow_garment(scene[0], scene[1], garment, pixels)


def test_a_place_tells_its_garment(scene):
    labels = scene[2]
    assert garment_at(labels, [(0.5, 0.3)]) == "top"
    assert garment_at(labels, [(0.5, 0.3), (0.5, 0.7), (0.5, 0.75)]) == "bottom"
    assert garment_at(labels, [(0.01, 0.01)]) is None
    assert garment_at(labels, [(0.5, 0.15)]) is None, "skin is no garment"
    assert garment_at(labels, [(1.0, 1.0)]) is None


def test_probabilities_are_kept_small_and_close():
    planes = unsure_net(drawn_pair(height=384, width=256).labels, 0.8)
    content = pack_probabilities(planes)
    assert len(content) < planes.size / 10
    assert np.abs(unpack_probabilities(content) - planes).max() <= 0.5 / 31 + 1e-6


@pytest.mark.parametrize(
    "content",
    [b"", b"abc", b"\x09\x00\x10\x00\x10\x00nonsense", pack_probabilities(np.ones((9, 4, 4), np.float32))[:-3]],
)
def test_torn_probabilities_are_refused(content):
    with pytest.raises(MendError):
        unpack_probabilities(content)


def test_names_are_the_classes_and_clothes():
    with pytest.raises(PictureError, match="choose from"):
        tap("background", True, 0.5, 0.5)
    assert NAMES[9:] == ("clothes",)


def test_mending_needs_neither_torch_nor_skimage():
    code = "import sys\nfor name in ('torch', 'skimage', 'django'): sys.modules[name] = None\n"
    code += "import numpy as np\nfrom ml.garments.mend import *\n"
    code += "bench = prepare_workbench(np.zeros((64, 64, 3), np.uint8), np.full((9, 8, 8), 1 / 9, np.float32))\n"
    code += "mend(bench, np.zeros((64, 64), np.uint8), Stroke('top', True, ((0.5, 0.5),), 0.05)); print('mended')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "mended", done.stderr


class DrawnCase:
    """What :class:`mend_figures.Case` is, of a drawing."""

    def __init__(self, scene) -> None:
        self.bench, self.labels, self.truth = scene
        self.photo = drawn_pair(height=384, width=256).photo


def test_the_imagined_user_mends_better_than_they_paint(scene):
    case = DrawnCase(scene)
    mended = mend_figures.iou_by_stroke(case, "top", mend_figures.by_mending)
    painted = mend_figures.iou_by_stroke(case, "top", mend_figures.by_painting)
    cut = mend_figures.iou_by_stroke(case, "top", mend_figures.by_grabcut)
    assert mended[0] == painted[0] == cut[0] < 0.6
    assert mended[2] > 0.93
    assert painted[3] < mended[2]


def test_the_imagined_user_stops_when_all_is_well(scene):
    truth = scene[2] == TOP
    assert mend_figures.next_stroke(truth, truth, "top", tap=False) is None
    stroke = mend_figures.next_stroke(truth, scene[1] == TOP, "top", tap=True)
    assert stroke is not None
    assert len(stroke.points) == 1


def test_the_figures_need_photos(tmp_path, capsys):
    assert mend_figures.main(["--data", str(tmp_path)]) == 2
    assert "no labelled photos" in capsys.readouterr().err
