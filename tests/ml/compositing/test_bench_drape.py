"""The bench tells a true drape from a false one, on a small garment made up here."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from ml.compositing import bench_drape
from ml.compositing.bench_drape import WAYS, bench, main, mean_of, page, read_case
from ml.compositing.bench_patterns import bench_patterns, direction
from ml.compositing.cloth_map import ClothMap, encode_light, encode_parts, encode_uv
from ml.compositing.placement import Placement
from ml.compositing.wrap import wrap_fabric
from ml.errors import PictureError
from ml.images import linear_to_srgb

HEIGHT, WIDTH = 128, 96


@pytest.fixture
def garment(tmp_path):
    """A bent cloth in the middle of a picture, its photo on grey, and the truth in all patterns."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u = 16 * np.arcsin(np.clip((x + 0.5 - WIDTH / 2) / (WIDTH / 2) * 0.9, -1, 1)) + 0.05 * y
    v = y / 3 + np.sin(x / 9)
    area = np.zeros((HEIGHT, WIDTH), bool)
    area[8:-8, 8:-8] = True
    light = 0.7 + 0.25 * np.cos(x / 12)
    cloth = ClothMap(u.astype(np.float32), v.astype(np.float32), area, light.astype(np.float32))
    folder = tmp_path / "stock" / "cloth"
    folder.mkdir(parents=True)
    (folder / "uv.png").write_bytes(encode_uv(cloth.u, cloth.v, area))
    (folder / "shading.png").write_bytes(encode_light(cloth.light))
    (folder / "parts.png").write_bytes(encode_parts(area.astype(np.uint8)))
    (folder / "garment.json").write_text(json.dumps({"garment": "skirt"}))
    photo = linear_to_srgb(np.where(area[..., None], 0.5 * cloth.light[..., None], 0.8) * np.ones(3, np.float32))
    Image.fromarray(photo).save(folder / "photo.jpg", quality=98)
    for name, values in (("mask", area * 255), ("labels", area * 5)):
        Image.fromarray(values.astype(np.uint8)).save(folder / f"{name}.png")
    truth = tmp_path / "truth" / "cloth"
    truth.mkdir(parents=True)
    for name, pattern in bench_patterns().items():
        true = wrap_fabric(pattern.tile, cloth, Placement(pattern.cm)) * cloth.light[..., None]
        picture = linear_to_srgb(np.where(area[..., None], true, 0.75))
        Image.fromarray(picture).save(truth / f"{name}.jpg", quality=98, subsampling=0)
    return tmp_path


def test_what_is_known_comes_nearest(garment):
    scores = bench(garment / "stock", garment / "truth")["cloth"]
    means = [mean_of(scores[way]) for way in WAYS]
    assert means[2].delta < 1.5
    assert means[2].ssim > 0.9
    assert means[2].angle < 2
    assert all(other.delta > 3 * means[2].delta for place, other in enumerate(means) if place != 2)
    assert means[0].angle > means[2].angle


def test_the_command_writes_its_page_and_passes(garment, tmp_path, capsys):
    out = tmp_path / "page.md"
    assert main(["--stock", str(garment / "stock"), "--truth", str(garment / "truth"), "--write", str(out)]) == 0
    assert "| **all** | (c) drape with UV map |" in out.read_text()
    assert "(d) drape with photo and mask" in capsys.readouterr().out


def test_the_command_fails_when_the_exact_drape_is_off(garment, monkeypatch, capsys):
    monkeypatch.setattr(bench_drape, "GOAL", 0.001)
    assert main(["--stock", str(garment / "stock"), "--truth", str(garment / "truth")]) == 1
    assert "at most" in capsys.readouterr().err


def test_without_truth_one_is_told_how_to_make_it(tmp_path, capsys):
    assert main(["--stock", str(tmp_path), "--truth", str(tmp_path)]) == 2
    assert "wardrobe.make --truth" in capsys.readouterr().err


def test_a_garment_without_a_map_is_named(garment):
    (garment / "stock" / "cloth" / "uv.png").unlink()
    with pytest.raises(PictureError, match="cloth has no map"):
        read_case(garment / "stock" / "cloth", (WIDTH, HEIGHT))


@pytest.mark.parametrize("angle", [0, 30, 90, 135])
def test_the_direction_of_lines_is_told(angle):
    y, x = np.mgrid[0:80, 0:80]
    turn = np.radians(angle)
    waves = np.sin((x * np.sin(turn) - y * np.cos(turn)) * 0.6).astype(np.float32)  # lines run along the angle
    found, sure = direction(waves)
    off = abs(float(found[40, 40]) - angle) % 180
    assert min(off, 180 - off) < 2
    assert sure[40, 40] > 0.9


def test_patterns_join_without_a_seam():
    for name, pattern in bench_patterns().items():
        assert pattern.tile.shape == (256, 256, 3), name
        wrapped = cv2.copyMakeBorder(pattern.tile, 0, 1, 0, 1, cv2.BORDER_WRAP)
        assert wrapped.shape == (257, 257, 3)
    assert page({"cloth": {way: [bench_drape.Score(1.0, 0.9, 2.0)] for way in WAYS}}).count("| cloth |") == 4
