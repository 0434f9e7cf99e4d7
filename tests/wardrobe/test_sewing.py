"""Flat pieces become a garment: cut and sewn as told, true to the table, outside the form."""

import importlib
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from ml.compositing.cloth_map import decode_map
from wardrobe import make as maker
from wardrobe.about import About
from wardrobe.cloth import Cloth, Fabric, sew, welds
from wardrobe.finish import finished, true_pictures, write_stock
from wardrobe.form import body, lump
from wardrobe.make import ALL, Garment, View, job_of, passes_of, render, sewn_garment
from wardrobe.pattern import Piece, Seam, curve, cut, inside, length, mirrored
from wardrobe.smooth import fair, finer

ABOUT = About("cushion", "Cushion", "accessory", 10.0, 1, "Two squares.")


def square(name: str, way: int, side: float = 12.0) -> Piece:
    """Before (way 1) or behind (-1), seen from its own side."""

    def place(u, v):
        return np.stack([way * (u - side / 2), np.full_like(u, -way * 4.0), 40 - v], axis=1)

    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    names = ("top", "right", "bottom", "left")
    return Piece(name, "body", {n: curve(a, b) for n, a, b in zip(names, corners, corners[1:], strict=False)}, place)


def cushion(**changes) -> Garment:
    seams = [Seam("front.right", "back.left"), Seam("front.left", "back.right"), Seam("front.bottom", "back.bottom")]
    form = partial(lump, (4.0, 2.0, 4.0), (0.0, 0.0, 34.0))
    facts = {"spacing": 1.5, "frames": 24, "closing": 12, "pinned": ("front.top", "back.top"), "hem": 1.0, **changes}
    return Garment(ABOUT, [square("front", 1), square("back", -1)], seams, form, Fabric(thick=0.0), **facts)


def test_a_piece_is_cut_whole():
    made = cut([square("front", 1)], [], 1.0)
    a, b, c = (made.flat[made.triangles[:, each]] for each in range(3))
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum() / 2
    assert area == pytest.approx(144, rel=1e-3)
    assert made.edges["front.top"][0] == made.edges["front.left"][-1]


def test_sewn_edges_have_as_many_points():
    made = cut(cushion().pieces, cushion().seams, 1.1)
    assert made.sewn.shape[1] == 2
    for seam in cushion().seams:
        assert len(made.edges[seam.first]) == len(made.edges[seam.second])


def test_a_smooth_line_passes_its_points_and_mirrors():
    line = curve((0, 0), (3, 4), (6, 0))
    assert np.abs(line - (3, 4)).sum(axis=1).min() < 1e-9
    assert length(mirrored(line)) == pytest.approx(length(line))
    assert inside(np.array([[0.5, 0.5], [2.0, 2.0]]), np.array([[0, 0], [1, 0], [1, 1], [0, 1]])).tolist() == [
        True,
        False,
    ]


def test_a_sewn_garment_is_closed_true_and_outside_the_form():
    garment = cushion()
    mesh = sewn_garment(garment, halvings=0)
    threads = np.linalg.norm(np.diff(mesh["points"][mesh["triangles"]], axis=1), axis=-1)
    flat = np.linalg.norm(np.diff(mesh["uv"], axis=1), axis=-1)
    assert np.median(threads / flat) == pytest.approx(1, abs=0.02)
    assert garment.form().push(mesh["points"], 0.0)[0].max() < 0.3
    made = cut(garment.pieces, garment.seams, 1.5)
    assert len(mesh["points"]) < len(made.flat)


def test_the_same_pieces_give_the_same_garment():
    made = cut(cushion().pieces, cushion().seams, 2.0)
    first, again = (sew(made, None, Fabric(), frames=4, closing=2) for _ in range(2))
    assert np.array_equal(first, again)


def test_what_hangs_from_a_seam_does_not_fall_off():
    def strip(name: str, top: float, long: float) -> Piece:
        corners = [(0, 0), (6, 0), (6, long), (0, long), (0, 0)]
        names = ("top", "right", "bottom", "left")
        edges = {n: curve(a, b) for n, a, b in zip(names, corners, corners[1:], strict=False)}
        return Piece(name, "body", edges, lambda u, v: np.stack([u, np.zeros_like(u), top - v], axis=1))

    made = cut([strip("band", 100.0, 4.0), strip("leg", 96.0, 90.0)], [Seam("band.bottom", "leg.top")], 2.0)
    x = sew(made, None, Fabric(steps=6), frames=40, pins=made.edges["band.top"], closing=4)
    apart = np.linalg.norm(x[made.sewn[:, 0]] - x[made.sewn[:, 1]], axis=1)
    assert apart.max() < 1.0


