"""Mend a mask by hand: strokes are hints, and a graph cut finds how far each of them reaches.

The picture, at most 512 pixels on its longer side, is divided into a few thousand cells whose borders follow its edges
(waterpixels: Machairas et al., Waterpixels, 2015). A stroke says that the cells under it are the garment, or are not.
The others decide by a minimum cut (Boykov and Jolly, Interactive Graph Cuts, 2001): what the net believed, whether
their colours are rather those under the strokes or those of the rest, and how unlike their neighbours are. A stroke
only ever adds, or only ever takes away, and reaches only what it touches. NumPy in and out; no torch.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import MendError
from ml.garments.names import NAMES, value_of
from ml.images import Bytes, Floats

SIDE = 512
CELL = 6  # pixels between the middles of neighbouring cells
MOST_POINTS = 2000
RADIUS = (0.002, 0.25)  # of the longer side
MOST_PIXELS = 24  # that a garment grows or shrinks by at once

_LEVELS = 31  # probabilities are kept in so many steps
_OWN = 0.5  # how much the mask as it is counts beside what the net believed
_SURE = (0.02, 0.98)  # nothing the net says is beyond doubt once a person has spoken
_LIKE_COLOUR, _LIKE_BELIEF = 0.005, 2000.0  # how fast two neighbours are told apart by colour (Lab) and by belief
_BOND = 20.0  # what cutting two like neighbours apart costs, against a cell's own opinion
_LEAST_BOND = 1e-3
_BIN, _BLUR = 8, 0.65  # colour table: Lab values a bin, blur in bins
_COLOUR_CLIP = 4.0  # nats
_COVERED = 0.34  # a cell is under a stroke when so much of it is
_UNITS = 1000  # the cut counts in whole numbers

Bools = npt.NDArray[np.bool_]
Wholes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Stroke:
    """A hint for one garment. ``points`` (x, y) are shares of width and height, 0-1; one point is a tap.

    ``radius`` is a share of the longer side, 0.002 to 0.25. An ``exact`` stroke paints its own pixels and no others.
    Raises MendError for values out of range, an unknown garment, no point or more than 2000.
    """

    garment: str
    adds: bool
    points: tuple[tuple[float, float], ...]
    radius: float
    exact: bool = False

    def __post_init__(self) -> None:
        value_of(self.garment)
        if not 1 <= len(self.points) <= MOST_POINTS:
            raise MendError(f"A stroke has between 1 and {MOST_POINTS} points: draw it in shorter pieces.")
        if not all(math.isfinite(value) and 0 <= value <= 1 for point in self.points for value in point):
            raise MendError("A stroke lies outside the picture: draw on the picture itself.")
        if not RADIUS[0] <= self.radius <= RADIUS[1]:
            raise MendError("The brush is too small or too large: choose a size the slider offers.")


@dataclass(frozen=True)
class Workbench:
    """A picture made ready for mending; never changed.

    cells: int32 (h, w), the cell of each pixel. sizes: (n,) pixels. beliefs: float32 (n, C) the net's probabilities.
    colours: int32 (n,) places in the colour table. first, second, bonds: the pairs of neighbours (e,) and what holds
    them together. bare: uint8 (h, w), background or body, whichever the net would rather see where cloth is taken away.
    """

    cells: Wholes
    sizes: Floats
    beliefs: Floats
    colours: Wholes
    first: Wholes
    second: Wholes
    bonds: Floats
    bare: Bytes

    @property
    def shape(self) -> tuple[int, int]:
        """Height, width of the label pictures mended here."""
        return self.cells.shape[0], self.cells.shape[1]

    def mean(self, values: npt.NDArray[Any]) -> Floats:
        """The mean of a picture, (h, w), over each cell: float32 (n,)."""
        sums = np.bincount(self.cells.ravel(), values.ravel(), len(self.sizes))
        return np.asarray(sums / self.sizes, dtype=np.float32)


def bench_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a picture is mended: its shape, at most 512 on the longer side."""
    scale = min(1.0, SIDE / max(width, height))
    return max(round(width * scale), 1), max(round(height * scale), 1)


