"""Teach an encoder to read a generator's style off a picture: ``python -m ml.textiles.encoder [--category plaid]``.

It learns from the generator's own fabrics, of which the style is known, and never sees a real one: what it must not mind is put on
them instead, as photos put it on cloth. Their colours are turned about their mean at random, so that only the drawing is left to read;
they are rolled, turned and scaled a little, lit from one side, blurred, and noise lies on top. The net is a small ResNet (He et al. 2016)
whose every stage is read by mean and spread over the picture (Huang and Belongie 2017), which do not mind where a motif lies. What it
cannot tell, where the noise says how motifs lie, it need not know: that the generator draws anew.

The fabrics are drawn once, which takes a quarter of the time. The file belongs to one generator version and names its weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.bundle import BUNDLED, bundled_model, register_model
from ml.checkpoints import write_atomically
from ml.errors import ModelFileError, told_in_a_sentence
from ml.images import Floats
from ml.onnx_files import picture_net_as_onnx, round_to_half
from ml.textiles.config import CATEGORIES
from ml.textiles.generate import FabricGenerator
from ml.textiles.guess import FIRST_SEED, FORMAT, KIND, LOOKED_AT, remembered_motif
from ml.textiles.recipe import Recipe
from ml.textiles.separations import print_separations
from ml.textiles.texture import DRAWN, drawing

FABRICS, ASIDE = 2304, 192  # drawn to learn from, and drawn to judge by
CELLS, SIDE = 4, 64  # of a drawn tile; two of them side by side are as wide as a photo is looked at
STEPS, BATCH = 500, 32
LEARNED_AT = 96  # pixels a side of what it learns from: as large as cloth is seen, over a smaller part of it
RATE = 3e-3
FIRST_ASIDE = 500_000  # seed
REMEMBERED = 1536  # of those it learned from
CODE = 12  # axes along which fabrics are remembered
HEAD_RANK = 40
AXES_TOLD = 8  # the largest, of which is said how much it tells
AXES = 24  # principal axes of the style that are learned; the rest stays at its mean
WIDTHS = (16, 32, 64, 96, 128)


Tell = Callable[[float], None]  # is told again and again how much of the work is done, 0 to 1; it may raise, to end it


def hush(done: float) -> None:
    """Tells nobody."""


class StyleNet(nn.Module):
    """Pictures (N, 3, 128, 128) → places (N, AXES) along the principal axes of the style, in standard deviations."""

    def __init__(self, axes: int = AXES, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, widths[0], 5, 2, 2, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        self.stages = nn.ModuleList(Stage(a, b) for a, b in pairwise(widths))
        self.head = nn.Sequential(nn.Linear(2 * sum(widths), 160), nn.ReLU(), nn.Linear(160, axes))

    def narrow(self) -> StyleNet:
        """With the first matrix of the head kept to its strongest directions, which makes the file an eighth smaller."""
        wide, rest = cast(nn.Linear, self.head[0]), list(self.head)[1:]
        left, sizes, right = torch.linalg.svd(wide.weight.detach(), full_matrices=False)
        down = nn.utils.skip_init(nn.Linear, wide.in_features, HEAD_RANK, bias=False)  # type: ignore[no-untyped-call]
        up = nn.utils.skip_init(nn.Linear, HEAD_RANK, wide.out_features)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            down.weight.copy_(right[:HEAD_RANK])
            up.weight.copy_(left[:, :HEAD_RANK] * sizes[:HEAD_RANK])
            up.bias.copy_(wide.bias)
        self.head = nn.Sequential(down, up, *rest)
        return self

    def forward(self, pictures: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.first(even_out(pictures))))
        read = [mean_and_spread(x)]
        for stage in self.stages:
            x = stage(x)
            read.append(mean_and_spread(x))
        return torch.as_tensor(self.head(torch.cat(read, 1)))


class Stage(nn.Module):
    """Half the size: a strided convolution and a residual one."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(before, width, 3, 2, 1, bias=False)
        self.down_norm = nn.BatchNorm2d(width)
        self.more = nn.Conv2d(width, width, 3, 1, 1, groups=4, bias=False)
        self.more_norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.down_norm(self.down(x)))
        return torch.relu(x + self.more_norm(self.more(x)))


