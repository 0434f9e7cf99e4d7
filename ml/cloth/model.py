"""The net: a small U-Net (Ronneberger, Fischer and Brox, 2015) that says, for each place of a garment, which point of cloth it shows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.cloth.config import CANVAS, CM, SHEETS, STEP, Settings


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, wide_in: int, wide_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(wide_in, wide_out, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(wide_out)
        self.second = nn.Conv2d(wide_out, wide_out, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(wide_out)
        self.around = nn.Conv2d(wide_in, wide_out, 1, bias=False) if wide_in != wide_out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.first_norm(self.first(x)))
        y = self.second_norm(self.second(y))
        return F.relu(y + self.around(x))


class ClothNet(nn.Module):
    """What :meth:`forward` takes and gives is told there; ``channels`` from the finest level to the coarsest."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        shown = 4 * STEP * STEP
        self.down = nn.ModuleList(Block(a, b) for a, b in zip((shown, *channels), channels, strict=False))
        self.whole = nn.Linear(channels[-1], channels[-1])
        pairs = list(zip(reversed(channels[1:]), reversed(channels[:-1]), strict=True))
        self.up = nn.ModuleList(Block(coarse + fine, fine) for coarse, fine in pairs)
        self.head = nn.Conv2d(channels[0] + 2, 3 * len(SHEETS), 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """picture: float32 (N, 2, 256, 192): log2 of the fold light, and the cover, 0-1; a garment fitted into the canvas.

        Returns logits of the sheets (N, 4, 128, 96) and centimetres of cloth (N, 8, 128, 96): u and v of each sheet.
        """
        places = _places(picture)
        x = F.pixel_unshuffle(torch.cat([picture, places], dim=1), STEP)
        kept = []
        for level, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if level else x)
            kept.append(x)
        x = x + self.whole(x.mean(dim=(2, 3)))[:, :, None, None]
        for block, finer in zip(self.up, reversed(kept[:-1]), strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="bilinear"), finer], dim=1))
        said = self.head(torch.cat([x, F.avg_pool2d(places, STEP)], dim=1))
        return said[:, : len(SHEETS)], said[:, len(SHEETS) :] * CM


def _places(picture: Tensor) -> Tensor:
    """Where each pixel is on the canvas, -1 to 1 along its longer side."""
    width, height = CANVAS
    across = torch.linspace(-width / height, width / height, width, device=picture.device)
    down = torch.linspace(-1.0, 1.0, height, device=picture.device)
    grid = torch.stack(torch.meshgrid(down, across, indexing="ij")).flip(0)
    return grid[None].expand(picture.shape[0], -1, -1, -1)


def build_net(settings: Settings) -> ClothNet:
    return ClothNet(settings.channels).to(memory_format=torch.channels_last)
