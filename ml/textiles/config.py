"""Names and settings of the textile generators. Importing this needs neither torch nor NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CATEGORIES = (
    "animal",
    "batik",
    "checkered",
    "dotted",
    "floral",
    "geometric",
    "leaves",
    "novelty",
    "plaid",
    "solid",
    "striped",
    "zigzag",
)

# The generator is trained on a torus of this many noise cells a side, each of CELL_PIXELS pixels.
TRAINING_CELLS = 4
CELL_PIXELS = 16

# How much the weave may lighten or darken the printed inks.
WEAVE_DEPTH = 0.1


# After how many noise cells a category's motif may repeat inside the tile; each is as likely. Woven, printed and drawn repeats are
# short, hides and wax run on.
MOTIFS: dict[str, tuple[int, ...]] = {
    "animal": (4, 8, 8, 8),
    "batik": (4, 8, 8, 8),
    "checkered": (1, 2, 2, 4),
    "dotted": (1, 2, 2, 4),
    "floral": (2, 4, 4, 8),
    "geometric": (1, 1, 2, 4),
    "leaves": (2, 4, 4, 8),
    "novelty": (2, 4, 4, 8),
    "plaid": (2, 4, 4, 8),
    "solid": (2, 4, 8, 8),
    "striped": (2, 4, 4, 8),
    "zigzag": (1, 2, 2, 4),
}


# Which waves that are no sines a category's generator has, beside the plain ones.
FIGURES: dict[str, tuple[str, ...]] = {
    "checkered": ("checks",),
    "geometric": ("folds along x", "folds along y", "checks"),
    "zigzag": ("folds along x", "folds along y"),
}


@dataclass(frozen=True)
class GeneratorSettings:
    """Shape of one separations DCGAN; saved inside every checkpoint."""

    latent: int = 64  # z
    style: int = 128  # w
    noise: int = 16  # channels of local noise, one vector per cell
    inks: int = 6
    widths: tuple[int, ...] = (128, 128, 96, 64, 40)  # channels at 1, 2, 4, 8 and 16 pixels a cell
    waves: int = 12  # highest wave number along one axis of the training torus
    figures: tuple[str, ...] = ()  # kinds of waves that are no sines, of ml.textiles.waves.FIGURES
    motifs: tuple[int, ...] = ()  # cells after which the motif may repeat; none: after the whole tile

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> GeneratorSettings:
        tuples = {name: tuple(values.get(name, getattr(cls, name))) for name in ("widths", "figures", "motifs")}
        return cls(**{**values, **tuples})


@dataclass(frozen=True)
class TrainingSettings:
    """One training run, base or fine-tune; written into the run folder before the first step."""

    categories: tuple[str, ...] = CATEGORIES
    steps: int = 3000
    batch: int = 16  # many small steps: little time and far to go
    seed: int = 0
    loss: str = "hinge"  # hinge | lsgan | bce
    r1: float = 0.02  # weight of the R1 penalty on real pictures; at 2 the discriminator stayed blind
    r1_every: int = 8  # lazily, as in StyleGAN2
    generator_rate: float = 1e-4
    discriminator_rate: float = 4e-4
    ema: float = 0.998
    swatch_sizes: tuple[int, ...] = (96, 112, 128, 144)  # a swatch is seen at one of these sizes; the crop is 64 px
    colour_shuffle: float = 0.5  # how often the colour channels of a real crop change places
    discriminator_widths: tuple[int, ...] = (48, 96, 160, 256)
    discriminator_turns: int = 3  # a step; with one the generator ran ahead and the discriminator went blind
    # A fine-tune only: real swatches of other categories shown to the discriminator as wrong (GAN-CLS: Reed et al. 2016), and
    # the terms of the frozen judges (ml.textiles.judge).
    mismatch: float = 0.0
    judged_class: float = 0.0
    judged_match: float = 0.0
    judged_colours: float = 0.0  # how far the batch's colours are from the real ones'; with eyes only
    projected: bool = False  # the discriminator and the judge look through ImageNet's eyes (ml.textiles.eyes)
