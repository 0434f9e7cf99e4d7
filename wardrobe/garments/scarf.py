"""A scarf, laid around the neck: both ends hang down before, in folds."""

from __future__ import annotations

from functools import partial

import numpy as np

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment
from wardrobe.pattern import Array, Piece, curve

ABOUT = About("scarf", "Scarf", "accessory", 14.0, 25, "A long wool scarf, thrown around the neck and left to hang.")
WIDE, LONG = 28.0, 172.0
PATH = np.array(  # the middle of the scarf from end to end: x, y, z
    [
        (7.5, -18.0, 80.0),
        (7.5, -17.5, 118.0),
        (8.0, -16.0, 134.0),
        (9.0, -9.0, 146.0),
        (9.5, 1.0, 149.5),
        (5.5, 10.0, 151.0),
        (-5.5, 10.0, 151.0),
        (-9.5, 1.0, 149.5),
        (-9.0, -9.0, 146.0),
        (-8.0, -16.0, 134.0),
        (-7.5, -17.5, 118.0),
        (-7.5, -18.0, 72.0),
    ]
)
FOLDS, GATHER = 4, 0.42


def place(u: Array, v: Array) -> Array:
    """Gathered to less than half its width in folds, the folds side by side across the way the scarf runs."""
    path = curve3(PATH)
    step = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = v / LONG * step[-1]
    middle = np.stack([np.interp(at, step, path[:, each]) for each in range(3)], axis=1)
    way = np.stack([np.interp(at, step, np.gradient(path[:, each], step)) for each in range(3)], axis=1)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    out = middle - np.stack([np.zeros(len(v)), np.full(len(v), 1.0), middle[:, 2]], axis=1)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    across = np.cross(way, out)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    fold = 1.7 * np.cos(u / WIDE * FOLDS * 2 * np.pi)
    return np.asarray(middle + across * (u * GATHER)[:, None] + out * (fold + 2.0)[:, None], dtype=np.float64)


def curve3(points: Array) -> Array:
    """Smoothly through points in space."""
    from scipy.interpolate import PchipInterpolator

    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return np.asarray(PchipInterpolator(at, points)(np.linspace(0, at[-1], 400)), dtype=np.float64)


def make() -> Garment:
    half = WIDE / 2
    edges = {
        "end": curve((-half, 0), (half, 0)),
        "right": curve((half, 0), (half, LONG)),
        "finish": curve((half, LONG), (-half, LONG)),
        "left": curve((-half, LONG), (-half, 0)),
    }
    return Garment(
        ABOUT,
        [Piece("scarf", "body", edges, place, origin=(0, -LONG / 2))],
        [],
        partial(body, "man", None),
        Fabric(steps=20, bend=2e-3, friction=0.9, thick=0.6),
        spacing=1.35,
        frames=90,
        closing=5,
        grey=0.5,
        hem=0.6,
        thickness=0.3,
        grain=0.012,
        wall=50.0,
        facts={"weaves": {"body": "twill"}},
    )
