"""Moving about in latent space, and styles as text: how a latent that no seed leads to travels in a recipe."""

from __future__ import annotations

import base64
import binascii

import numpy as np
import numpy.typing as npt

from ml.errors import RecipeError
from ml.images import Floats

LARGEST_VALUE = 16.0
LONGEST_LATENT = 16_384  # characters


def encode_latent(styles: npt.NDArray[np.floating]) -> str:
    """Styles, any shape, values within ±16, as base64 of little-endian float16 in C order.

    Half precision is part of the recipe: a style is rounded once, here, and from then on exact.
    Raises RecipeError on NaN or larger values.
    """
    text = base64.b64encode(np.ascontiguousarray(styles, dtype="<f2").tobytes()).decode()
    check_latent(text)
    return text


def decode_latent(text: str) -> Floats:
    """What :func:`encode_latent` wrote, as flat float32. Raises RecipeError."""
    check_latent(text)
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)


def check_latent(text: object) -> None:
    """Raise RecipeError unless ``text`` is empty or a latent that :func:`encode_latent` could have written."""
    if not isinstance(text, str) or len(text) > LONGEST_LATENT:
        raise RecipeError("The latent of a recipe must be a text of at most 16,384 characters.")
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise RecipeError("The latent of a recipe is not valid base64.") from None
    if len(content) % 2 or base64.b64encode(content).decode() != text:
        raise RecipeError("The latent of a recipe is not a row of 16-bit numbers.")
    values = np.frombuffer(content, "<f2")
    if not np.all(np.abs(values) <= LARGEST_VALUE):  # NaN compares as false
        raise RecipeError("The latent of a recipe must hold finite numbers from -16 to 16.")


def blend(one: Floats, other: Floats, weight: float) -> Floats:
    """Linear interpolation of two arrays of one shape; exactly an end at weight 0 or 1."""
    if weight in (0, 1):
        return other if weight else one
    blended: Floats = one + np.float32(weight) * (other - one)
    return blended


def turn(one: Floats, other: Floats, weight: float) -> Floats:
    """Spherical interpolation of two arrays of one shape (Shoemake 1985); exactly an end at weight 0 or 1.

    Linear interpolation of Gaussian noise would be too quiet half-way; a turn keeps its loudness.
    """
    if weight in (0, 1):
        return other if weight else one
    a, b = one.astype(np.float64), other.astype(np.float64)
    cosine = np.clip(np.sum(a * b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12), -1, 1)
    angle = float(np.arccos(cosine))
    if np.sin(angle) < 1e-4:  # the same direction, or opposite ones between which no way is shortest
        return blend(one, other, weight)
    turned = (np.sin((1 - weight) * angle) * a + np.sin(weight * angle) * b) / np.sin(angle)
    return np.asarray(turned, np.float32)


def wrap_noise(noise: Floats, cells: int) -> Floats:
    """Noise (C, n, n) on a torus of another number of cells, (C, cells, cells): cut off or repeated."""
    places = np.arange(cells) % noise.shape[-1]
    return noise[:, places[:, None], places[None, :]]
