"""From the net's answer to where a pixel lies on the cloth; the net here knows a simple law."""

import numpy as np
import pytest

from ml.cloth.serving import guess_hang
from ml.compositing.bend import bend_of
from ml.compositing.drape import drape
from ml.compositing.live import composite, pack_live, read_live
from ml.compositing.placement import Placement
from tests.ml.cloth.conftest import LawfulNet


def garment(height=400, width=300, top=40, bottom=340, left=60, right=240):
    alpha = np.zeros((height, width), np.float32)
    alpha[top:bottom, left:right] = 1
    return np.ones(alpha.shape, np.float32), alpha


def test_the_scale_is_that_of_cloth_facing_the_camera():
    light, alpha = garment()
    hang = guess_hang(light, alpha, LawfulNet(0.5))
    assert hang is not None
    assert hang.px_per_cm == pytest.approx(2.0 / hang.fit.scale, rel=0.01)
    assert len(hang.sheets) == 1


def test_next_to_nothing_is_not_guessed():
    light, alpha = garment(bottom=44, right=66)
    assert guess_hang(light, alpha, LawfulNet()) is None


def test_a_lawful_garment_is_laid_from_its_own_beginning():
    """The law is flat cloth whose (0, 0) is the middle of the garment's box, so all is one shift: to that middle."""
    light, alpha = garment()
    px = 3.0
    bend = bend_of(light, alpha, px, (150.0, 200.0), LawfulNet())
    assert bend.piece is None
    inside = bend.at(1.0, px)[0][40:-60, 60:-60]
    assert inside[..., 0] == pytest.approx(0.0, abs=0.7)  # the box's middle is the picture's, across
    assert inside[..., 1] == pytest.approx(200.0 - 190.0, abs=0.7)
    assert np.allclose(bend.at(0.0, px)[0], bend.anchor * px, atol=0.2), "what lies flat begins at the same place"


def test_each_side_of_a_seam_reads_its_own_piece():
    light, alpha = garment()
    bend = bend_of(light, alpha, 3.0, (150.0, 200.0), LawfulNet(seam=0.6))
    assert bend.piece is not None
    across, _ = bend.rows(bend.at(1.0, 3.0), alpha.shape, 100, 200)
    hang = guess_hang(light, alpha, LawfulNet(seam=0.6))
    on = 100 * hang.px_per_cm
    assert across[50, 140] == pytest.approx(0.0, abs=0.7)
    assert across[50, 200] == pytest.approx(on, abs=1.0)
    assert across[50, 70] == pytest.approx(-on, abs=1.0)
    jumps = np.abs(np.diff(across[50, 60:240]))
    assert (jumps > 1).sum() == 2, "from one pixel to the next, without a smear between"


def test_the_browser_is_given_the_same():
    rng = np.random.default_rng(1)
    photo = rng.integers(100, 140, (240, 180, 3)).astype(np.uint8)
    _, alpha = garment(240, 180, 20, 220, 30, 150)
    tile = np.zeros((24, 24, 3), np.uint8)
    tile[:12] = (200, 40, 60)
    tile[:, 8:12] = (240, 240, 230)
    net = LawfulNet(seam=0.55)
    for strength in (0.0, 0.5, 1.2):
        for rotation in (0.0, 33.0):
            placement = Placement(12.0, rotation, 0.2, -0.1)
            exact = drape(photo, tile, alpha, placement, 2.0, strength=strength, net=net)
            live = composite(
                photo, read_live(pack_live(photo, alpha, 2.0, net=net)), tile, placement, strength=strength
            )
            off = np.abs(exact.astype(int) - live)
            assert off.mean() < 1.0
            assert np.percentile(off, 99) < 12


class OneSided(LawfulNet):
    """Sees the beginning too far to the right, whatever it looks at."""

    def run(self, names, feeds):
        logits, cm = super().run(names, feeds)
        cm[:, 0:6:2] -= 3
        return [logits, cm]


def test_what_the_net_says_of_the_mirror_image_counts_as_much():
    light, alpha = garment()
    straight, leaning = (guess_hang(light, alpha, net(seam=0.6)) for net in (LawfulNet, OneSided))
    for right, wrong in zip(straight.sheets, leaning.sheets, strict=True):
        assert np.allclose(right.u[right.here], wrong.u[wrong.here], atol=1e-3)


class Trembling(LawfulNet):
    def run(self, names, feeds):
        logits, cm = super().run(names, feeds)
        return [logits, cm + np.random.default_rng(0).normal(0, 1.0, cm.shape).astype(np.float32)]


def test_the_net_may_tremble_the_cloth_does_not():
    light, alpha = garment()
    calm, shaken = (guess_hang(light, alpha, net()).sheets[0] for net in (LawfulNet, Trembling))
    off = (shaken.u - calm.u)[calm.here]
    assert off.std() < 0.15


def test_without_a_net_nothing_is_asked():
    light, alpha = garment()
    net = LawfulNet()
    bend_of(light, alpha, 3.0)
    assert not net.seen
