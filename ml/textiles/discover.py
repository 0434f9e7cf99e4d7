"""Find the directions in which a generator's fabrics can be edited: ``python -m ml.textiles.discover [--category plaid]``.

Three sources, none of which needs a label:

- **measured**: least squares from the style to a measured attribute, over fabrics that the generator draws itself (the linear
  boundary of InterFaceGAN, Shen et al. 2020, for a number instead of a class). Those of one group of layers are made orthogonal,
  all giving way equally (Löwdin), so that the slider of the density does not turn the scale as well, as far as a fabric allows.
- **pca**: principal directions of the style w (GANSpace: Härkönen et al. 2020).
- **sefa**: directions that the layers' own weights answer to most, in closed form (SeFa: Shen and Zhou 2021).

All lengths are in standard deviations of w along the direction, then evened out so that sliders move fabrics about equally far.
Directions belong to one generator version: recipes name them, so a version's directions are never found twice.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.bundle import BUNDLED, bundled_model, register_model
from ml.checkpoints import load_checkpoint
from ml.errors import ModelFileError, told_in_a_sentence
from ml.images import Floats, linear_to_oklab, srgb_to_linear
from ml.textiles.attributes import ATTRIBUTES, WORDS, measure
from ml.textiles.config import CATEGORIES
from ml.textiles.directions import Direction, write_directions
from ml.textiles.generate import FabricGenerator
from ml.textiles.recipe import Recipe
from ml.textiles.separations import Separations, print_separations

CELLS = 4
SIDE = 64  # the tiles that are measured, at their native size
STYLES = 4096  # from which the spread of w is known
FABRICS = 512  # from which a measured direction is fitted
MOVED, USUAL = 12, 64  # fabrics whose changes, and whose spread, are measured
BASES = 16  # fabrics whose other layers stay while a group of layers varies
RIDGE = 60.0
AMOUNTS = (-2.0, -1.0, 1.0, 2.0)
PCA_COUNT = SEFA_COUNT = 3
LONGEST = 1.6  # standard deviations of w that an amount of 1 may be
MEASURED = {"palette": ("lightness", "warmth", "rosiness"), "drawing": ("contrast", "density", "scale")}


@dataclass(frozen=True)
class Space:
    """The spread of w: ``mean`` (style,) and ``axes`` (rank, style), whose rows are principal axes of one standard deviation."""

    mean: Floats
    axes: Floats

    def coordinates(self, w: Floats) -> Floats:
        """w - mean, (N, style), in standard deviations along the axes, (N, rank)."""
        along: Floats = w @ self.axes.T / np.sum(self.axes**2, axis=1)
        return along


def find_directions(generator: FabricGenerator, weights: dict[str, Floats], seed: int = 0) -> list[Direction]:
    """Six measured directions, three of GANSpace and three of SeFa, with what each does. Takes less than a minute."""
    space = _space(generator, seed)
    groups = _groups(generator)
    rough: list[Direction] = []
    for group, attributes in MEASURED.items():
        fitted = _fit(generator, space, groups[group], attributes, seed)
        rough += [
            Direction(f"measured-{name}", name, groups[group], row @ space.axes)
            for name, row in zip(attributes, fitted, strict=True)
        ]
    everywhere = tuple(range(len(generator.settings.widths) + 1))
    taken = [space.coordinates(direction.vector[None])[0] for direction in rough]
    principal = np.eye(len(space.axes), dtype=np.float32)[: 4 * PCA_COUNT]
    rough += _fresh("pca", principal, taken, space, everywhere, PCA_COUNT)
    answers = space.coordinates(_sefa(weights, groups["drawing"]))
    rough += _fresh("sefa", answers, taken, space, groups["drawing"], SEFA_COUNT)
    return _labelled(_evened(generator, rough, seed))


def _space(generator: FabricGenerator, seed: int) -> Space:
    z = np.random.RandomState(seed).standard_normal((STYLES, generator.settings.latent)).astype(np.float32)
    w = generator.map_latents(z)
    mean = w.mean(0)
    _, sizes, axes = np.linalg.svd((w - mean) / np.sqrt(len(w)), full_matrices=False)
    kept = sizes > 0.1 * sizes[0]  # beyond lies what the generator hardly ever saw
    kept[generator.settings.latent :] = False
    return Space(mean, np.asarray(axes[kept] * sizes[kept, None], np.float32))


def _groups(generator: FabricGenerator) -> dict[str, tuple[int, ...]]:
    scales = len(generator.settings.widths)
    return {"palette": (scales,), "drawing": tuple(range(scales))}


def _fit(
    generator: FabricGenerator, space: Space, layers: tuple[int, ...], attributes: Sequence[str], seed: int
) -> Floats:
    """Directions (attributes, rank) of unit length along which each attribute grows fastest, the other layers held still."""
    bases = [generator.latent(Recipe(seed + i, 1.0, CELLS)) for i in range(BASES)]
    turn = np.arange(FABRICS) % BASES
    styles = np.stack([bases[i][0] for i in turn])
    varied = generator.map_latents(
        np.random.RandomState(seed + 1).standard_normal((FABRICS, generator.settings.latent)).astype(np.float32)
    )
    styles[:, list(layers)] = varied[:, None]
    found = _measured(generator, styles, np.stack([bases[i][1] for i in turn]))
    for base in range(BASES):
        found[turn == base] -= found[turn == base].mean(0)
    x = space.coordinates(varied - space.mean)
    y = found[:, [ATTRIBUTES.index(name) for name in attributes]]
    y = y / np.maximum(y.std(0), 1e-6)
    slopes = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y)
    return _orthogonal(np.asarray(slopes.T, np.float32))


def _orthogonal(rows: Floats) -> Floats:
    """The nearest orthonormal rows (Löwdin 1950)."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    left, _, right = np.linalg.svd(unit, full_matrices=False)
    return np.asarray(left @ right, np.float32)


