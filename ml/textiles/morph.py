"""From one fabric to another: a strip of steps, and a preview that goes there and back for ever."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from ml.encode import Mark
from ml.errors import RecipeError
from ml.images import Bytes
from ml.textiles.generate import FabricGenerator
from ml.textiles.recipe import Recipe, mixed

MOST_STEPS = 60
FRAME_MS = 60
_AT_ONCE = 8  # fabrics that go through the net together


def morph_recipes(first: Recipe, second: Recipe, steps: int) -> list[Recipe]:
    """``steps`` recipes, 2 to 60, from the first to the second: style and noise turn together, evenly.

    All have the first one's cells, so that the drawing does not jump; the ends draw the parents when these have the same.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= MOST_STEPS:
        raise RecipeError(f"The number of steps must be a whole number from 2 to {MOST_STEPS}.")
    weights = [step / (steps - 1) for step in range(steps)]
    return [replace(mixed(first, second, weight, weight), cells=first.cells) for weight in weights]


def draw_strip(generator: FabricGenerator, first: Recipe, second: Recipe, steps: int, size: int = 256) -> Bytes:
    """The fabrics on the way, uint8 (steps, size, size, 3). Raises RecipeError."""
    recipes = morph_recipes(first, second, steps)
    parts = [generator.draw_many(recipes[i : i + _AT_ONCE], size) for i in range(0, steps, _AT_ONCE)]
    return np.concatenate(parts)


def encode_loop(frames: Sequence[Bytes] | Bytes, frame_ms: int = FRAME_MS) -> bytes:
    """An animated WebP that shows the frames, uint8 (H, W, 3) each, there and back without end, marked as made by a model.

    The ends are held a little, so that an eye can rest on both fabrics.
    """
    there = [Image.fromarray(frame) for frame in frames]
    order = there + there[-2:0:-1]
    times = [frame_ms] * len(order)
    times[0] = times[len(there) - 1] = 6 * frame_ms
    buffer = io.BytesIO()
    packet = Mark.GENERATED.packet.encode()
    options = {"duration": times, "loop": 0, "quality": 80, "method": 2, "xmp": packet}
    order[0].save(buffer, "WEBP", save_all=True, append_images=order[1:], **options)
    return buffer.getvalue()
