"""Garments of many cuts that the cloth net learns from."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from ml.cloth.lessons import read_lessons
from wardrobe import lessons
from wardrobe.garments import circle_skirt
from wardrobe.pattern import cut


@pytest.mark.parametrize("kind", lessons.KINDS)
def test_every_cut_can_be_laid_out_and_sewn_together(kind):
    make = lessons.KINDS[kind][1]
    sizes = set()
    for seed in range(4):
        garment = make(np.random.default_rng(seed))
        made = cut(garment.pieces, garment.seams, 4.0)
        assert len(made.sewn) > 10
        sizes.add(round(float(np.ptp(made.flat, axis=0).sum()), 2))
    assert len(sizes) == 4 or kind == "bag", "each is cut otherwise"


def test_the_stock_garments_keep_their_measures():
    before = circle_skirt.LONG, circle_skirt.SWEEP
    lessons.flared(np.random.default_rng(0))
    assert before == (circle_skirt.LONG, circle_skirt.SWEEP)


@pytest.mark.skipif(shutil.which("blender") is None, reason="Blender is not installed")
def test_a_lesson_is_rendered_from_all_sides_and_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lessons, "KINDS", {"bag": lessons.KINDS["bag"]})
    monkeypatch.setattr(lessons, "SIZE", (48, 64))
    words = ["--count", "1", "--out", str(tmp_path)]
    assert lessons.main(words) == 0
    assert capsys.readouterr().out == "0\n"
    with np.load(tmp_path / "0000.npz") as file:
        cloth, seen, names = file["cloth"], file["map"], json.loads(str(file["names"]))
    assert cloth.shape == seen.shape == (lessons.VIEWS, 64, 48, 4)
    assert names[:2] == ["bag", "body"]
    body = (seen[0, ..., 3] > 0.5) & (np.round(seen[0, ..., 2]) == 1)
    assert body.mean() > 0.1
    assert seen[0, ..., 0][body].min() == pytest.approx(-19, abs=2)
    assert seen[0, ..., 0][body].max() == pytest.approx(19, abs=2)
    assert len(read_lessons([tmp_path / "0000.npz"])) == lessons.VIEWS
    assert lessons.main(words) == 0
    assert capsys.readouterr().out == "", "it is there already"
