"""A canvas tote bag, hanging by its handles."""

from __future__ import annotations

from functools import partial

import numpy as np

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import lump
from wardrobe.make import Garment
from wardrobe.pattern import Array, Piece, Seam, curve

ABOUT = About("tote-bag", "Tote bag", "accessory", 20.5, 23, "A sturdy canvas tote with long handles.")
HALF, HIGH, TOP = 19.0, 40.0, 60.0
NEAR, FAR, WIDE, HANDLE = 7.6, 10.4, 1.4, 62.0


def panel(name: str) -> Piece:
    """Front or back, handles sewn to its upper edge."""
    way = 1 if name == "front" else -1

    def place(u: Array, v: Array) -> Array:
        return np.stack([way * u, -way * (5.5 - 3.5 * (u / HALF) ** 2), TOP - v], axis=1)

    marks = (-HALF, -FAR, -NEAR, NEAR, FAR, HALF)
    names = ("top-a", "left-end", "top-b", "right-end", "top-c")
    edges = {each: curve((a, 0), (b, 0)) for each, a, b in zip(names, marks, marks[1:], strict=False)}
    edges |= {
        "right": curve((HALF, 0), (HALF, HIGH)),
        "bottom": curve((HALF, HIGH), (-HALF, HIGH)),
        "left": curve((-HALF, HIGH), (-HALF, 0)),
    }
    return Piece(name, "body", edges, place)


def handle(name: str) -> Piece:
    """An arch from the left end to the right one, seen from its own side."""
    way = 1 if name == "front" else -1
    middle, low, high = (NEAR + FAR) / 2, HANDLE / 2 - 3, HANDLE / 2 + 3

    def place(u: Array, v: Array) -> Array:
        angle = v / HANDLE * np.pi
        along = np.stack([middle * np.sin(angle), 27 * np.cos(angle)])
        along /= np.linalg.norm(along, axis=0)
        x, z = -middle * np.cos(angle) - u * along[1], TOP + 27 * np.sin(angle) + u * along[0]
        return np.stack([way * x, np.full_like(x, -way * 1.6), z], axis=1)

    edges = {
        "start": curve((-WIDE, 0), (WIDE, 0)),
        "right-a": curve((WIDE, 0), (WIDE, low)),
        "right-mid": curve((WIDE, low), (WIDE, high)),
        "right-b": curve((WIDE, high), (WIDE, HANDLE)),
        "finish": curve((WIDE, HANDLE), (-WIDE, HANDLE)),
        "left-b": curve((-WIDE, HANDLE), (-WIDE, high)),
        "left-mid": curve((-WIDE, high), (-WIDE, low)),
        "left-a": curve((-WIDE, low), (-WIDE, 0)),
    }
    return Piece(f"{name}-handle", "handles", edges, place, (60.0 * way, 0), stiffness=6.0)


def make() -> Garment:
    seams = [Seam("front.right", "back.left"), Seam("front.left", "back.right"), Seam("front.bottom", "back.bottom")]
    pinned: list[str] = []
    for name in ("front", "back"):
        seams += [Seam(f"{name}.left-end", f"{name}-handle.start"), Seam(f"{name}.right-end", f"{name}-handle.finish")]
        pinned += [f"{name}-handle.right-mid", f"{name}-handle.left-mid"]
    return Garment(
        ABOUT,
        [panel("front"), panel("back"), handle("front"), handle("back")],
        seams,
        partial(lump, (16.0, 4.6, 17.0), (0.0, 0.0, TOP - 22.0)),
        Fabric(steps=12, bend=2e-6, friction=0.1),
        spacing=1.15,
        frames=90,
        pinned=tuple(pinned),
        grey=0.6,
        hem=2.5,
        thickness=0.2,
        grain=0.012,
        wall=22.0,
    )
