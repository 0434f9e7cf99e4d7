"""The DCGAN of the tutorials, the architecture to beat: ``python -m ml.textiles.tutorial --category plaid --minutes 10 --out FOLDER``.

64 px RGB from one vector, transposed convolutions, batch norm, binary cross-entropy, Adam 2e-4 with betas 0.5 and 0.999, batch 64 (Radford,
Metz, Chintala 2016, as PyTorch's DCGAN tutorial has it). It cannot tile. It sees the same crops as ours and is only for measuring.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ml.checkpoints import load_checkpoint, save_checkpoint
from ml.errors import told_in_a_sentence
from ml.images import Bytes
from ml.textiles.config import CATEGORIES, TrainingSettings
from ml.textiles.data import Swatches
from ml.training_data import training_data

KIND_TUTORIAL = "textile-tutorial"
LATENT, BATCH = 100, 64


def build_generator() -> nn.Sequential:
    """z (N, 100, 1, 1) → pictures (N, 3, 64, 64) in [-1, 1]: transposed convolutions of 512-256-128-64 channels."""
    layers: list[nn.Module] = []
    for a, b, stride, padding in ((LATENT, 512, 1, 0), (512, 256, 2, 1), (256, 128, 2, 1), (128, 64, 2, 1)):
        layers += [nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


def build_discriminator() -> nn.Sequential:
    """Pictures (N, 3, 64, 64) in [-1, 1] → logits (N, 1, 1, 1)."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for a, b in pairwise((64, 128, 256, 512)):
        layers += [nn.Conv2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False))


def train_tutorial(swatches: Swatches, path: Path, *, seconds: float, seed: int = 0, steps: int | None = None) -> int:
    """Train for ``seconds`` of processor time of this process, or for ``steps``; saves the generator, returns the steps taken."""
    torch.manual_seed(seed)
    nets = build_generator(), build_discriminator()
    for net in nets:
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, 0.02)
    generator, discriminator = (net.to(memory_format=torch.channels_last) for net in nets)
    descents = [torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999)) for net in (discriminator, generator)]
    started, step = time.process_time(), 0
    while step < steps if steps is not None else time.process_time() - started < seconds:
        real = torch.from_numpy(swatches.batch(BATCH, seed, step, 0.5)) * 2 - 1
        fake = generator(torch.randn(BATCH, LATENT, 1, 1))
        judged = discriminator(real), discriminator(fake.detach())
        loss = F.softplus(-judged[0]).mean() + F.softplus(judged[1]).mean()
        _descend(descents[0], loss)
        _descend(descents[1], F.softplus(-discriminator(fake)).mean())
        step += 1
    save_checkpoint(
        path, generator.state_dict(), kind=KIND_TUTORIAL, settings={"seconds": seconds}, scores={"step": step}
    )
    return step


def _descend(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


@torch.no_grad()
def draw_tutorial(path: Path, number: int, seed: int = 0) -> Bytes:
    """Pictures of a trained tutorial DCGAN, uint8 (number, 64, 64, 3)."""
    generator = build_generator()
    generator.load_state_dict(load_checkpoint(path, kind=KIND_TUTORIAL).tensors)
    generator.eval()
    z = torch.from_numpy(np.random.default_rng(seed).standard_normal((number, LATENT, 1, 1), dtype=np.float32))
    pictures = generator(z).add(1).mul(127.5).round().clamp(0, 255).byte()
    drawn: Bytes = pictures.permute(0, 2, 3, 1).contiguous().numpy()
    return drawn


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.tutorial", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--category", choices=CATEGORIES, action="append", help="only these; default: all twelve")
    parser.add_argument("--minutes", type=float, default=10.0, help="of processor time, each category")
    parser.add_argument("--out", type=Path, default=Path("runs/textiles/tutorial"))
    parser.add_argument("--data", type=Path)
    given = parser.parse_args(arguments)
    for category in given.category or CATEGORIES:
        path = given.out / f"{category}.safetensors"
        if path.exists():
            continue
        swatches = Swatches(training_data(given.data) / "textiles", (category,), TrainingSettings.swatch_sizes)
        print(f"{category}: {train_tutorial(swatches, path, seconds=60 * given.minutes)} steps", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
