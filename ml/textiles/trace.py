"""A fabric as SVG: flat inks with sharp outlines, traced from its separations, seamless to the last digit.

The outline of an ink is where its share overtakes the others', found between the pixels by marching squares (contourpy, of the
matplotlib project). A square looks at its own four corners only, and those at one side of the tile are those at the other, so outlines meet
themselves across the seam exactly; the points where they cross it are kept when outlines are simplified. A tracer of
pictures (potrace, vtracer) fits curves to a whole outline and so cannot promise that.

Inks lie on each other in layers: the largest is the ground, and each layer carries all inks that are still to come, so that no
hairline of ground shows between two neighbours.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape  # nosec B406 (it writes, and reads nothing)

import cv2
import numpy as np
import numpy.typing as npt
from contourpy import FillType, contour_generator

from ml.encode import Mark
from ml.images import Floats
from ml.textiles.palette import Swatch, swatches, to_oklab
from ml.textiles.press import PrintPlan, check_block
from ml.textiles.repeats import BLOCKS
from ml.textiles.separations import Separations, ink_shares

GRID = 512  # places a side at which the shares are looked at
TOLERANCE = 0.12  # of a place: how far a simplified outline may stray
BLEED = 8  # places by which the ground reaches over the edge, so that no hairline shows between tiles laid side by side
_LIKENESS = 0.08  # OKLab: closer than this a melted colour passes for its flat ink
ENOUGH_FLAT = 0.8


def flatness(drawn: Separations) -> float:
    """The part of the cloth, 0 to 1, that looks about the same when every place takes only its strongest ink."""
    shares = ink_shares(drawn, GRID)
    palette = drawn.palette[drawn.inks]
    melted = np.tensordot(shares, palette, axes=(0, 0))
    flat = palette[shares.argmax(0)]
    distance = np.sqrt(np.sum((to_oklab(melted) - to_oklab(flat)) ** 2, axis=-1))
    return float((distance < _LIKENESS).mean())


def is_flat(drawn: Separations) -> bool:
    """Whether the SVG shows this fabric. Where inks melt into each other it does not, and a page should say so."""
    return flatness(drawn) >= ENOUGH_FLAT


def trace_svg(drawn: Separations, plan: PrintPlan, title: str = "Fabric") -> str:
    """What ``FabricGenerator.block`` drew as SVG of the plan's printed size. The weave is left out, melting becomes an edge."""
    check_block(drawn, plan)
    across, down = BLOCKS[plan.repeat]
    width, height = plan.size("cm")
    mark = Mark.GENERATED.packet.split("?>", 1)[1].rsplit("<?xpacket", 1)[0]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.4f}cm" height="{height:.4f}cm"'
        f' viewBox="0 0 {across * GRID} {down * GRID}">\n'
        f"<title>{escape(title)}</title>\n<metadata>{mark}</metadata>\n"
        f'<rect x="-{BLEED}" y="-{BLEED}" width="{across * GRID + 2 * BLEED}" height="{down * GRID + 2 * BLEED}"'
        f' fill="{_by_share(drawn)[0].colour}"/>\n<g id="tile">\n{_layers(drawn)}</g>\n{_reflections(plan.repeat)}</svg>\n'
    )


def _reflections(repeat: str) -> str:
    """The other three tiles of a mirror's block."""
    if repeat != "mirror":
        return ""
    flips = [(-1, 1, 2 * GRID, 0), (1, -1, 0, 2 * GRID), (-1, -1, 2 * GRID, 2 * GRID)]
    return "".join(f'<use href="#tile" transform="matrix({a} 0 0 {d} {e} {f})"/>\n' for a, d, e, f in flips)


def _by_share(drawn: Separations) -> list[Swatch]:
    return sorted(swatches(drawn), key=lambda swatch: -swatch.share)


def _layers(drawn: Separations) -> str:
    """A path for each layer above the ground, in places."""
    inks = _by_share(drawn)
    place = {ink: i for i, ink in enumerate(drawn.inks)}
    shares = ink_shares(drawn, GRID)
    svg = ""
    for level in range(1, len(inks)):
        above = [place[swatch.ink] for swatch in inks[level:]]
        below = [place[swatch.ink] for swatch in inks[:level]]
        outline = _outline(shares[above].max(0) - shares[below].max(0))
        if outline:
            svg += f'<path fill="{inks[level].colour}" fill-rule="evenodd" d="{outline}"/>\n'
    return svg


def _outline(lead: Floats) -> str:
    """Where ``lead``, (H, W), is above 0: an SVG path on [0, W] by [0, H]."""
    closed = np.pad(lead, ((0, 1), (0, 1)), mode="wrap")
    found: Any = contour_generator(z=closed, fill_type=FillType.OuterOffset).filled(0.0, np.inf)
    rings = [area[start:end] for area, offsets in zip(*found, strict=True) for start, end in pairwise(offsets)]
    return "".join(_ring_path(_simplified(ring, lead.shape[::-1])) for ring in rings)


def _simplified(ring: npt.NDArray[np.float64], size: tuple[int, ...]) -> Floats:
    """A closed ring (N, 2), first point = last, with fewer points (Douglas and Peucker 1973); those on the tile's edge stay."""
    points = ring[:-1].astype(np.float32)
    edge = np.any((points == 0) | (points == np.array(size)), axis=1)
    if not edge.any():
        return np.asarray(cv2.approxPolyDP(points, TOLERANCE, True)[:, 0])
    first = int(np.argmax(edge))
    points, edge = np.roll(points, -first, axis=0), np.roll(edge, -first)
    stops = [*np.flatnonzero(edge), len(points)]
    points = np.concatenate([points, points[:1]])
    parts = [cv2.approxPolyDP(points[a : b + 1], TOLERANCE, False)[:-1, 0] for a, b in pairwise(stops)]
    return _without_needless(np.concatenate(parts), size)


def _without_needless(points: Floats, size: tuple[int, ...]) -> Floats:
    """Points in the middle of a straight run along the tile's edge go."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    needless = np.zeros(len(points), bool)
    for axis, length in enumerate(size):
        for side in (0, length):
            needless |= (points[:, axis] == side) & (before[:, axis] == side) & (after[:, axis] == side)
    return points[~needless]


def _ring_path(points: Floats) -> str:
    if len(points) < 2:
        return ""
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points.tolist()) + "Z"
