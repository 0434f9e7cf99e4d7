"""Draw fabrics from bundled generators: ``python -m ml.textiles.generate CATEGORY --seed N --out DIR``.

No torch: the mapping is two small matrices, the synthesis runs in ONNX Runtime, the inks are printed with NumPy at any size.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.bundle import bundled_model, load_session
from ml.checkpoints import load_checkpoint, verify
from ml.encode import Mark, encode_png
from ml.errors import MlError, RecipeError
from ml.images import Bytes, Floats, linear_to_srgb, srgb_to_linear
from ml.textiles.config import WEAVE_DEPTH, GeneratorSettings
from ml.textiles.recipe import Recipe
from ml.textiles.waves import scaled_waves, wave_angles

SMALLEST, LARGEST = 16, 8192
STRIP = 256  # output rows printed at a time, so that a large export needs little memory


@dataclass(frozen=True)
class Separations:
    """What the generator draws for one fabric, at its native size S = 16 * cells.

    ``logits``: float32 (inks, S, S), their softmax is each ink's share. ``weave``: float32 (S, S) in [-1, 1].
    ``palette``: float32 (inks, 3), sRGB in [0, 1].
    """

    logits: Floats
    weave: Floats
    palette: Floats


class FabricGenerator:
    """One generator version: load once, draw many, from any number of threads."""

    def __init__(self, settings: GeneratorSettings, mapping: dict[str, Floats], session: Any) -> None:
        self.settings = settings
        self._mapping = mapping
        self._session = session

    @classmethod
    def load(cls, weights: tuple[Path, str], onnx: tuple[Path, str], threads: int | None = None) -> FabricGenerator:
        """From (path, SHA-256) of the safetensors and ONNX files. Raises ModelFileError when either is not as promised."""
        verify(*weights)
        checkpoint = load_checkpoint(weights[0], kind="textile-generator", framework="np")
        mapping = {
            key: value.astype(np.float32)
            for key, value in checkpoint.tensors.items()
            if key.startswith("mapping.") or key == "style_mean"
        }
        settings = GeneratorSettings.from_dict(checkpoint.settings["generator"])
        return cls(settings, mapping, load_session(*onnx, threads=threads))

    def style(self, recipe: Recipe) -> Floats:
        """The recipe's style w, float32 (style,), after truncation towards the category's mean."""
        z, _ = self.draw_latent(recipe)
        w = self._map(z[None])[0]
        mean = self._mapping["style_mean"]
        truncated: Floats = mean + np.float32(recipe.truncation) * (w - mean)
        return truncated

    def draw_latent(self, recipe: Recipe) -> tuple[Floats, Floats]:
        """z, float32 (latent,), and noise, float32 (noise, cells, cells), of a recipe.

        From NumPy's legacy RandomState, whose stream NumPy promises never to change: a recipe is reproducible for ever.
        """
        stream = np.random.RandomState(recipe.seed)
        z = stream.standard_normal(self.settings.latent)
        noise = stream.standard_normal((self.settings.noise, recipe.cells, recipe.cells))
        return z.astype(np.float32), noise.astype(np.float32)

    def separations(self, recipes: Sequence[Recipe]) -> list[Separations]:
        """The ink separations of recipes that share their number of cells."""
        styles = np.stack([self.style(recipe) for recipe in recipes])
        noise = np.stack([self.draw_latent(recipe)[1] for recipe in recipes])
        spread = np.repeat(styles[:, None], len(self.settings.widths) + 1, axis=1)
        return self.separations_of(spread, noise)

    def separations_of(self, styles: Floats, noise: Floats) -> list[Separations]:
        """Separations of explicit styles, float32 (N, scales + 1, style), and noise, float32 (N, noise, cells, cells).

        Shifting the noise cyclically by a cell shifts the drawing by CELL_PIXELS.
        """
        angle_y, angle_x = wave_angles(noise)
        waves = scaled_waves(self.settings.waves, noise.shape[-1])
        feeds = {"styles": styles, "noise": noise, "waves": waves, "angle_y": angle_y, "angle_x": angle_x}
        logits, weave, palette = self._session.run(["logits", "weave", "palette"], feeds)
        return [Separations(*parts) for parts in zip(logits, weave[:, 0], palette, strict=True)]

    def draw(self, recipe: Recipe, size: int = 256) -> Bytes:
        """One seamless tile, uint8 (size, size, 3). Raises RecipeError on a size outside 16 to 8192."""
        tile: Bytes = self.draw_many([recipe], size)[0]
        return tile

    def draw_many(self, recipes: Sequence[Recipe], size: int = 256) -> Bytes:
        """Several tiles, uint8 (N, size, size, 3); those with the same number of cells go through the net together."""
        check_size(size)
        tiles = np.empty((len(recipes), size, size, 3), np.uint8)
        for cells in {recipe.cells for recipe in recipes}:
            chosen = [i for i, recipe in enumerate(recipes) if recipe.cells == cells]
            for i, drawn in zip(chosen, self.separations([recipes[i] for i in chosen]), strict=True):
                tiles[i] = print_separations(drawn, size)
        return tiles

    def _map(self, z: Floats) -> Floats:
        """The mapping network in NumPy: z (N, latent) → w (N, style) of unit root mean square."""
        w = _unit(z)
        w = w @ self._mapping["mapping.layers.0.weight"].T + self._mapping["mapping.layers.0.bias"]
        w = np.where(w > 0, w, np.float32(0.2) * w)
        w = w @ self._mapping["mapping.layers.1.weight"].T + self._mapping["mapping.layers.1.bias"]
        return _unit(w)


def _unit(x: Floats) -> Floats:
    scaled: Floats = x / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + np.float32(1e-8))
    return scaled


def check_size(size: object) -> None:
    """Raise RecipeError unless ``size`` is a whole number of pixels from 16 to 8192."""
    if isinstance(size, bool) or not isinstance(size, int) or not SMALLEST <= size <= LARGEST:
        raise RecipeError(f"The size must be a whole number of pixels from {SMALLEST} to {LARGEST}.")


def print_separations(drawn: Separations, size: int) -> Bytes:
    """Print the inks at any size: uint8 (size, size, 3).

    Enlarging interpolates the inks' logits around the torus and sharpens them as the pixels shrink, so that the edge between two
    inks stays crisp at 4096 px; reducing averages linear light.
    """
    native = drawn.logits.shape[-1]
    if size < native:
        light = srgb_to_linear(print_separations(drawn, native))
        weights = round_weights(native, size)
        return linear_to_srgb(np.einsum("yi,xj,ijc->yxc", weights, weights, light, optimize=True))
    weights = round_weights(native, size)
    sharpness = np.float32(max(1.0, size / native) ** 0.5)
    channels = np.concatenate([drawn.logits * sharpness, drawn.weave[None]])
    columns = channels @ weights.T  # (inks + 1, native, size)
    picture = np.empty((size, size, 3), np.uint8)
    for top in range(0, size, STRIP):
        rows = np.einsum("yi,kix->kyx", weights[top : top + STRIP], columns, optimize=True)
        picture[top : top + STRIP] = _print_rows(rows[:-1], rows[-1], drawn.palette)
    return picture


def _print_rows(logits: Floats, weave: Floats, palette: Floats) -> Bytes:
    share = np.exp(logits - logits.max(0))
    share /= share.sum(0)
    rgb = np.tensordot(share, palette, axes=(0, 0)) * (1 + np.float32(WEAVE_DEPTH) * weave)[..., None]
    printed: Bytes = (np.clip(rgb, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return printed


@functools.lru_cache(maxsize=32)
def round_weights(old: int, new: int) -> Floats:
    """Resampling on a ring: float32 (new, old), rows sum to 1. Keys' cubic, widened when reducing so that nothing aliases."""
    scale = old / new
    reach = max(1.0, scale)
    centre = (np.arange(new) + 0.5) * scale - 0.5
    offset = np.arange(old)[None] - centre[:, None]
    offset = (offset + old / 2) % old - old / 2  # the short way round
    weights = _keys_cubic(np.abs(offset) / reach)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