class Reader(nn.Module):
    """What is exported: pictures in [0, 1] → styles w (N, style), and where the net puts them (N, CODE).

    With them comes what it remembers of the fabrics that it learned from, the same whatever is asked: where it puts each (M, CODE), and
    each one's drawing (M, DRAWN), see :func:`ml.textiles.texture.drawing`. A byte holds a number.
    """

    def __init__(self, net: StyleNet, mean: Floats, axes: Floats) -> None:
        super().__init__()
        self.net = net
        self.mean: Tensor
        self.axes: Tensor
        self.codes: Tensor
        self.drawings: Tensor
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("axes", torch.from_numpy(axes))
        self.register_buffer("codes", torch.zeros(1, CODE, dtype=torch.uint8))
        self.register_buffer("drawings", torch.zeros(1, DRAWN, dtype=torch.uint8))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        places = self.net(pictures)
        styles = self.mean + places @ self.axes
        return styles, places[:, :CODE], from_bytes(self.codes), from_bytes(self.drawings)

    def remember(self, drawn: Drawn) -> None:
        """Keep what these fabrics, the first that it learned from, look like to it."""
        pictures = torch.split(drawn.tiles.repeat(1, 1, 2, 2), BATCH)
        with torch.no_grad():
            self.codes = in_bytes(torch.cat([self.net(part.float() / 255)[:, :CODE] for part in pictures]))
        tiles = np.ascontiguousarray(drawn.tiles.numpy().transpose(0, 2, 3, 1))
        self.drawings = in_bytes(torch.from_numpy(np.stack([drawing(tile) for tile in tiles])))


def in_bytes(values: Tensor) -> Tensor:
    """Numbers from -4 to 4 as bytes."""
    return ((values + 4) * 32).round().clamp(0, 255).to(torch.uint8)


def from_bytes(values: Tensor) -> Tensor:
    return values.float() / 32 - 4


def even_out(pictures: Tensor) -> Tensor:
    """Without their mean colour, and all of the same contrast."""
    flat = pictures - pictures.mean((2, 3), keepdim=True)
    return flat / (flat.square().mean((1, 2, 3), keepdim=True).sqrt() + 0.02)


def mean_and_spread(x: Tensor) -> Tensor:
    mean = x.mean((2, 3))
    spread = ((x - mean[:, :, None, None]).square().mean((2, 3)) + 1e-4).sqrt()
    return torch.cat([mean, spread], 1)


@dataclass(frozen=True)
class Drawn:
    """Fabrics with their styles: tiles, uint8 (N, 3, 64, 64), and styles w, float32 (N, style)."""

    tiles: Tensor
    styles: Floats


def draw_fabrics(generator: FabricGenerator, count: int, seed: int, tell: Tell = hush) -> Drawn:
    """Usual fabrics of a generator, their motifs in turn."""
    motifs = generator.settings.motifs
    tiles = np.empty((count, 3, SIDE, SIDE), np.uint8)
    styles = np.empty((count, generator.settings.style), np.float32)
    for start in range(0, count, 24):
        tell(start / count)
        part = range(start, min(start + 24, count))
        latents = [
            generator.latent(
                Recipe(seed + i, 1.0, CELLS, motif=min(remembered_motif(motifs, seed + i) or CELLS, CELLS))
            )
            for i in part
        ]
        spread = np.stack([each for each, _ in latents])
        drawn = generator.separations_of(spread, np.stack([noise for _, noise in latents]))
        for i, each in zip(part, drawn, strict=True):
            tiles[i] = print_separations(each, SIDE).transpose(2, 0, 1)
        styles[list(part)] = spread[:, 0]
    return Drawn(torch.from_numpy(tiles), styles)


def wear(tiles: Tensor, dice: torch.Generator) -> Tensor:
    """Tiles, uint8 (N, 3, 64, 64), as photos of cloth, float32 (N, 3, 96, 96): the same drawing in other colours and another light."""
    count = len(tiles)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(*shape).uniform_(low, high, generator=dice)

    x = tiles.float() / 255
    mean = x.mean((2, 3), keepdim=True)
    turns = torch.linalg.qr(torch.randn(count, 3, 3, generator=dice))[0]
    x = torch.einsum("nij,njhw->nihw", turns, x - mean) * between(0.5, 1.3, count, 1, 1, 1)
    x = _photographed(x, between(-0.12, 0.12, count), between(0.85, 1.18, count), between(0, 1, count, 2))
    if torch.rand(1, generator=dice) < 0.5:
        x = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    light = F.interpolate(torch.randn(count, 1, 3, 3, generator=dice), (LEARNED_AT, LEARNED_AT), mode="bilinear")
    return (
        x
        + light * between(0, 0.06, count, 1, 1, 1)
        + torch.randn(x.shape, generator=dice) * between(0, 0.05, count, 1, 1, 1)
    )


