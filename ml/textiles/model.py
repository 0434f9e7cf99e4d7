"""The separations DCGAN: a generator that draws ink separations on a torus, and its discriminator.

A DCGAN (Radford, Metz, Chintala 2016: strided and upsampling convolutions, batch norm) with three changes. It draws soft
maps per **ink**, a palette and a faint weave instead of RGB, as textile printing does. All its convolutions pad
circularly, so every tile is seamless by construction (PSGAN: Bergmann, Jetchev, Vollgraf 2017). At every scale it may add **plane waves**
whose loudness it reads from the style (see :mod:`ml.textiles.waves`). The style also sets the scale and shift of every batch norm
(self-modulation: Chen et al. 2019).
"""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.textiles.config import TRAINING_CELLS, WEAVE_DEPTH, GeneratorSettings
from ml.textiles.waves import FIGURES, wave_vectors

INK_CONTRAST = 4.0  # factor on the inks' logits: flat inks from the first step, not haze
FIGURES_A_STYLE = 3  # figures that are heard at first: one or a few make a chevron, many a blur
QUIET = 1.5  # a wave is silent until its drive passes this: a few waves a style, as in woven cloth


def pad_around(x: Tensor) -> Tensor:
    """(N, C, H, W) → (N, C, H + 2, W + 2): one pixel from the other side of the torus."""
    x = torch.cat([x[..., -1:], x, x[..., :1]], dim=-1)
    return torch.cat([x[..., -1:, :], x, x[..., :1, :]], dim=-2)


class RoundConv(nn.Conv2d):
    """3x3 convolution on a torus."""

    def __init__(self, wide_in: int, wide_out: int) -> None:
        super().__init__(wide_in, wide_out, 3)

    def forward(self, x: Tensor) -> Tensor:
        rounded: Tensor = super().forward(pad_around(x))
        return rounded