@pytest.mark.parametrize("folded", [False, True])
def test_a_seam_resists_bending_unless_it_is_folded(folded):
    made = cut([square("front", 1), square("back", -1)], [Seam("front.top", "back.top", folded=folded)], 2.0)
    fabric = Fabric(bend=0.5)
    over = made.edges["front.top"]
    one = welds(made)
    bends = [group for group in Cloth(made, one, fabric).threads if group.compliance[0] == fabric.bend]
    front = {*one[made.piece == 0].tolist()}
    across = sum(
        (a in front) != (b in front)
        for group in bends
        for a, b in zip(group.a.tolist(), group.b.tolist(), strict=True)
        if not {a, b} & {*one[over].tolist()}
    )
    assert across == (0 if folded else len(over) - 1)


def test_a_gathered_edge_takes_the_length_of_what_it_is_sewn_to():
    wide = replace(square("skirt", 1, 24.0), place=lambda u, v: np.stack([u / 2 - 6, np.sin(u) / 2, 28 - v], axis=1))
    made = cut([square("band", 1), wide], [Seam("band.bottom", "skirt.top")], 1.5)
    x = sew(made, None, Fabric(), frames=30, pins=made.edges["band.top"], closing=10)
    seam = x[made.edges["band.bottom"]]
    assert np.linalg.norm(np.diff(seam, axis=0), axis=1).sum() < 14, "not the 24 cm of the skirt"


def test_a_seam_runs_straight_through_uneven_triangles():
    rng = np.random.default_rng(3)
    made = cut(cushion().pieces[:1], [], 1.2)
    crooked = np.column_stack([made.flat, np.zeros(len(made.flat))])
    line = made.edges["front.right"]
    crooked[line[1:-1], 0] += rng.normal(0, 0.08, len(line) - 2)
    points = fair(crooked, made.triangles, [(each, False) for each in made.edges.values()])
    assert points[line, 0].std() < 0.4 * crooked[line, 0].std()
    assert np.abs(points[:, 2]).max() == 0


def test_marks_tell_how_far_edges_and_seams_are():
    mesh = sewn_garment(cushion(frames=2))
    front = mesh["uv"][mesh["piece"] == 0]
    hem, seam = np.moveaxis(mesh["marks"][mesh["piece"] == 0], -1, 0)
    assert np.allclose(hem, np.minimum(front[..., 1], 9), atol=0.1), "only the top is free"
    to_seam = np.minimum(np.minimum(front[..., 0], 12 - front[..., 0]), 12 - front[..., 1])
    assert np.allclose(seam, to_seam, atol=0.1)


def test_a_button_lies_on_its_cloth():
    garment = cushion(frames=2, buttons=(maker.Button("front", 6.0, 5.0, 0.7),))
    mesh = sewn_garment(garment)
    (button,) = mesh["buttons"]
    assert np.linalg.norm(mesh["points"] - button[:3], axis=1).min() < 1.0
    assert button[4] < -0.8, "it faces forward"
    assert button[6] == 0.7


def test_finer_triangles_keep_their_place_on_the_bolt():
    mesh = sewn_garment(cushion(frames=2), halvings=0)
    fine = finer(mesh)
    assert len(fine["triangles"]) == 4 * len(mesh["triangles"])
    for at in (0, 1):
        assert fine["uv"][..., at].min() == pytest.approx(mesh["uv"][..., at].min())
        assert fine["uv"][..., at].max() == pytest.approx(mesh["uv"][..., at].max())
    assert fine["triangles"].max() == len(fine["points"]) - 1


@pytest.mark.parametrize("name", ALL)
def test_every_garment_can_be_cut(name):
    garment = importlib.import_module(f"wardrobe.garments.{name}").make()
    for piece in garment.pieces:
        lines = [np.asarray(line) for line in piece.edges.values()]
        for one, other in zip(lines, [*lines[1:], lines[0]], strict=True):
            assert np.allclose(one[-1], other[0], atol=1e-6), f"{piece.name} is not closed"
    made = cut(garment.pieces, garment.seams, 4.0)
    assert np.isfinite(made.start).all()
    assert set(garment.plain) <= {piece.part for piece in garment.pieces}
    assert all(np.abs(maker.on_bolt(made)).max(axis=0) < 160), "off the map"


