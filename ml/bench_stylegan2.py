"""StyleGAN2-ADA's generator as published, 256 px, with random weights: a yardstick of speed and nothing else.

Karras et al. 2020 (Training GANs with Limited Data), the "paper256" configuration: z and w of 512, eight mapping layers, skip
architecture, modulated 3x3 convolutions of min(16384 / resolution, 512) channels, two a resolution, noise after each, blur after
upsampling. Plain eager PyTorch, as on a machine without a GPU.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDE = 512
RESOLUTIONS = (4, 8, 16, 32, 64, 128, 256)


def channels_at(resolution: int) -> int:
    return min(16384 // resolution, 512)


class ModulatedConv(nn.Module):
    """A convolution whose weights the style scales and which is demodulated again; with ``up``, doubled in size and blurred."""

    taps: Tensor

    def __init__(self, wide_in: int, wide_out: int, kernel: int = 3, up: bool = False, demodulate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide_out, wide_in, kernel, kernel) / (wide_in * kernel**2) ** 0.5)
        self.style = nn.Linear(WIDE, wide_in)
        self.up, self.demodulate, self.pad = up, demodulate, kernel // 2
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(wide_out))
        row = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("taps", 4 * torch.outer(row, row) / row.sum() ** 2)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        number, wide_in, height, width = x.shape
        weight = self.weight[None] * (self.style(w) + 1)[:, None, :, None, None]
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        joined = x.reshape(1, number * wide_in, height, width)
        if self.up:
            turned = weight.transpose(1, 2).reshape(number * wide_in, -1, *weight.shape[3:])
            x = F.conv_transpose2d(joined, turned, stride=2, groups=number)
            x = x.reshape(number, -1, *x.shape[2:])
            taps = self.taps[None, None].expand(x.shape[1], 1, 4, 4)
            x = F.conv2d(x, taps, padding=1, groups=x.shape[1])
        else:
            x = F.conv2d(joined, weight.flatten(0, 1), padding=self.pad, groups=number)
            x = x.reshape(number, -1, height, width)
        if not self.demodulate:
            return x + self.bias[None, :, None, None]
        noise = torch.randn(number, 1, *x.shape[2:]) * self.noise_strength
        return F.leaky_relu(x + noise + self.bias[None, :, None, None], 0.2) * 2**0.5


class StyleGan2(nn.Module):
    """z (N, 512) → pictures (N, 3, 256, 256)."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping = nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(WIDE, WIDE), nn.LeakyReLU(0.2))])
        self.start = nn.Parameter(torch.randn(channels_at(4), 4, 4))
        self.convs, self.colours = nn.ModuleList(), nn.ModuleList()
        for before, resolution in zip((0, *RESOLUTIONS), RESOLUTIONS, strict=False):
            wide = channels_at(resolution)
            block = [ModulatedConv(channels_at(before), wide, up=True)] if before else []
            self.convs.append(nn.ModuleList([*block, ModulatedConv(wide, wide)]))
            self.colours.append(ModulatedConv(wide, 3, kernel=1, demodulate=False))

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8))
        x = self.start[None].expand(len(z), -1, -1, -1)
        picture = torch.zeros(len(z), 3, 2, 2)
        for block, colour in zip(self.convs, self.colours, strict=True):
            for conv in block.children():
                x = conv(x, w)
            picture = F.interpolate(picture, scale_factor=2.0, mode="bilinear") + colour(x, w)
        return picture