def _sefa(weights: dict[str, Floats], layers: tuple[int, ...]) -> Floats:
    """Eigenvectors (style, style) of what ``layers`` multiply the style by, strongest answer first."""
    rows = np.concatenate([weights[name].astype(np.float64) for name in _style_weights(weights, layers)])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(rows.T @ rows)
    return np.asarray(vectors.T[::-1], np.float32)


def _style_weights(weights: dict[str, Floats], layers: tuple[int, ...]) -> list[str]:
    """Names of the matrices by which these layers read the style."""
    last = max(int(name.split(".")[2]) for name in weights if name.startswith("synthesis.norms."))
    names = []
    for layer in layers:
        names += [f"synthesis.norms.{layer}.affine.weight", f"synthesis.waves.{layer}.loudness.weight"]
        names += ["synthesis.start_style.weight", "synthesis.gate.weight"] if layer == 0 else []
        names += ["synthesis.finish_norm.affine.weight"] if layer == last else []
    return [name for name in names if name in weights]


def _fresh(
    source: str, rows: Floats, taken: list[Floats], space: Space, layers: tuple[int, ...], count: int
) -> list[Direction]:
    """The first ``count`` of ``rows`` (N, rank) that are mostly news beside ``taken``, made orthogonal to it; these are added to it."""
    found: list[Direction] = []
    for number, row in enumerate(rows, start=1):
        fresh = row / np.linalg.norm(row)
        for other in taken:
            unit = other / np.linalg.norm(other)
            fresh = fresh - (fresh @ unit) * unit
        length = float(np.linalg.norm(fresh))
        if length > 0.7 and len(found) < count:
            fresh = np.asarray(fresh / length, np.float32)
            taken.append(fresh)
            found.append(Direction(f"{source}-{number}", "", layers, fresh @ space.axes))
    return found


def _evened(generator: FabricGenerator, rough: list[Direction], seed: int) -> list[Direction]:
    """The same with lengths that move fabrics about equally far, and with their measured effects."""
    latents = [generator.latent(Recipe(seed + 100 + i, cells=CELLS)) for i in range(MOVED)]
    styles, noise = (np.stack(parts) for parts in zip(*latents, strict=True))
    usual = _measured(generator, *_varied(generator, seed)).std(0)
    reach = [_distance(generator, styles, noise, direction) for direction in rough]
    wanted = float(np.median(reach[: sum(map(len, MEASURED.values()))]))
    evened = []
    for direction, distance in zip(rough, reach, strict=True):
        length = float(np.clip(wanted / max(distance, 1e-6), 1 / LONGEST, LONGEST))
        longer = Direction(direction.name, direction.label, direction.layers, direction.vector * np.float32(length))
        evened.append(_with_effects(generator, longer, styles, noise, usual))
    return evened


