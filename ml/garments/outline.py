"""A mask as outlines for the page: SVG paths in photo pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_WORKING_SIDE = 1000


def outline_paths(
    mask: npt.NDArray[Any], size: tuple[int, int], *, tolerance: float = 0.0015, smallest: float = 0.0003
) -> list[str]:
    """Outlines of a mask, bool or number (h, w), as SVG path data, largest first.

    ``size`` is (width, height) of the coordinates wanted, usually the photo's. Each path is one connected piece with
    its holes (draw with ``fill-rule="evenodd"``), simplified to ``tolerance`` of the longer side (Douglas and Peucker
    1973); pieces below ``smallest`` of the picture are left out.
    """
    import cv2

    shape = (mask != 0).astype(np.uint8)
    shrink = min(1.0, _WORKING_SIDE / max(shape.shape))
    if shrink < 1.0:
        wanted = (max(round(shape.shape[1] * shrink), 1), max(round(shape.shape[0] * shrink), 1))
        shape = (cv2.resize(shape * 255, wanted, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
    height, width = shape.shape
    contours, tree = cv2.findContours(shape, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return []
    scale = np.array([size[0] / width, size[1] / height])
    limit = smallest * height * width
    pieces = []
    for number, contour in enumerate(contours):
        area = cv2.contourArea(contour)
        if tree[0][number][3] >= 0 or area < limit:
            continue
        holes = [contours[child] for child in range(len(contours)) if tree[0][child][3] == number]
        kept = [contour, *(hole for hole in holes if cv2.contourArea(hole) >= limit)]
        rings = [_ring(line, tolerance * max(height, width), scale) for line in kept]
        pieces.append((area, " ".join(ring for ring in rings if ring)))
    return [path for _, path in sorted(pieces, key=lambda piece: -piece[0]) if path]


def _ring(contour: npt.NDArray[np.int32], tolerance: float, scale: npt.NDArray[np.float64]) -> str:
    """One closed line, "M x y L x y ... Z", or nothing when it has no area left."""
    import cv2

    points = cv2.approxPolyDP(contour, tolerance, True)[:, 0, :]
    if len(points) < 3:
        return ""
    placed = (points + 0.5) * scale
    steps = [f"{x:.1f} {y:.1f}" for x, y in placed]
    return f"M{steps[0]}L{'L'.join(steps[1:])}Z"
