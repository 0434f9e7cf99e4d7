"""What the Studio draws, presses and keeps. Pictures of a recipe are the same for ever; heavy files are made one at a time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from typing import IO, TYPE_CHECKING, cast

import numpy as np
from django.conf import settings

from patterns.memory import Memory
from patterns.metrics import stage
from patterns.models import GeneratorVersion
from patterns.services import LARGEST_SEED, SHOWN_QUALITY, generator_for
from patterns.slots import Slots, model_slots
from patterns.uploads import read_upload

if TYPE_CHECKING:
    from ml.images import Bytes
    from ml.textiles.invert import Found
    from ml.textiles.palette import Swatch
    from ml.textiles.recipe import Recipe
    from ml.textiles.separations import Separations

NEIGHBOURS = 6
LOOP_STEPS, LOOP_SIZE = 18, 256
TILE_SIZE, SHEET_TILE = 512, 256  # pixels a side of a tile alone, and of one among nine
GROUND = 0.9  # the grey on which the weave is sent to the browser, away from black and white so that nothing is cut off
COLOURS_TAKEN = 6  # from an uploaded picture
_blocks: Memory[Separations] = Memory(48, 96 * 1024 * 1024, lambda each: each.logits.nbytes + each.weave.nbytes)


@cache
def heavy_slots() -> Slots:
    """One print file, animation or search at a time in this process: a file of 8192 px needs most of a gigabyte."""
    return Slots(1, settings.MODEL_WAIT_SECONDS)


def block_of(version: GeneratorVersion, recipe: Recipe) -> Separations:
    """The separations of the smallest block that repeats by plain translation. Raises MlError, Busy."""
    key = (version.weights_sha256, version.onnx_sha256, recipe.to_json())
    known = _blocks.recall(key)
    if known is not None:
        return known
    with model_slots().take(), stage("generate"):
        drawn = generator_for(version).block(recipe)
    _blocks.keep(key, drawn)
    return drawn


def swatches_of(version: GeneratorVersion, recipe: Recipe) -> list[Swatch]:
    from ml.textiles.palette import swatches

    return swatches(block_of(version, recipe))


def draw_block(version: GeneratorVersion, recipe: Recipe, size: int) -> Bytes:
    """The block that repeats, uint8, its tiles ``size`` px a side. Raises MlError, Busy."""
    from ml.textiles.separations import lay_mirror, print_separations

    drawn = block_of(version, recipe)
    with model_slots().take():
        return lay_mirror(print_separations(drawn, size), recipe.repeat)


def encode_block(version: GeneratorVersion, recipe: Recipe, size: int) -> bytes:
    """The block as PNG, exact. The same version, recipe and size give the same bytes, on every run."""
    from ml.encode import Mark, encode_png

    return encode_png(draw_block(version, recipe, size), Mark.GENERATED)


def show_block(version: GeneratorVersion, recipe: Recipe, size: int) -> bytes:
    """The block for a page to show, as WebP."""
    from ml.encode import Mark, encode_webp

    return encode_webp(draw_block(version, recipe, size), SHOWN_QUALITY, Mark.GENERATED)


def draw_preview(version: GeneratorVersion, recipe: Recipe, view: str) -> bytes:
    """What lies on the table, as WebP: the block ("tile"), or three by three tiles of cloth ("sheet")."""
    from ml.encode import Mark, encode_webp

    if view == "tile":
        picture = draw_block(version, recipe, TILE_SIZE)
    else:
        picture = lay_sheet(draw_block(version, recipe, SHEET_TILE), 3 * SHEET_TILE)
    return encode_webp(picture, SHOWN_QUALITY, Mark.GENERATED)


def lay_sheet(block: Bytes, side: int) -> Bytes:
    """A block, (H, W, 3), side by side until it covers a square, (side, side, 3)."""
    down, across = -(-side // block.shape[0]), -(-side // block.shape[1])
    return np.ascontiguousarray(np.tile(block, (down, across, 1))[:side, :side])


def draw_inks(version: GeneratorVersion, recipe: Recipe) -> bytes:
    """For recolouring in the browser: a grey PNG of planes below each other, the share of each ink that prints, then the weave.

    The last plane is the cloth in one flat grey of ``GROUND``: the weave's light is what lies above or below that.
    """
    from ml.encode import Mark, encode_png_quickly
    from ml.textiles.separations import ink_layers, print_separations

    drawn = block_of(version, recipe)
    with model_slots().take():
        grey = replace(drawn, palette=np.full_like(drawn.palette, GROUND))
        planes = [*ink_layers(drawn, TILE_SIZE), print_separations(grey, TILE_SIZE)[..., 0]]
    return encode_png_quickly(np.ascontiguousarray(np.concatenate(planes)), Mark.GENERATED)


def draw_loop(version: GeneratorVersion, first: Recipe, second: Recipe) -> bytes:
    """There and back between two fabrics as animated WebP. Raises MlError, Busy."""
    from ml.textiles.generate import FabricGenerator
    from ml.textiles.morph import draw_strip, encode_loop

    with heavy_slots().take():
        generator = cast(FabricGenerator, generator_for(version))
        return encode_loop(draw_strip(generator, first, second, LOOP_STEPS, LOOP_SIZE))


def picture_etag(kind: str, version: GeneratorVersion, recipe: Recipe) -> str:
    """Known without drawing: everything that decides the bytes."""
    parts = (kind, version.weights_sha256, version.onnx_sha256, version.directions_sha256, recipe.to_json())
    return f'"{hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]}"'


def neighbours(recipe: Recipe, distance: float, others: int) -> list[Recipe]:
    """Six small steps away; ``others`` counts how often six others were asked for. Raises RecipeError after too many steps."""
    return [recipe.nearby(_seed_of(f"{recipe.to_json()}|{others}|{place}"), distance) for place in range(NEIGHBOURS)]


def _seed_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % (LARGEST_SEED + 1)


def colours_of_upload(file: IO[bytes], length: int) -> list[str]:
    """The main colours of a stranger's picture, "#rrggbb", the largest first. Raises UploadError."""
    from ml.textiles.palette import colours_of_picture

    picture = read_upload(file, length).pixels
    with model_slots().take():
        return [colour for colour, _ in colours_of_picture(picture, COLOURS_TAKEN)]


def find_in_upload(version: GeneratorVersion, file: IO[bytes], length: int) -> Found:
    """The fabric of a version that comes closest to a stranger's picture. Raises UploadError, MlError, Busy."""
    from ml.textiles.generate import FabricGenerator
    from ml.textiles.invert import find_fabric

    picture = read_upload(file, length).pixels
    with heavy_slots().take():
        return find_fabric(cast(FabricGenerator, generator_for(version)), picture)