class StyledNorm(nn.Module):
    """Batch norm whose scale and shift come from the style."""

    def __init__(self, width: int, style: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(width, affine=False, momentum=0.05)
        self.affine = nn.Linear(style, 2 * width)
        nn.init.normal_(self.affine.weight, std=0.05)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.affine(w)[:, :, None, None].chunk(2, dim=1)
        styled: Tensor = self.norm(x) * (1 + scale) + shift
        return styled


def at_scale(angle: Tensor, pixels_per_cell: int) -> Tensor:
    """Angles (N, places), eight a cell, → those of a scale with fewer pixels a cell."""
    fold = 8 // pixels_per_cell
    return F.avg_pool1d(angle[:, None], fold)[:, 0] if fold > 1 else angle


class Waves(nn.Module):
    """Plane waves up to a scale's Nyquist limit, each as loud as the style says, mixed into the channels."""

    def __init__(self, settings: GeneratorSettings, pixels_per_cell: int, width: int) -> None:
        super().__init__()
        vectors = torch.from_numpy(wave_vectors(settings.waves))
        limit = TRAINING_CELLS * pixels_per_cell / 2
        self.chosen = [i for i, vector in enumerate(vectors) if int(vector.abs().max()) < limit]
        self.loudness = nn.Linear(settings.style, 2 * len(self.chosen))
        self.mix = nn.Conv2d(2 * len(self.chosen), width, 1, bias=False)
        nn.init.normal_(self.loudness.weight, std=0.09)  # drives of about unit spread
        nn.init.normal_(self.mix.weight, std=0.3)

    def forward(self, w: Tensor, waves: Tensor, angle_y: Tensor, angle_x: Tensor) -> Tensor:
        waves = waves[..., self.chosen, :]  # (V, 2), or (N, V, 2)
        along_y = (waves[..., :, 0, None] * angle_y[:, None])[..., None]  # (N, V, H, 1)
        along_x = (waves[..., :, 1, None] * angle_x[:, None])[..., None, :]  # (N, V, 1, W)
        cos_y, sin_y, cos_x, sin_x = along_y.cos(), along_y.sin(), along_x.cos(), along_x.sin()
        field = torch.cat([cos_y * cos_x - sin_y * sin_x, sin_y * cos_x + cos_y * sin_x], dim=1)  # (N, 2V, H, W)
        drive = self.loudness(w)
        loud = drive - drive.clamp(-QUIET, QUIET)
        mixed: Tensor = self.mix(field * loud[:, :, None, None])
        return mixed


class Figures(nn.Module):
    """Folded waves and checks up to a scale's Nyquist limit, each as loud as the style says, mixed into the channels.

    A fold is a wave along one axis whose phase swings to and fro along the other, by a triangle as steep as the wave is long: at 45
    degrees, and at half of that.
    """

    def __init__(self, settings: GeneratorSettings, pixels_per_cell: int, width: int) -> None:
        super().__init__()
        limit = TRAINING_CELLS * pixels_per_cell / 2
        first = len(wave_vectors(settings.waves))
        self.rows: dict[str, list[int]] = {}
        for name in settings.figures:
            numbers = FIGURES[name]
            self.rows[name] = [first + i for i, number in enumerate(numbers) if max(number) < limit]
            first += len(numbers)
        drawn = sum(len(rows) * (2 if name.startswith("folds") else 1) for name, rows in self.rows.items())
        self.loudness = nn.Linear(settings.style, 2 * drawn)
        self.mix = nn.Conv2d(2 * drawn, width, 1, bias=False)
        nn.init.normal_(self.loudness.weight, std=0.09)
        nn.init.normal_(self.mix.weight, std=1.0)
        self.quiet = NormalDist(0, 0.09 * math.sqrt(settings.style)).inv_cdf(1 - FIGURES_A_STYLE / (4 * drawn))

    def forward(self, w: Tensor, waves: Tensor, angle_y: Tensor, angle_x: Tensor) -> Tensor:
        wide = torch.ones_like(angle_x).sum(1) / torch.ones_like(angle_y).sum(1)  # of a block of two tiles: 2 or 1/2
        fields = []
        for name, rows in self.rows.items():
            numbers = waves[..., rows, :] + torch.zeros_like(w[:, :1, None])
            y, x = numbers[..., 0, None] * angle_y[:, None], numbers[..., 1, None] * angle_x[:, None]  # (N, R, places)
            if name == "checks":
                fields += [_square(y, 0.0)[..., None] * _square(x, 0.0)[..., None, :]]
                fields += [_square(y, 0.5)[..., None] * _square(x, 0.5)[..., None, :]]
                continue
            steep = numbers[..., 0] / numbers[..., 1] * wide[:, None]
            along, across = y[..., None], x[..., None, :]
            if name == "folds along y":
                steep, along, across = 1 / steep, across, along
            swing = steep[..., None, None] * torch.asin(torch.sin(across).clamp(-1, 1))
            for slope in (1.0, 0.5):
                fields += [torch.cos(along + slope * swing), torch.sin(along + slope * swing)]
        drive = self.loudness(w)
        loud = drive - drive.clamp(-self.quiet, self.quiet)
        mixed: Tensor = self.mix(torch.cat(fields, dim=1) * loud[:, :, None, None])
        return mixed


def _square(angle: Tensor, turn: float) -> Tensor:
    """A wave with steep sides and flat tops; 1 where it stands still (number 0)."""
    still = (angle.abs().amax(-1, keepdim=True) < 1e-6).to(angle.dtype)
    return still + (1 - still) * torch.tanh(4 * torch.sin(angle + turn * math.pi))


class Mapping(nn.Module):
    """z (N, latent) → w (N, style), of unit root mean square so that the style is never ignored."""

    def __init__(self, settings: GeneratorSettings) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Linear(settings.latent, settings.style), nn.Linear(settings.style, settings.style)]
        )

    def forward(self, z: Tensor) -> Tensor:
        w = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        w = F.leaky_relu(self.layers[0](w), 0.2)
        w = self.layers[1](w)
        unit: Tensor = w * torch.rsqrt(w.square().mean(1, keepdim=True) + 1e-8)
        return unit


