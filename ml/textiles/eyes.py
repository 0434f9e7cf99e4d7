"""A discriminator that looks through eyes which have seen the world, and a judge with the same eyes.

A discriminator that begins with nothing learns slowly what edges, petals and weaves are, and forgets it for noise. On frozen
features of an ImageNet classifier, mixed by fixed random convolutions so that no part of them can be ignored, small heads learn in
a few steps (Projected GANs: Sauer, Chitta, Müller, Geiger 2021). The same features, pooled to mean and spread of each map, tell
which category a cloth belongs to, by a linear layer on top, and how far two batches are apart (see :mod:`ml.textiles.judge`).
The eyes are those of :mod:`ml.pretrained`; they are needed for training only.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ml.checkpoints import load_checkpoint, save_checkpoint
from ml.pretrained import frozen_features
from ml.textiles.data import Swatches

KIND_EYES = "textile-eyes"
LEVELS = (1, 2, 3)  # maps at 4, 8 and 16 pixels a place
CHANNELS = (24, 48, 120)
LOOK = 128  # pixels a side at which a crop is looked at
MIXED = 64  # channels of each map after mixing


class Eyes(nn.Module):
    """Frozen features, the spread of their statistics on real swatches, and a linear reading of the category."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self._features = [frozen_features(LEVELS)]  # in a list: no part of what is saved
        wide = 2 * sum(CHANNELS)
        self.centre: Tensor
        self.spread: Tensor
        flat = [part for channels in CHANNELS for part in (torch.zeros(channels), torch.ones(channels))]
        self.register_buffer("centre", torch.cat(flat))  # of means and spreads, level by level
        self.register_buffer("spread", torch.ones(wide))
        self.reader = nn.Linear(wide, classes)

    def look(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] → maps (N, C, LOOK / 4, LOOK / 4) and so on."""
        shown = F.interpolate(pictures, size=(LOOK, LOOK), mode="bilinear", align_corners=False)
        maps: list[Tensor] = self._features[0](shown * 2 - 1)
        return maps

    def statistics(self, maps: list[Tensor]) -> Tensor:
        """Mean and spread of each map, standardised: (N, 2 * sum of CHANNELS)."""
        return (pooled(maps) - self.centre) / self.spread

    def even(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps, each channel with mean 0 and spread 1 on real swatches."""
        found, at = [], 0
        for x, wide in zip(maps, CHANNELS, strict=True):
            mean, spread = (self.centre[at + part : at + part + wide, None, None] for part in (0, wide))
            found.append((x - mean) / spread)
            at += 2 * wide
        return found

    def read(self, statistics: Tensor) -> Tensor:
        """Logits of the categories."""
        logits: Tensor = self.reader(statistics)
        return logits


def pooled(maps: list[Tensor]) -> Tensor:
    """Mean and spread of each map: (N, 2 * sum of CHANNELS), level by level."""
    parts = [torch.cat([x.mean((2, 3)), (x.var((2, 3), unbiased=False) + 1e-5).sqrt()], 1) for x in maps]
    return torch.cat(parts, 1)


class ProjectedDiscriminator(nn.Module):
    """Pictures (N, 3, H, W) in [0, 1] → logits (N, places + 1), larger is more real; ``seen`` keeps the last statistics."""

    def __init__(self, eyes: Eyes) -> None:
        super().__init__()
        self._eyes = [eyes]  # frozen, and saved elsewhere
        self.seen = torch.zeros(0)
        self.mixes = nn.ModuleList([nn.Conv2d(wide, MIXED, 1) for wide in CHANNELS])
        self.crossings = nn.ModuleList([nn.Conv2d(MIXED, MIXED, 3, padding=1) for _ in CHANNELS])
        for fixed in (*self.mixes, *self.crossings):
            nn.init.kaiming_normal_(fixed.weight)
            nn.init.zeros_(fixed.bias)
            fixed.requires_grad_(False)
        self.heads = nn.ModuleList([self._head() for _ in CHANNELS])
        self.whole = spectral_norm(nn.Linear(2 * MIXED, 1))

    @staticmethod
    def _head() -> nn.Module:
        return nn.Sequential(
            spectral_norm(nn.Conv2d(MIXED, MIXED, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(MIXED, 1, 3, 1, 1)),
        )

    def requires_grad_(self, wanted: bool = True) -> ProjectedDiscriminator:
        """As ever, but what is fixed stays fixed."""
        for part in (*self.heads, self.whole):
            part.requires_grad_(wanted)
        return self

    @property
    def eyes(self) -> Eyes:
        return self._eyes[0]

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.eyes.look(pictures)
        self.seen = self.eyes.statistics(maps)
        above: Tensor | None = None
        crossed: list[Tensor] = []
        for x, mix, crossing in zip(
            reversed(self.eyes.even(maps)), reversed(self.mixes), reversed(self.crossings), strict=True
        ):
            x = mix(x)
            if above is not None:
                x = (x + F.interpolate(above, scale_factor=2.0, mode="nearest")) * 0.7
            above = crossing(x)
            crossed.append(above)
        places = [head(x).flatten(1) for head, x in zip(self.heads, reversed(crossed), strict=True)]
        most = max(part.shape[1] for part in places)
        evenly = torch.cat([part.repeat_interleave(most // part.shape[1], dim=1) for part in places], dim=1)
        top = F.leaky_relu(crossed[0], 0.2)
        whole = self.whole(torch.cat([top.mean((2, 3)), top.amax((2, 3))], 1))
        return torch.cat([evenly, whole], dim=1)


def open_eyes(
    swatches: Swatches, path: Path, *, views: int = 6, batch: int = 48, seed: int = 11, progress: bool = True
) -> None:
    """Look at each swatch ``views`` times, fit the reading of the category by logistic regression, and save both at ``path``."""
    from tqdm import tqdm

    torch.manual_seed(seed)
    eyes = Eyes(int(swatches.labels.max()) + 1)
    seen, labels = [], []
    with torch.no_grad():
        for step in tqdm(range(views * swatches.count // batch + 1), disable=not progress, desc="eyes", mininterval=5):
            pictures, chosen = swatches.labelled_batch(batch, seed, step)
            seen.append(pooled(eyes.look(torch.from_numpy(pictures))))
            labels.append(torch.from_numpy(swatches.labels[chosen]))
    statistics, target = torch.cat(seen), torch.cat(labels)
    eyes.centre.copy_(statistics.mean(0))
    eyes.spread.copy_(statistics.std(0) + 1e-3)
    statistics = (statistics - eyes.centre) / eyes.spread
    right = _fit(eyes.reader, statistics, target)
    save_checkpoint(
        path, eyes.state_dict(), kind=KIND_EYES, settings={"views": views, "seed": seed}, scores={"right": right}
    )


def _fit(reader: nn.Linear, statistics: Tensor, target: Tensor, steps: int = 600) -> float:
    """Logistic regression with a penalty; returns the share that is read right."""
    optimiser = torch.optim.AdamW(reader.parameters(), 1e-2, weight_decay=0.3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps)
    for _ in range(steps):
        loss = F.cross_entropy(reader(statistics), target, label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return float((reader(statistics).argmax(1) == target).float().mean())


def load_eyes(path: Path, classes: int) -> Eyes:
    """Frozen eyes from :func:`open_eyes`. Raises ModelFileError when the file is not theirs."""
    eyes = Eyes(classes)
    eyes.load_state_dict(load_checkpoint(path, kind=KIND_EYES).tensors)
    return eyes.eval().requires_grad_(False)