def _keys_cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


@functools.lru_cache(maxsize=16)
def load_generator(category: str) -> FabricGenerator:
    """The bundled generator of a category, loaded once. Raises ModelFileError, naming those there are, on another name."""
    model = bundled_model("textiles", category)
    return FabricGenerator.load(model.files["weights"], model.files["onnx"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.generate", description="Draw seamless fabric tiles.")
    parser.add_argument("category")
    parser.add_argument("--seed", type=int, required=True, help="first seed, 0 to 4294967295")
    parser.add_argument("--count", type=int, default=1, help="how many seeds from there on")
    parser.add_argument("--size", type=int, default=256, help="pixels a side, 16 to 8192")
    parser.add_argument("--cells", type=int, default=Recipe.cells, help="noise cells a side: more hold more motifs")
    parser.add_argument("--truncation", type=float, default=Recipe.truncation)
    parser.add_argument("--out", type=Path, required=True, help="folder for CATEGORY-SEED.png")
    given = parser.parse_args(arguments)
    try:
        if not 1 <= given.count <= 100_000:
            raise RecipeError("The count must be a whole number from 1 to 100,000.")
        check_size(given.size)
        recipes = [Recipe(given.seed + i, given.truncation, given.cells) for i in range(given.count)]
        generator = load_generator(given.category)
        given.out.mkdir(parents=True, exist_ok=True)
        for start in range(0, len(recipes), 8):
            batch = recipes[start : start + 8]
            for recipe, tile in zip(batch, generator.draw_many(batch, given.size), strict=True):
                (given.out / f"{given.category}-{recipe.seed}.png").write_bytes(encode_png(tile, Mark.GENERATED))
    except (MlError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
