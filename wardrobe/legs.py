"""What trousers and shorts share: four panels, sewn at the sides, inside the legs and down the middle, on a waistband."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, ring
from wardrobe.pattern import Array, Piece, Place, Seam, banded, curve, mirrored


@dataclass(frozen=True)
class Legs:
    """cm; waist, hip, knee, hem: widths of one front panel there. The back is ``more`` wider."""

    long: float
    waist: float = 21.6
    hip: float = 24.6
    knee: float = 23.0
    hem: float = 21.0
    crotch: float = 29.5
    point: float = 5.5
    more: float = 1.6
    top: float = 104.0
    band: float = 4.0


SEAT = 3.5  # how much further the back reaches between the legs


def middle(cut: Legs) -> float:
    return (cut.hip - cut.point * 0.4) / 2


def low_crotch(cut: Legs) -> float:
    """Where the back's crotch lies, so that its inside is as long as the front's."""
    out = middle(cut) - cut.hem / 2
    long = np.hypot(cut.long - cut.crotch, out + cut.point)
    return float(cut.long - np.sqrt(long**2 - (out + cut.point + SEAT) ** 2))


def panel(cut: Legs, front: bool, right: bool) -> Piece:
    """One panel; ``right`` is the right leg as one sees it from before."""
    more = 0.0 if front else cut.more
    reach = cut.point + (0.0 if front else SEAT)
    mid = middle(cut) + more / 2  # of the leg
    crotch = cut.crotch if front else low_crotch(cut)
    knee = min(58.0, cut.long * 0.6 + 12)
    down = [(mid + cut.knee / 2 + more / 2, knee)] if cut.long > 70 else []
    up = [(mid - cut.knee / 2 - more / 2, knee)] if cut.long > 70 else []
    lines = {
        "waist": curve((0, 0), (cut.waist + more, 0)),
        "side": curve(
            (cut.waist + more, 0),
            (cut.hip + more - 0.9, 10),
            (cut.hip + more, 21),
            *down,
            (mid + cut.hem / 2 + more / 2, cut.long),
        ),
        "hem": curve((mid + cut.hem / 2 + more / 2, cut.long), (mid - cut.hem / 2 - more / 2, cut.long)),
        "inside": curve((mid - cut.hem / 2 - more / 2, cut.long), *up, (-reach, crotch)),
        "middle": curve((-reach, crotch), (-reach * 0.4, crotch - 3.0), (0, cut.crotch - 11), (0, 0)),
    }
    if right != front:  # seen from behind, the right leg is on the left
        lines = {name: mirrored(line) for name, line in reversed(lines.items())}
        lines = {name: lines[name] for name in ("waist", "middle", "inside", "hem", "side")}
    name = f"{'right' if right else 'left'}-{'front' if front else 'back'}"
    return Piece(name, "legs", lines, before(cut, front, right))


def before(cut: Legs, front: bool, right: bool) -> Place:
    """A hand's breadth before or behind the legs."""

    def place(u: Array, v: Array) -> Array:
        way = 1 if front else -1
        open_ = 1.5 * (1 if right == front else -1)
        bent = 15.5 - 4.0 * (np.abs(u) / 26) ** 2
        return np.stack([way * (u + open_), -way * bent, cut.top - cut.band - v], axis=1)

    return place


def legs(cut: Legs) -> tuple[list[Piece], list[Seam]]:
    panels = {(front, right): panel(cut, front, right) for front in (True, False) for right in (True, False)}
    half = cut.waist * 0.985
    order = [
        ("left-front", half),
        ("right-front", half),
        ("right-back", half + cut.more),
        ("left-back", half + cut.more),
    ]
    total = sum(width for _, width in order)
    band = Piece(
        "band",
        "waistband",
        banded(order, cut.band),
        ring(cut.top, total, 2 * half, 16.0, 11.9, 0.2),
        (0, -60.0),
        stiffness=20.0,
    )
    seams = [Seam(f"{name}.waist", f"band.{name}") for name, _ in order]
    seams += [
        Seam("band.end", "band.start"),
        Seam("left-front.middle", "right-front.middle"),
        Seam("left-back.middle", "right-back.middle"),
    ]
    for side in ("left", "right"):
        seams += [Seam(f"{side}-front.side", f"{side}-back.side"), Seam(f"{side}-front.inside", f"{side}-back.inside")]
    return [*panels.values(), band], seams


def garment(about: About, cut: Legs, fabric: Fabric, spacing: float, frames: int, grey: float) -> Garment:
    """Twill on a man's form, held at the waistband."""
    pieces, seams = legs(cut)
    return Garment(
        about,
        pieces,
        seams,
        partial(body, "man", None, legs="apart"),
        fabric,
        spacing=spacing,
        frames=frames,
        closing=40,
        pinned=("band.top",),
        grey=grey,
        facts={"weaves": {"legs": "twill"}},
        wall=55.0,
    )