def _photographed(x: Tensor, angles: Tensor, scales: Tensor, shifts: Tensor) -> Tensor:
    """A square one and a half tiles wide out of the endless cloth, turned by angles (radians), scaled, begun anywhere."""
    wide = x.repeat(1, 1, 3, 3)
    side = LEARNED_AT / wide.shape[-1] * scales
    cos, sin = torch.cos(angles) * side, torch.sin(angles) * side
    rows = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    reach = 2 / 3  # a shift by a whole tile
    affine = torch.cat([rows, ((shifts - 0.5) * reach)[..., None]], 2)
    grid = F.affine_grid(affine, [len(x), 3, LEARNED_AT, LEARNED_AT], align_corners=False)
    return F.grid_sample(wide, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def principal_axes(styles: Floats) -> tuple[Floats, Floats]:
    """The mean style, and axes (AXES, style) of one standard deviation each."""
    mean = styles.mean(0)
    _, sizes, axes = np.linalg.svd((styles - mean) / np.sqrt(len(styles)), full_matrices=False)
    return mean, np.asarray(axes[:AXES] * np.maximum(sizes[:AXES, None], 1e-6), np.float32)


def learn(drawn: Drawn, steps: int = STEPS, seed: int = 0, tell: Tell = hush) -> Reader:
    """An encoder that has learned from these fabrics. The same ones and the same seed give the same one."""
    mean, axes = principal_axes(drawn.styles)
    sizes = np.linalg.norm(axes, axis=1)
    places = torch.from_numpy((drawn.styles - mean) @ (axes / sizes[:, None] ** 2).T)
    weights = torch.from_numpy(sizes / sizes.mean())
    dice = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = StyleNet(len(axes)).train()
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, max(steps, 2), pct_start=0.15)
    for step in range(steps):
        tell(step / steps)
        chosen = torch.randint(len(places), (BATCH,), generator=dice)
        error = F.smooth_l1_loss(net(wear(drawn.tiles[chosen], dice)), places[chosen], reduction="none")
        optimizer.zero_grad()
        (error * weights).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return Reader(net.narrow().eval(), mean, axes)


def how_much_is_told(reader: Reader, aside: Drawn, seed: int = 1) -> Floats:
    """How much of each axis of fabrics that it has not learned from it tells, R², float32 (AXES,): 1 all, 0 nothing."""
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        worn = [wear(part, dice) for part in torch.split(aside.tiles, BATCH)]
        read = torch.cat([reader(part)[0] for part in worn]).numpy()
    axes = reader.axes.numpy()
    wanted, guessed = aside.styles @ axes.T, read @ axes.T
    return np.asarray(1 - ((wanted - guessed) ** 2).mean(0) / wanted.var(0), np.float32)


def train_encoder(
    generator: FabricGenerator,
    weights_sha256: str,
    *,
    fabrics: int = FABRICS,
    steps: int = STEPS,
    aside: int = ASIDE,
    tell: Tell = hush,
) -> tuple[bytes, float]:
    """The encoder of a generator as ONNX bytes, and how much of the style it tells, R² over the first AXES_TOLD axes. Minutes."""
    drawn = draw_fabrics(generator, fabrics, FIRST_SEED, lambda done: tell(done * 0.25))
    judged_by = draw_fabrics(generator, aside, FIRST_ASIDE)
    reader = learn(drawn, steps, tell=lambda done: tell(0.25 + 0.75 * done))
    reader.remember(Drawn(drawn.tiles[:REMEMBERED], drawn.styles[:REMEMBERED]))
    return as_onnx(reader, weights_sha256), float(how_much_is_told(reader, judged_by)[:AXES_TOLD].mean())


def as_onnx(reader: Reader, weights_sha256: str) -> bytes:
    """The file of an encoder."""
    told = {"kind": KIND, "format": FORMAT, "weights_sha256": weights_sha256}
    return picture_net_as_onnx(
        round_to_half(reader),
        told,
        shrink=True,
        shape=(3, LOOKED_AT, LOOKED_AT),
        outputs=("style", "code", "codes", "drawings"),
    )


def bundle_encoder(category: str, root: Path = BUNDLED) -> float | None:
    """Train the encoder of a category's bundled generator and enter it into the manifest: what follows the directions.

    Does nothing, and returns None, when this version has an encoder already. Returns how much of the style it tells.
    """
    model = bundled_model("textiles", category, root)
    if "encoder" in model.files:
        return None
    weights, digest = model.files["weights"]
    path = weights.with_name(f"{weights.stem}-encoder.onnx")
    if path.exists():
        raise ModelFileError(f"{path.name} is there but not in the manifest; delete it or enter it by hand.")
    net, share = train_encoder(FabricGenerator.load(model.files["weights"], model.files["onnx"]), digest)
    write_atomically(path, net)
    model = bundled_model("textiles", category, root)
    files = {role: file for role, (file, _) in model.files.items()} | {"encoder": path}
    register_model("textiles", category, model.version, files, model.scores, root)
    return share


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ml.textiles.encoder", description="Teach an encoder to read a generator's style off a picture."
    )
    parser.add_argument("--category", choices=CATEGORIES, action="append", help="only these; default: all twelve")
    given = parser.parse_args(arguments)
    for category in given.category or CATEGORIES:
        share = bundle_encoder(category)
        print(
            f"{category}: " + ("no new encoder" if share is None else f"an encoder that tells {share:.0%} of the style")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
