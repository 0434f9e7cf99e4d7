import dataclasses

import numpy as np
import pytest

from ml.cloth.config import Settings
from ml.cloth.lessons import draw, read_lessons
from ml.errors import PictureError

CALM = Settings(dark_share=0, cut_share=0, hidden_share=0)


def test_each_view_is_a_lesson_with_its_pieces(lessons_folder):
    lessons = read_lessons(sorted(lessons_folder.glob("*.npz")))
    assert len(lessons) == 6
    sheet = lessons[0].sheet
    assert sheet[0, 0] == -1
    assert sheet[30, 24] == 0
    assert sheet[30, 8] == 1, "the sleeve on the left"
    assert sheet[30, 40] == 2
    assert not lessons[0].sure[30, 12:14].all(), "nothing is learned across a seam"
    assert lessons[0].sure[30, 24]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "0000.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(PictureError, match=r"0000\.npz"):
        read_lessons([tmp_path / "0000.npz"])


def drawn_many(lessons_folder, settings=CALM, count=40):
    lesson = read_lessons([lessons_folder / "0000.npz"])[0]
    return [draw(lesson, np.random.default_rng(number), settings) for number in range(count)]


def test_sleeves_keep_their_side_when_mirrored(lessons_folder):
    for drawn in drawn_many(lessons_folder):
        u = drawn.uv[0]
        assert u[drawn.sure & (drawn.sheet == 1)].max() < -40
        assert u[drawn.sure & (drawn.sheet == 2)].min() > 40
        left, right = (np.nonzero(drawn.sheet == sheet)[1].mean() for sheet in (1, 2))
        assert left < right, "left is where the photo's left is"
        body = np.where(drawn.sure & (drawn.sheet == 0))
        assert np.corrcoef(body[1], u[body])[0, 1] > 0.6, "u grows to the right"


def test_the_same_number_draws_the_same(lessons_folder):
    lesson = read_lessons([lessons_folder / "0001.npz"])[0]
    one, two = (draw(lesson, np.random.default_rng(3), Settings()) for _ in range(2))
    for field in dataclasses.fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(two, field.name))


def test_a_garment_may_be_cut_hidden_and_without_light(lessons_folder):
    whole = np.mean([(each.picture[1] > 0.5).mean() for each in drawn_many(lessons_folder)])
    hidden = dataclasses.replace(CALM, hidden_share=1.0)
    assert np.mean([(each.picture[1] > 0.5).mean() for each in drawn_many(lessons_folder, hidden)]) < 0.97 * whole
    dark = dataclasses.replace(CALM, dark_share=1.0)
    assert not any(each.picture[0].any() for each in drawn_many(lessons_folder, dark, 5))
    cut = dataclasses.replace(CALM, cut_share=1.0)
    depths = [each.uv[1][each.sure].max() for each in drawn_many(lessons_folder, cut)]
    assert min(depths) < 35 < 44 < max(depths), "the hem is not always there"
