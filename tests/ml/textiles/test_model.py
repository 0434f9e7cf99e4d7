import numpy as np
import pytest
import torch

from ml.textiles.losses import LOSSES, discriminator_loss, generator_loss, r1_penalty
from ml.textiles.model import Discriminator, Generator
from ml.textiles.train import draw_inputs

from .conftest import TINY


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_reaches_every_weight(loss):
    torch.manual_seed(0)
    generator, discriminator = Generator(TINY), Discriminator((4, 4, 8, 8))
    fake = generator(*draw_inputs(TINY, 4, 0, 0, torch.device("cpu")))
    assert fake.shape == (4, 3, 64, 64)
    real = torch.rand(4, 3, 64, 64)
    total = discriminator_loss(loss, discriminator(real), discriminator(fake)) + r1_penalty(discriminator, real)
    (total + generator_loss(loss, discriminator(fake))).backward()
    for net in (generator, discriminator):
        silent = [name for name, weight in net.named_parameters() if weight.grad is None]
        assert silent == []


def test_an_unknown_loss_names_those_there_are():
    with pytest.raises(ValueError, match="hinge, lsgan, bce"):
        generator_loss("wasserstein", torch.zeros(2, 3))


@pytest.mark.parametrize("cells", [2, 4, 5, 7])
def test_shifting_the_noise_shifts_the_drawing(cells):
    from ml.textiles.export import synthesis_inputs
    from ml.textiles.waves import wave_angles

    torch.manual_seed(1)
    generator = Generator(TINY).eval()
    inputs = synthesis_inputs(generator, 1, cells)
    moved = dict(inputs, noise=np.roll(inputs["noise"], (1, -1), (2, 3)))
    moved["angle_y"], moved["angle_x"] = wave_angles(moved["noise"])
    with torch.no_grad():
        here = generator.synthesis(*(torch.from_numpy(v) for v in inputs.values()))[0]
        there = generator.synthesis(*(torch.from_numpy(v) for v in moved.values()))[0]
    assert float(here.std()) > 0.01
    assert torch.allclose(torch.roll(here, (16, -16), (2, 3)), there, atol=1e-3)
