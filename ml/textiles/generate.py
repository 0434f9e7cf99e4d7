"""Draw fabrics from bundled generators: ``python -m ml.textiles.generate CATEGORY --seed N --out DIR``.

No torch: the mapping is two small matrices, the synthesis runs in ONNX Runtime, the inks are printed with NumPy at any size.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import bundled_model, load_session
from ml.checkpoints import load_checkpoint, verify
from ml.encode import Mark, encode_png
from ml.errors import MlError, RecipeError
from ml.images import Bytes, Floats
from ml.textiles.config import GeneratorSettings
from ml.textiles.directions import Direction, read_directions
from ml.textiles.guess import Encoder
from ml.textiles.latents import decode_latent, turn, wrap_noise
from ml.textiles.palette import dress
from ml.textiles.recipe import Mix, Recipe
from ml.textiles.repeats import lay_noise, repeat_waves
from ml.textiles.separations import Separations, check_size, lay_mirror
from ml.textiles.separations import print_separations as print_separations
from ml.textiles.separations import round_weights as round_weights
from ml.textiles.waves import close_waves, lay_motif, motif_of, scaled_waves, wave_angles

STRUCTURE_SCALES = (
    4  # the first scales, up to 8 pixels a cell, lay out the drawing; the last and the palette give its style
)


class FabricGenerator:
    """One generator version: load once, draw many, from any number of threads."""

    def __init__(
        self,
        settings: GeneratorSettings,
        mapping: dict[str, Floats],
        session: Any,
        directions: Sequence[Direction] = (),
        encoder: Encoder | None = None,
    ) -> None:
        self.settings = settings
        self.encoder = encoder
        self.directions = {direction.name: direction for direction in directions}
        self._mapping = mapping
        self._session = session

    @classmethod
    def load(
        cls,
        weights: tuple[Path, str],
        onnx: tuple[Path, str],
        directions: tuple[Path, str] | None = None,
        encoder: tuple[Path, str] | None = None,
        threads: int | None = None,
    ) -> FabricGenerator:
        """From (path, SHA-256) of the safetensors and ONNX files, and of directions and encoder where there are some.

        Raises ModelFileError when one is not as promised.
        """
        verify(*weights)
        checkpoint = load_checkpoint(weights[0], kind="textile-generator", framework="np")
        mapping = {
            key: value.astype(np.float32)
            for key, value in checkpoint.tensors.items()
            if key.startswith("mapping.") or key == "style_mean"
        }
        settings = GeneratorSettings.from_dict(checkpoint.settings["generator"])
        found = read_directions(*directions, weights_sha256=weights[1]) if directions else ()
        reader = Encoder.load(*encoder, weights_sha256=weights[1], threads=threads) if encoder else None
        return cls(settings, mapping, load_session(*onnx, threads=threads), found, reader)

    def style(self, recipe: Recipe) -> Floats:
        """The recipe's style w, float32 (style,), after truncation towards the category's mean."""
        z, _ = self.draw_latent(recipe)
        w = self.map_latents(z[None])[0]
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

    def latent(self, recipe: Recipe) -> tuple[Floats, Floats]:
        """Where a recipe leads: styles, float32 (scales + 1, style), and noise, float32 (noise, cells, cells).

        Raises RecipeError when the recipe belongs to a generator of another shape or with other directions.
        """
        mean = self._mapping["style_mean"]
        styles, noise = self._origin(recipe)
        for step in recipe.near:
            towards = Recipe(step.seed, recipe.truncation, recipe.cells)
            keep = np.float32(np.sqrt(1 - step.distance**2))  # variances add up to one: no step leads to duller fabrics
            styles = mean + keep * (styles - mean) + np.float32(step.distance) * (self.style(towards) - mean)
            noise = keep * noise + np.float32(step.distance) * self._noise(towards, motif_of(noise))
        return self._edit(styles, recipe.edits), noise

    def _origin(self, recipe: Recipe) -> tuple[Floats, Floats]:
        """Styles, drawn towards the mean, and noise of a seed, a latent or a mix."""
        if recipe.mix:
            styles, noise = self._blend(recipe.mix, recipe.cells)
        elif recipe.latent:
            styles, noise = self._read_styles(recipe.latent), self._noise(recipe, self.motif(recipe))
        else:
            return self._spread(self.style(recipe)), self._noise(recipe, self.motif(recipe))
        if recipe.truncation != 1:
            mean = self._mapping["style_mean"]
            styles = mean + np.float32(recipe.truncation) * (styles - mean)
        return styles, noise

    def motif(self, recipe: Recipe) -> int:
        """After how many cells the motif of this recipe repeats: what it says, else one of the generator's, chosen by the seed."""
        if recipe.motif:
            return recipe.motif
        fitting = [cells for cells in self.settings.motifs if recipe.cells % cells == 0]
        if not fitting:
            return recipe.cells
        return fitting[int(np.random.RandomState([recipe.seed, 1]).randint(len(fitting)))]

    def _noise(self, recipe: Recipe, motif: int) -> Floats:
        noise = self.draw_latent(recipe)[1]
        return lay_motif(noise, motif)

    def _blend(self, mix: Mix, cells: int) -> tuple[Floats, Floats]:
        """Styles and noise between two parents; the motif repeats as that of the parent who gives more of the structure."""
        (styles, noise), (other_styles, other_noise) = self.latent(mix.first), self.latent(mix.second)
        weights = [mix.structure] * STRUCTURE_SCALES + [mix.style] * (self._layers - STRUCTURE_SCALES)
        ends = wrap_noise(noise, cells), wrap_noise(other_noise, cells)
        motif = motif_of(ends[mix.structure > 0.5])
        one, other = (wrap_noise(end[:, :motif, :motif], cells) for end in ends)
        return self._turn_styles(styles, other_styles, weights), turn(one, other, mix.structure)

    def _turn_styles(self, styles: Floats, other: Floats, weights: Sequence[float]) -> Floats:
        """Each layer from one style to another on an arc about the mean; a straight line would pass duller fabrics half-way."""
        mean = self._mapping["style_mean"]
        ends = {0.0: styles, 1.0: other}
        return np.stack(
            [
                ends[weight][i] if weight in ends else mean + turn(styles[i] - mean, other[i] - mean, weight)
                for i, weight in enumerate(weights)
            ]
        )

    def _read_styles(self, latent: str) -> Floats:
        values, wide = decode_latent(latent), self.settings.style
        if len(values) == wide:
            return self._spread(values)
        if len(values) != wide * self._layers:
            raise RecipeError("The latent of this recipe belongs to another generator.")
        return values.reshape(self._layers, wide)

    def _edit(self, styles: Floats, edits: Sequence[tuple[str, float]]) -> Floats:
        if not edits:
            return styles
        edited = styles.copy()
        for name, amount in edits:
            if name not in self.directions:
                raise RecipeError(
                    f"This generator has no direction named {name}; the recipe belongs to another version."
                )
            direction = self.directions[name]
            edited[list(direction.layers)] += np.float32(amount) * direction.vector
        return edited

    def _spread(self, style: Floats) -> Floats:
        return np.repeat(style[None], self._layers, axis=0)

    @property
    def _layers(self) -> int:
        return len(self.settings.widths) + 1

    def separations(self, recipes: Sequence[Recipe]) -> list[Separations]:
        """The ink separations of recipes that share their number of cells, merged and coloured. Raises RecipeError."""
        latents = [self.latent(recipe) for recipe in recipes]
        drawn = self.separations_of(
            np.stack([styles for styles, _ in latents]), np.stack([noise for _, noise in latents])
        )
        return [dress(each, recipe) for each, recipe in zip(drawn, recipes, strict=True)]

    def separations_of(self, styles: Floats, noise: Floats) -> list[Separations]:
        """Separations of explicit styles, float32 (N, scales + 1, style), and noise, float32 (N, noise, cells, cells).

        Shifting the noise cyclically by a cell shifts the drawing by CELL_PIXELS. Fabrics whose noise repeats after as many cells go
        through the net together.
        """
        motifs = [motif_of(one) for one in noise]
        waves = scaled_waves(self.settings.waves, noise.shape[-1], self.settings.figures)
        drawn: dict[int, Separations] = {}
        for motif in sorted(set(motifs)):
            chosen = [i for i, cells in enumerate(motifs) if cells == motif]
            closed = close_waves(waves, noise.shape[-1], motif)
            parts = self._run(styles[chosen], noise[chosen], closed, *wave_angles(noise[chosen], motif))
            drawn |= dict(zip(chosen, parts, strict=True))
        return [drawn[i] for i in range(len(noise))]

    def block(self, recipe: Recipe) -> Separations:
        """The separations of the smallest block that repeats by plain translation, as the recipe's repeat asks.

        (inks, S, S) for a straight repeat or a mirror, (inks, S, 2S) for a half-drop, (inks, 2S, S) for a half-brick.
        """
        styles, noise = self.latent(recipe)
        laid = lay_noise(noise, recipe.repeat)
        drawn = self._run(styles[None], laid[None], *repeat_waves(self.settings, noise, recipe.repeat))
        return dress(drawn[0], recipe)

    def _run(self, styles: Floats, noise: Floats, waves: Floats, angle_y: Floats, angle_x: Floats) -> list[Separations]:
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

    def draw_block(self, recipe: Recipe, size: int = 256) -> Bytes:
        """The block that repeats by plain translation, uint8 (height, width, 3), its tiles ``size`` px a side, an even number."""
        check_size(size)
        return lay_mirror(print_separations(self.block(recipe), size), recipe.repeat)

    def map_latents(self, z: Floats) -> Floats:
        """The mapping network in NumPy: z, float32 (N, latent), → w (N, style) of unit root mean square."""
        w = _unit(z)
        w = w @ self._mapping["mapping.layers.0.weight"].T + self._mapping["mapping.layers.0.bias"]
        w = np.where(w > 0, w, np.float32(0.2) * w)
        w = w @ self._mapping["mapping.layers.1.weight"].T + self._mapping["mapping.layers.1.bias"]
        return _unit(w)


def _unit(x: Floats) -> Floats:
    scaled: Floats = x / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + np.float32(1e-8))
    return scaled


@functools.lru_cache(maxsize=16)
def load_generator(category: str) -> FabricGenerator:
    """The bundled generator of a category, loaded once. Raises ModelFileError, naming those there are, on another name."""
    model = bundled_model("textiles", category)
    directions, encoder = model.files.get("directions"), model.files.get("encoder")
    return FabricGenerator.load(model.files["weights"], model.files["onnx"], directions, encoder)


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
