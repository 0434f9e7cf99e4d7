"""What skirts share: front and back sewn at the sides, on a waistband closed at one end."""

from __future__ import annotations

from wardrobe.make import ring
from wardrobe.pattern import Piece, Seam, strip


def waistband(share: float, deep: float, top: float, size: tuple[float, float, float], below: float) -> Piece:
    """cm. A strip whose front and back halves are ``share`` long; ``size``: the ring it begins as; ``below``: where its cloth lies."""
    outline = strip(2 * share, share, deep)
    return Piece("band", "waistband", outline, ring(top, 2 * share, share, *size), (0, below), stiffness=20.0)


def seams() -> list[Seam]:
    return [
        Seam("front.right-side", "back.left-side"),
        Seam("front.left-side", "back.right-side"),
        Seam("front.waist", "band.front-low"),
        Seam("back.waist", "band.back-low"),
        Seam("band.end", "band.start"),
    ]
