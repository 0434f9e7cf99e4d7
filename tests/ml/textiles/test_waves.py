import dataclasses

import numpy as np
import pytest
import torch

from ml.textiles.export import synthesis_inputs
from ml.textiles.model import Figures, Generator
from ml.textiles.repeats import lay_noise, repeat_waves
from ml.textiles.train import draw_inputs
from ml.textiles.waves import FIGURES, repeat_motif, scaled_waves, wave_angles, wave_vectors

from .conftest import TINY

CPU = torch.device("cpu")
FIGURED = dataclasses.replace(TINY, figures=tuple(FIGURES))
SHAPES = pytest.mark.parametrize("shape", [TINY, FIGURED], ids=["plain", "with figures"])


def noise_of(cells: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((4, cells, cells), dtype=np.float32)


@pytest.mark.parametrize(("cells", "motif"), [(8, 1), (8, 2), (8, 4), (9, 3), (5, 1)])
def test_noise_and_waves_close_on_the_motif(cells, motif):
    noise, waves = repeat_motif(noise_of(cells), scaled_waves(4, cells), motif)
    assert np.array_equal(np.roll(noise, (motif, motif), (1, 2)), noise)
    assert np.all(waves % (cells // motif) == 0)
    assert np.array_equal(waves == 0, scaled_waves(4, cells) == 0), "a wave along one axis stays along it"


def test_a_motif_as_large_as_the_tile_changes_nothing():
    noise, waves = repeat_motif(noise_of(8), scaled_waves(4, 8), 8)
    assert np.array_equal(noise, noise_of(8))
    assert np.array_equal(waves, scaled_waves(4, 8))


@pytest.mark.parametrize("motif", [0, 3, 16])
def test_a_motif_that_does_not_fit_is_refused(motif):
    with pytest.raises(ValueError, match="does not repeat"):
        repeat_motif(noise_of(8), scaled_waves(4, 8), motif)


@SHAPES
@pytest.mark.parametrize("motif", [1, 2, 4, 8])
def test_a_drawing_with_a_motif_repeats_exactly_and_shifts_with_its_noise(motif, shape):
    generator = Generator(shape).eval()
    style = torch.randn(1, TINY.style).expand(1, generator.styles_count, -1)
    noise, waves = repeat_motif(noise_of(8), scaled_waves(TINY.waves, 8, shape.figures), motif)

    def draw(noise: np.ndarray) -> torch.Tensor:
        angles = (torch.from_numpy(angle) for angle in wave_angles(noise[None], motif))
        with torch.no_grad():
            return generator.synthesis(style, torch.from_numpy(noise[None].copy()), torch.from_numpy(waves), *angles)[0]

    here = draw(noise)
    assert torch.allclose(here, torch.roll(here, (16 * motif, 16 * motif), (2, 3)), atol=2e-4)
    assert torch.allclose(torch.roll(here, (16, 32), (2, 3)), draw(np.roll(noise, (1, 2), (1, 2))), atol=2e-4)


@SHAPES
@pytest.mark.parametrize(("repeat", "shift"), [("half-drop", (64, 128)), ("half-brick", (128, 64))])
def test_waves_and_figures_fit_a_half_drop_and_a_half_brick(repeat, shift, shape):
    generator = Generator(shape).eval()
    style = torch.randn(1, TINY.style).expand(1, generator.styles_count, -1)
    laid = lay_noise(noise_of(8), repeat)
    fields = (torch.from_numpy(array) for array in repeat_waves(shape, noise_of(8), repeat))
    with torch.no_grad():
        block = generator.synthesis(style, torch.from_numpy(laid[None].copy()), *fields)[0]
    assert torch.allclose(block, torch.roll(block, shift, (2, 3)), atol=2e-3)


def test_folds_turn_back_and_go_at_45_degrees():
    """A chevron four waves high with one fold: mirrored about its fold it is itself, and it falls as fast as it runs."""
    figures = Figures(dataclasses.replace(TINY, figures=("folds along x",)), 8, 1)
    chosen = figures.rows["folds along x"].index(len(wave_vectors(TINY.waves)) + 4)
    with torch.no_grad():
        figures.loudness.weight.zero_()
        figures.loudness.bias.zero_()
        figures.loudness.bias[chosen] = 3.0
        figures.mix.weight.fill_(1.0)
    waves = torch.from_numpy(scaled_waves(TINY.waves, 4, ("folds along x",)))
    angle = torch.linspace(0, 2 * np.pi, 33)[:-1][None]
    with torch.no_grad():
        field = figures(torch.zeros(1, TINY.style), waves, angle, angle)[0, 0]
    assert torch.allclose(field, torch.roll(field.flip(1), 17, 1), atol=1e-4)
    assert torch.allclose(field[:, 0], torch.roll(field[:, 4], 4, 0), atol=1e-4)
    assert (field[:, 0] - field[:, 4]).abs().max() > 0.5


@SHAPES
def test_each_fabric_of_a_batch_may_have_waves_of_its_own(shape):
    generator = Generator(shape).eval()
    inputs = {name: torch.from_numpy(array) for name, array in synthesis_inputs(generator, 3, 4).items()}
    with torch.no_grad():
        shared = generator.synthesis(**inputs)[0]
        own = generator.synthesis(**(inputs | {"waves": inputs["waves"].expand(3, -1, -1)}))[0]
    assert torch.allclose(shared, own, atol=1e-5)


def test_training_draws_every_motif_of_the_settings():
    settings = dataclasses.replace(TINY, motifs=(1, 2, 8))
    _, noise, waves, *_ = draw_inputs(settings, 32, 0, 0, CPU)
    again = draw_inputs(settings, 32, 0, 0, CPU)[1]
    assert torch.equal(noise, again)
    periods = {motif for motif in (1, 2) for one in noise if torch.equal(one, one.roll((motif, motif), (1, 2)))}
    assert periods == {1, 2}
    assert waves.shape == (32, len(scaled_waves(TINY.waves, 4)), 2)