def test_a_form_pushes_out_and_not_in():
    form = body("woman", 30.0)
    depth, way = form.push(np.array([[0.0, 0.0, 110.0], [60.0, -30.0, 110.0]]), 0.5)
    assert depth[0] > 3
    assert depth[1] == 0
    assert np.linalg.norm(way[0]) == pytest.approx(1, abs=0.01)


def made_up_passes(height: int = 80, width: int = 60) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    alpha = np.zeros((height, width), np.float32)
    alpha[10:70, 10:50] = 1
    normal = np.dstack([np.zeros_like(alpha), -alpha, np.zeros_like(alpha), alpha])
    light = (0.8 + rng.normal(0, 0.1, alpha.shape)).astype(np.float32)
    cloth = np.dstack([light * 0.5 * alpha] * 3 + [alpha])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / 5
    return {
        "cloth": cloth,
        "normal": normal.astype(np.float32),
        "wall": np.full((20, 15, 3), 0.7, np.float32),
        "map": np.dstack([x, y, alpha, alpha]).astype(np.float32),
    }


def test_noise_goes_and_the_map_stays(tmp_path):
    made = finished(made_up_passes(), 0.5)
    inner = made["light"][20:60, 20:40]
    assert inner.mean() == pytest.approx(0.8, abs=0.03)
    assert inner.std() < 0.04
    write_stock(tmp_path, made, ABOUT, {"part_names": ["body"]}, [])
    files = [(tmp_path / name).read_bytes() for name in ("uv.png", "shading.png", "parts.png")]
    cloth = decode_map(*files, size=(60, 80))
    assert cloth.u[40, 30] == pytest.approx(6, abs=0.01)
    assert '"px_per_cm": 5.0' in (tmp_path / "garment.json").read_text()


def test_buttons_are_seen_and_take_no_pattern(tmp_path):
    passes = made_up_passes()
    trim = np.zeros((80, 60, 4), np.float32)
    trim[30:36, 28:34] = (0.02, 0.02, 0.02, 1.0)
    made = finished({**passes, "trim": trim}, 0.5)
    assert made["photo"][33, 31].max() < 60
    write_stock(tmp_path, made, ABOUT, {"part_names": ["body"]}, [])
    mask = np.asarray(Image.open(tmp_path / "mask.png"))
    assert mask[33, 31] == 0
    assert mask[50, 31] == 255


def test_truth_is_what_a_pattern_gives_back_under_quiet_light():
    passes = made_up_passes()
    plain = passes["cloth"]
    red = plain * np.array([0.4, 0.2, 0.1, 0.5], np.float32) / 0.5
    picture = true_pictures({"white": plain, "red": red}, passes["normal"], 0.5)["red"]
    assert picture[40, 30, 0] > picture[40, 30, 1] > picture[40, 30, 2]
    assert picture[25:55, 20:40].std(axis=(0, 1)).max() < 6


def test_an_unknown_garment_is_refused(capsys):
    assert maker.main(["ballgown"]) == 2
    assert "choose from" in capsys.readouterr().err


def test_without_blender_one_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="Blender is not installed"):
        maker.blender()


@pytest.mark.skipif(shutil.which("blender") is None, reason="Blender is not installed")
def test_blender_renders_light_and_map(tmp_path):
    garment = cushion(frames=2, buttons=(maker.Button("front", 6.0, 6.0, 1.5),))
    mesh = sewn_garment(garment, halvings=1)
    np.savez(tmp_path / "garment.npz", **mesh)
    small = {
        "size": (60, 80),
        "light_size": (30, 40),
        "samples": 2,
        "wall_size": (30, 40),
        "wall_samples": 1,
        "mask_samples": 2,
        "trim_samples": 2,
    }
    render(tmp_path, job_of(garment, View("cushion"), ["body"], **small))
    passes = passes_of(tmp_path)
    sharp = passes["map"]
    shown = sharp[..., 3] > 0.5
    assert 0.2 < shown.mean() < 0.9
    assert sharp[shown][:, :2].min() >= -0.1
    assert sharp[shown][:, :2].max() <= 12.1
    assert np.array_equal(np.unique(sharp[shown][:, 2]), [1.0])
    made = finished(passes, 0.6)
    assert made["light"].max() > 0.1
    assert 0.005 < made["bare"].mean() < 0.1, "the button is there, and small"
    assert shown[made["bare"] > 0.5].all(), "the cloth goes on beneath it"
