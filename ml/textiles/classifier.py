"""A small classifier of real swatches, the judge of whether generated fabrics are recognisable."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from ml.images import Bytes
from ml.textiles.data import turn_at_random

SIDE = 96


def build_classifier(classes: int) -> nn.Sequential:
    """Five strided convolutions with batch norm, global mean, one linear layer; input (N, 3, 96, 96) in [-1, 1]."""
    layers: list[nn.Module] = []
    for a, b in ((3, 24), (24, 48), (48, 96), (96, 128), (128, 160)):
        layers += [nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
        layers += [nn.Conv2d(b, b, 3, 1, 1, groups=8, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(160, classes))


def train_classifier(
    swatches: Bytes, classes: npt.NDArray[np.int64], *, epochs: int = 30, seed: int = 0, progress: bool = True
) -> nn.Sequential:
    """Train on uint8 (N, S, S, 3), S >= 96, with crops, flips, transposes and permuted colours."""
    from tqdm import tqdm

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = build_classifier(int(classes.max()) + 1).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.02)
    steps = epochs * (len(swatches) // 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in tqdm(range(steps), disable=not progress, unit="step", desc="classifier"):
        chosen = rng.integers(len(swatches), size=32)
        batch = np.stack([_varied_crop(swatches[i], rng) for i in chosen])
        loss = F.cross_entropy(net(_as_input(batch)), torch.from_numpy(classes[chosen]), label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return net.eval()


@torch.no_grad()
def classify(net: nn.Module, pictures: Bytes) -> npt.NDArray[np.int64]:
    """The class of each picture, uint8 (N, S, S, 3), from the mean opinion on its centre and four corners."""
    far = pictures.shape[1] - SIDE
    places = ((0, 0), (0, far), (far, 0), (far, far), (far // 2, far // 2))
    opinions = []
    for start in range(0, len(pictures), 64):
        part = pictures[start : start + 64]
        crops = [net(_as_input(part[:, top : top + SIDE, left : left + SIDE])).softmax(1) for top, left in places]
        opinions.append(torch.stack(crops).mean(0).argmax(1))
    return torch.cat(opinions).numpy()


def _as_input(batch: Bytes) -> torch.Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(batch)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return tensor.contiguous(memory_format=torch.channels_last)


def _varied_crop(swatch: Bytes, rng: np.random.Generator) -> Bytes:
    top, left = rng.integers(len(swatch) - SIDE + 1, size=2)
    crop = turn_at_random(swatch[top : top + SIDE, left : left + SIDE], rng)
    return crop[..., rng.permutation(3)]