class Synthesis(nn.Module):
    """Style, noise and waves → ink separations.

    ``styles``: float32 (N, L, style), one style per scale and, last, for the palette; so structure and style can come from
    two fabrics. ``noise``: float32 (N, noise, cells, cells). ``waves``, ``angle_y``, ``angle_x``: see ml.textiles.waves.
    Returns logits of the inks (N, inks, S, S), weave (N, 1, S, S) in [-1, 1] and palette (N, inks, 3) sRGB in [0, 1],
    S = 16 * cells.
    """

    def __init__(self, settings: GeneratorSettings) -> None:
        super().__init__()
        widths, style = settings.widths, settings.style
        self.scales, self.inks = len(widths), settings.inks
        self.gate = nn.Linear(style, settings.noise)
        nn.init.normal_(self.gate.weight, std=0.18)  # some styles regular, some free, from the start
        self.start = RoundConv(settings.noise, widths[0])
        self.start_style = nn.Linear(style, widths[0])
        self.norms = nn.ModuleList([StyledNorm(width, style) for width in widths])
        self.convs = nn.ModuleList([RoundConv(a, b) for a, b in pairwise(widths)])
        self.waves = nn.ModuleDict({str(i): Waves(settings, 2**i, widths[i]) for i in (1, 2, 3)})
        self.figures = nn.ModuleDict(
            {str(i): Figures(settings, 2**i, widths[i]) for i in (2, 3)} if settings.figures else {}
        )
        self.finish = RoundConv(widths[-1], widths[-1])
        self.finish_norm = StyledNorm(widths[-1], style)
        self.head = RoundConv(widths[-1], settings.inks + 1)
        colours = nn.Linear(128, settings.inks * 3)
        nn.init.normal_(colours.weight, std=0.15)
        self.palette = nn.Sequential(nn.Linear(style, 128), nn.LeakyReLU(0.2), colours)

    def forward(
        self, styles: Tensor, noise: Tensor, waves: Tensor, angle_y: Tensor, angle_x: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        first = styles[:, 0]
        noise = noise * torch.sigmoid(self.gate(first))[:, :, None, None]
        x = self.start(noise) + self.start_style(first)[:, :, None, None]
        x = F.relu(self.norms[0](x, first))
        for i, conv in enumerate(self.convs, start=1):
            w = styles[:, i]
            x = conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
            if str(i) in self.waves:
                angles = [at_scale(angle, 2**i) for angle in (angle_y, angle_x)]
                x = x + self.waves[str(i)](w, waves, *angles)
                if str(i) in self.figures:
                    x = x + self.figures[str(i)](w, waves, *angles)
            x = F.relu(self.norms[i](x, w))
        x = F.relu(self.finish_norm(self.finish(x), styles[:, self.scales - 1]))
        drawn = self.head(x)
        palette = torch.sigmoid(self.palette(styles[:, self.scales])).reshape(-1, self.inks, 3)
        return INK_CONTRAST * drawn[:, :-1], torch.tanh(drawn[:, -1:]), palette


class Generator(nn.Module):
    """Mapping and synthesis; ``styles_count`` = scales + 1 (the palette)."""

    def __init__(self, settings: GeneratorSettings) -> None:
        super().__init__()
        self.settings = settings
        self.styles_count = len(settings.widths) + 1
        self.mapping = Mapping(settings)
        self.synthesis = Synthesis(settings)
        self.style_mean: Tensor
        self.register_buffer("style_mean", torch.zeros(settings.style))

    def forward(self, z: Tensor, noise: Tensor, waves: Tensor, angle_y: Tensor, angle_x: Tensor) -> Tensor:
        """One style everywhere, straight to RGB: float (N, 3, S, S) in about [0, 1]."""
        styles = self.mapping(z)[:, None].expand(-1, self.styles_count, -1)
        return print_inks(*self.synthesis(styles, noise, waves, angle_y, angle_x))


def print_inks(logits: Tensor, weave: Tensor, palette: Tensor) -> Tensor:
    """Separations → RGB (N, 3, S, S): each ink's share times its colour, under the weave."""
    rgb = torch.einsum("nkhw,nkc->nchw", logits.softmax(1), palette)
    return rgb * (1 + WEAVE_DEPTH * weave)


class Discriminator(nn.Module):
    """Strided 4x4 convolutions; a local logit per place and a global one that sees the batch's spread."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        chain = (3, *widths)
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(chain)])
        self.local = nn.Conv2d(widths[-2], 1, 1)
        self.gather = nn.Conv2d(widths[-1] + 1, widths[-1], 4)
        self.judge = nn.Linear(widths[-1], 1)
        for layer in (*self.convs, self.gather):
            nn.init.kaiming_normal_(layer.weight, a=0.2)  # signals keep their size on the way up
            nn.init.zeros_(layer.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1] → logits (N, places + 1); larger is more real."""
        x = pictures * 2 - 1
        for conv in self.convs[:-1]:
            x = F.leaky_relu(conv(x), 0.2)
        local = self.local(x).flatten(1)
        x = F.leaky_relu(self.convs[-1](x), 0.2)
        spread = (x.var(0, unbiased=False) + 1e-6).sqrt().mean().expand(len(x), 1, *x.shape[2:])
        x = F.leaky_relu(self.gather(torch.cat([x, spread], dim=1)), 0.2).flatten(1)
        return torch.cat([local, self.judge(x)], dim=1)