def _varied(generator: FabricGenerator, seed: int) -> tuple[Floats, Floats]:
    """Styles and noise of usual fabrics."""
    latents = [generator.latent(Recipe(seed + 300 + i, cells=CELLS)) for i in range(USUAL)]
    return np.stack([styles for styles, _ in latents]), np.stack([noise for _, noise in latents])


def _moved(styles: Floats, direction: Direction, amount: float) -> Floats:
    moved = styles.copy()
    moved[:, list(direction.layers)] += np.float32(amount) * direction.vector
    return moved


def _distance(generator: FabricGenerator, styles: Floats, noise: Floats, direction: Direction) -> float:
    """How far, in OKLab, a pixel moves on average from amount -1 to 1."""
    ends = [_drawn(generator, _moved(styles, direction, amount), noise) for amount in (-1, 1)]
    tiles = [linear_to_oklab(srgb_to_linear(np.stack([print_separations(d, SIDE) for d in end]))) for end in ends]
    return float(np.sqrt(((tiles[0] - tiles[1]) ** 2).sum(-1)).mean())


def _with_effects(
    generator: FabricGenerator, direction: Direction, styles: Floats, noise: Floats, usual: Floats
) -> Direction:
    found = np.stack([_measured(generator, _moved(styles, direction, amount), noise) for amount in AMOUNTS])
    amounts = np.array(AMOUNTS, np.float32)
    slopes = np.tensordot(amounts, found - found.mean(0), axes=(0, 0)).mean(0) / np.sum(amounts**2)
    change = slopes * (AMOUNTS[-1] - AMOUNTS[0]) / np.maximum(usual, 1e-6)
    effects = {name: round(float(value), 2) for name, value in zip(ATTRIBUTES, change, strict=True)}
    return Direction(direction.name, direction.label, direction.layers, direction.vector, effects)


def _labelled(directions: list[Direction]) -> list[Direction]:
    """First names for those that have none: what they do most, in a word or two, no two alike."""
    named: list[Direction] = []
    used: set[str] = set()
    for direction in directions:
        label = direction.label or _words(direction)
        number = 2
        while label in used:
            label = f"{_words(direction)} {number}"
            number += 1
        used.add(label)
        named.append(Direction(direction.name, label, direction.layers, direction.vector, direction.effects))
    return named


def _words(direction: Direction) -> str:
    ranked = sorted(direction.effects, key=lambda name: -abs(direction.effects[name]))
    first, second = (WORDS[name][direction.effects[name] < 0] for name in ranked[:2])
    return f"{first}, {second}"


def _drawn(generator: FabricGenerator, styles: Floats, noise: Floats) -> list[Separations]:
    drawn: list[Separations] = []
    for start in range(0, len(styles), 32):
        drawn += generator.separations_of(styles[start : start + 32], noise[start : start + 32])
    return drawn


def _measured(generator: FabricGenerator, styles: Floats, noise: Floats) -> Floats:
    """Attributes (N, attributes) of explicit styles (N, layers, style) and noise."""
    return np.stack([measure(print_separations(each, SIDE)) for each in _drawn(generator, styles, noise)])


def bundle_directions(category: str, root: Path = BUNDLED) -> int:
    """Find the directions of a category's bundled generator and enter them into the manifest: what export ends with.

    Does nothing, and returns 0, when this version has directions already. Returns how many were found.
    """
    model = bundled_model("textiles", category, root)
    if "directions" in model.files:
        return 0
    weights, digest = model.files["weights"]
    generator = FabricGenerator.load(model.files["weights"], model.files["onnx"])
    tensors = load_checkpoint(weights, kind="textile-generator", framework="np").tensors
    found = find_directions(generator, tensors)
    path = weights.with_name(f"{weights.stem}-directions.json")
    if path.exists():
        raise ModelFileError(f"{path.name} is there but not in the manifest; delete it or enter it by hand.")
    write_directions(path, found, digest)
    files = {role: file for role, (file, _) in model.files.items()} | {"directions": path}
    register_model("textiles", category, model.version, files, model.scores, root)
    return len(found)


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ml.textiles.discover", description="Find a generator's directions."
    )
    parser.add_argument("--category", choices=CATEGORIES, action="append", help="only these; default: all twelve")
    given = parser.parse_args(arguments)
    for category in given.category or CATEGORIES:
        print(f"{category}: {bundle_directions(category) or 'no new'} directions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