def prepare_workbench(photo: Bytes, probabilities: Floats) -> Workbench:
    """Photo uint8 (H, W, 3) of any size and the net's float32 probabilities (C, h, w) → what strokes are worked on."""
    import cv2

    width, height = bench_size(photo.shape[1], photo.shape[0])
    small = np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    calm = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), dtype=np.uint8)
    lab = np.asarray(cv2.cvtColor(calm, cv2.COLOR_RGB2LAB), dtype=np.float32)
    cells, count = divide(calm, lab)
    sizes = np.bincount(cells.ravel(), minlength=count).astype(np.float32)
    planes = np.ascontiguousarray(probabilities.transpose(1, 2, 0))
    grown = np.asarray(cv2.resize(planes, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    beliefs, means = _means(cells, grown, sizes), _means(cells, lab, sizes)
    first, second, lengths = _neighbours(cells, count)
    apart = ((means[first] - means[second]) ** 2).sum(axis=1)
    apart += np.float32(_LIKE_BELIEF) * ((beliefs[first] - beliefs[second]) ** 2).sum(axis=1)
    bonds = (np.exp(-_LIKE_COLOUR * apart) + _LEAST_BOND) * lengths * (_BOND / CELL)
    bare = (grown[..., 1] > grown[..., 0]).astype(np.uint8)
    bins = np.clip(means / _BIN, 0, 256 // _BIN - 1).astype(np.int32)
    places = np.ravel_multi_index((bins[:, 0], bins[:, 1], bins[:, 2]), _table_shape()).astype(np.int32)
    return Workbench(cells, sizes, beliefs, places, first, second, bonds.astype(np.float32), bare)


def divide(calm: Bytes, lab: Floats) -> tuple[Wholes, int]:
    """Cells of a slightly blurred picture, uint8 (h, w, 3), and of its Lab colours: int32 (h, w) from 0, and their number.

    Each cell is flooded from the calmest pixel of its square in a grid; where two floods meet there is an edge.
    """
    import cv2

    height, width = lab.shape[:2]
    across, down = cv2.Sobel(lab, cv2.CV_32F, 1, 0), cv2.Sobel(lab, cv2.CV_32F, 0, 1)
    edges = np.pad(np.asarray((across * across + down * down).sum(axis=-1)), ((0, -height % CELL), (0, -width % CELL)))
    edges[height:], edges[:, width:] = np.inf, np.inf
    edges[0], edges[:, 0] = np.inf, np.inf
    edges[height - 1 :], edges[:, width - 1 :] = np.inf, np.inf
    tall, wide = edges.shape[0] // CELL, edges.shape[1] // CELL
    squares = edges.reshape(tall, CELL, wide, CELL).swapaxes(1, 2).reshape(tall, wide, CELL * CELL)
    calmest = squares.argmin(axis=-1)
    rows = np.arange(tall)[:, None] * CELL + calmest // CELL
    columns = np.arange(wide)[None] * CELL + calmest % CELL
    inside = np.isfinite(squares.min(axis=-1))
    count = int(inside.sum())
    if count < 2:
        raise MendError("The picture is too small to be mended: choose a larger photo.")
    seeds = np.zeros((height, width), dtype=np.int32)
    seeds[rows[inside], columns[inside]] = np.arange(1, count + 1)
    flooded = np.asarray(cv2.watershed(np.ascontiguousarray(calm), seeds), dtype=np.float32)
    while (flooded <= 0).any():  # the lines between the floods go to either side
        nearest = cv2.dilate(np.maximum(flooded, 0), np.ones((3, 3), np.uint8))
        flooded = np.where(flooded > 0, flooded, nearest)
    return flooded.astype(np.int32) - 1, count


def mend(bench: Workbench, labels: Bytes, stroke: Stroke, earlier: Iterable[Stroke] = ()) -> Bytes:
    """Labels, uint8 (h, w) on the workbench, after one more stroke; ``earlier`` ones keep what they said.

    An adding stroke turns pixels into its garment, whatever they were; a removing one turns pixels of its garment into
    background or body. Raises MendError when the labels are not of the workbench's size.
    """
    if labels.shape != bench.shape:
        raise MendError("This mask belongs to another picture.")
    value = value_of(stroke.garment)
    under, mine = rasterize(stroke, bench.shape), labels == value
    reached = under if stroke.exact else under | _reach(bench, mine, stroke, earlier)
    changed = (reached & ~mine) if stroke.adds else (reached & mine)
    if not stroke.exact:
        changed = _touching(changed, under, mine & stroke.adds)
    mended = labels.copy()
    mended[changed] = value if stroke.adds else bench.bare[changed]
    return mended


def _reach(bench: Workbench, mine: Bools, stroke: Stroke, earlier: Iterable[Stroke]) -> Bools:
    """Where the garment is (or, for a removing stroke, is not) by the cut, bool (h, w)."""
    said = _said(bench, stroke, earlier)
    believed = bench.beliefs[:, value_of(stroke.garment)] * (1 - _OWN) + _OWN * bench.mean(mine)
    believed = np.clip(believed, *_SURE)
    opinions = np.log(believed / (1 - believed)) + _colour_opinions(bench, believed, said)
    opinions = np.where(said == 0, opinions * bench.sizes / CELL**2, said * np.float32(1e4))
    inside = _cut(bench, opinions)
    return (inside if stroke.adds else ~inside)[bench.cells]


def _said(bench: Workbench, stroke: Stroke, earlier: Iterable[Stroke]) -> Floats:
    """What people said of each cell: 1 it is this garment, -1 it is not, 0 nothing; the last word counts."""
    said = np.zeros(len(bench.sizes), dtype=np.float32)
    for each in (*earlier, stroke):
        if each.garment != stroke.garment and not each.adds:
            continue
        under = bench.cells[rasterize(each, bench.shape)]
        covered = np.bincount(under, minlength=len(bench.sizes)) / bench.sizes
        cells = covered >= min(_COVERED, float(covered.max()) * 0.5)
        said[cells] = 1 if each.adds and each.garment == stroke.garment else -1
    return said


def _colour_opinions(bench: Workbench, believed: Floats, said: Floats) -> Floats:
    """Nats for each cell: is its colour rather one of the garment, or one of the rest? float32 (n,)."""
    likely = {}
    for side, members in ((1, believed > 0.5), (-1, believed <= 0.5)):
        trust = believed if side > 0 else 1 - believed
        weights = _to_one(np.where(members, trust * bench.sizes, 0)) + _to_one(np.where(said == side, bench.sizes, 0))
        likely[side] = _blurred(np.bincount(bench.colours, weights, math.prod(_table_shape())))[bench.colours]
    told = np.log((likely[1] + 1e-4) / (likely[-1] + 1e-4))
    return np.asarray(np.clip(told, -_COLOUR_CLIP, _COLOUR_CLIP), dtype=np.float32)


def _cut(bench: Workbench, opinions: Floats) -> Bools:
    """The cheapest division, bool (n,): cells against their opinions, neighbours against their bonds."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    count = len(opinions)
    garment, rest = count, count + 1
    cells = np.arange(count)
    wanted = opinions > 0
    tails = np.concatenate([bench.first, bench.second, np.full(int(wanted.sum()), garment), cells[~wanted]])
    heads = np.concatenate([bench.second, bench.first, cells[wanted], np.full(int((~wanted).sum()), rest)])
    held = np.concatenate([bench.bonds, bench.bonds, opinions[wanted], -opinions[~wanted]]) * _UNITS
    graph = coo_array((held.astype(np.int32) + 1, (tails, heads)), shape=(count + 2, count + 2)).tocsr()
    left = graph - maximum_flow(graph, garment, rest).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = np.zeros(count + 2, dtype=bool)
    reached[breadth_first_order(left, garment, return_predecessors=False)] = True
    return reached[:count]


def _touching(changed: Bools, under: Bools, mine: Bools) -> Bools:
    """The pieces of a change that the stroke touches, at once or through the garment it adds to."""
    import cv2

    joined = cv2.dilate((changed | under | mine).astype(np.uint8), np.ones((5, 5), np.uint8))
    count, pieces = cv2.connectedComponents(joined, connectivity=4)
    kept = np.zeros(count, dtype=bool)
    kept[np.unique(pieces[under])] = True
    touched: Bools = changed & kept[pieces]
    return touched


def grow_garment(bench: Workbench, labels: Bytes, garment: str, pixels: int) -> Bytes:
    """A garment grown by some pixels of the workbench over what is not clothes, or shrunk when ``pixels`` is below 0.

    Raises MendError beyond 24 pixels, or when the garment is not there.
    """
    import cv2

    value = value_of(garment)
    mine = (labels == value).astype(np.uint8)
    if not 0 < abs(pixels) <= MOST_PIXELS:
        raise MendError(f"A garment grows or shrinks by 1 to {MOST_PIXELS} pixels at a time.")
    if not mine.any():
        raise MendError("There is nothing of this garment yet: add a piece of it first.")
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(pixels) + 1, 2 * abs(pixels) + 1))
    mended = labels.copy()
    if pixels > 0:
        mended[(cv2.dilate(mine, disc) > 0) & (labels < 2)] = value
    else:
        lost = (mine > 0) & (cv2.erode(mine, disc, borderType=cv2.BORDER_REPLICATE) == 0)
        mended[lost] = bench.bare[lost]
    return mended


def garment_at(labels: Bytes, points: Iterable[tuple[float, float]]) -> str | None:
    """The garment most of these points, shares of width and height, lie on; None when that is no garment."""
    height, width = labels.shape
    under = [int(labels[min(int(y * height), height - 1), min(int(x * width), width - 1)]) for x, y in points]
    value = max(set(under), key=under.count)
    return NAMES[value] if value >= 2 else None


def rasterize(stroke: Stroke, shape: tuple[int, int]) -> Bools:
    """The pixels under a stroke, bool (h, w); at least one."""
    import cv2

    height, width = shape
    picture = np.zeros(shape, dtype=np.uint8)
    points = np.asarray(stroke.points, dtype=np.float64) * (width, height) - 0.5
    spots = np.clip(np.round(points), 0, (width - 1, height - 1)).astype(np.int32)
    radius = stroke.radius * max(shape)
    if len(spots) > 1:
        cv2.polylines(picture, [spots], False, 1, thickness=max(round(2 * radius), 1))
    for spot in (spots[0], spots[-1]):
        cv2.circle(picture, (int(spot[0]), int(spot[1])), round(radius), 1, -1)
    return picture > 0


def pack_probabilities(probabilities: Floats) -> bytes:
    """float32 (C, h, w) in [0, 1] → a few tens of kilobytes, in steps of 1/31: enough to mend by."""
    steps = np.rint(probabilities * _LEVELS).astype(np.uint8)
    head = np.asarray(steps.shape, dtype="<u2").tobytes()
    return head + zlib.compress(steps.tobytes(), 1)


def unpack_probabilities(content: bytes) -> Floats:
    """What :func:`pack_probabilities` made, as float32 (C, h, w). Raises MendError when it is anything else."""
    try:
        shape = tuple(int(side) for side in np.frombuffer(content[:6], dtype="<u2"))
        steps = np.frombuffer(zlib.decompress(content[6:]), dtype=np.uint8).reshape(shape)
    except (ValueError, zlib.error):
        raise MendError("What the net saw in this photo cannot be read: choose the photo again.") from None
    return steps.astype(np.float32) / np.float32(_LEVELS)


def _means(cells: Wholes, planes: Floats, sizes: Floats) -> Floats:
    """float32 (h, w, C) → the means over each cell, (n, C)."""
    flat, count = cells.ravel(), len(sizes)
    sums = [np.bincount(flat, planes[..., channel].ravel(), count) for channel in range(planes.shape[-1])]
    return np.asarray(np.stack(sums, axis=1) / sizes[:, None], dtype=np.float32)


def _neighbours(cells: Wholes, count: int) -> tuple[Wholes, Wholes, Floats]:
    """The pairs of cells that touch, int32 (e,) each, and how many pixels long their borders are."""
    pairs = []
    for one, other in ((cells[:, :-1], cells[:, 1:]), (cells[:-1], cells[1:])):
        differ = one != other
        low, high = np.minimum(one[differ], other[differ]), np.maximum(one[differ], other[differ])
        pairs.append(low.astype(np.int64) * count + high)
    codes, lengths = np.unique(np.concatenate(pairs), return_counts=True)
    return (codes // count).astype(np.int32), (codes % count).astype(np.int32), lengths.astype(np.float32)


def _table_shape() -> tuple[int, int, int]:
    return (256 // _BIN,) * 3


def _blurred(table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(table.reshape(_table_shape()), _BLUR, truncate=3.0, mode="constant").ravel())


def _to_one(weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return weights / max(float(weights.sum()), 1.0)
