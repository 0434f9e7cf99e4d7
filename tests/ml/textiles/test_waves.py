import dataclasses

import numpy as np
import pytest
import torch

from ml.textiles.export import synthesis_inputs
from ml.textiles.model import Generator
from ml.textiles.train import draw_inputs
from ml.textiles.waves import repeat_motif, scaled_waves, wave_angles

from .conftest import TINY

CPU = torch.device("cpu")


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


@pytest.mark.parametrize("motif", [1, 2, 4, 8])
def test_a_drawing_with_a_motif_repeats_exactly_and_shifts_with_its_noise(motif):
    generator = Generator(TINY).eval()
    style = torch.randn(1, TINY.style).expand(1, generator.styles_count, -1)
    noise, waves = repeat_motif(noise_of(8), scaled_waves(TINY.waves, 8), motif)

    def draw(noise: np.ndarray) -> torch.Tensor:
        angles = (torch.from_numpy(angle) for angle in wave_angles(noise[None], motif))
        with torch.no_grad():
            return generator.synthesis(style, torch.from_numpy(noise[None].copy()), torch.from_numpy(waves), *angles)[0]

    here = draw(noise)
    assert torch.allclose(here, torch.roll(here, (16 * motif, 16 * motif), (2, 3)), atol=2e-4)
    assert torch.allclose(torch.roll(here, (16, 32), (2, 3)), draw(np.roll(noise, (1, 2), (1, 2))), atol=2e-4)


def test_each_fabric_of_a_batch_may_have_waves_of_its_own():
    generator = Generator(TINY).eval()
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
