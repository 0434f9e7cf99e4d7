"""How much three strokes mend, measured: ``python -m ml.garments.mend_figures`` on the tuning photos.

Somebody is imagined who looks for the largest wrong piece of a garment, draws one stroke along the middle of it (or
taps it once) and looks again. Mending is compared with painting the same strokes pixel by pixel and with GrabCut (Rother
et al. 2004) given the same hints. Garments are those that cover 1.5 % of the photo in truth.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import told_in_a_sentence
from ml.garments.config import CLASSES
from ml.garments.data import data_folder, read_pair, split_ids
from ml.garments.mend import Stroke, Workbench, bench_size, mend, prepare_workbench, rasterize
from ml.garments.metrics import mask_iou
from ml.garments.regions import clean_labels, grow_labels
from ml.garments.segment import load_segmenter
from ml.images import Bytes, resize_labels, resize_smooth

STROKES = 3
BRUSH = 8  # pixels of the workbench, at most
_SMALLEST_SHARE = 0.015
_SMALLEST_PIECE = 60  # pixels of the workbench: nobody mends less

Bools = npt.NDArray[np.bool_]
Way = Callable[["Case", Bytes, list[Stroke]], Bytes]


class Case:
    """A tuning photo at the workbench's size, with the truth and what the net made of it."""

    def __init__(self, data: Path, name: str) -> None:
        pair, segmenter = read_pair(data, name), load_segmenter()
        width, height = bench_size(pair.photo.shape[1], pair.photo.shape[0])
        probabilities = segmenter.probabilities(pair.photo)
        self.bench: Workbench = prepare_workbench(pair.photo, probabilities)
        self.photo = resize_smooth(pair.photo, width, height)
        self.truth = resize_labels(pair.labels, width, height)
        self.labels = grow_labels(clean_labels(probabilities, segmenter.steps), width, height)

    def garments(self) -> Iterator[str]:
        shares = np.bincount(self.truth.ravel(), minlength=len(CLASSES)) / self.truth.size
        yield from (name for index, name in enumerate(CLASSES) if 2 <= index < 8 and shares[index] > _SMALLEST_SHARE)


def next_stroke(truth: Bools, labels: Bools, garment: str, *, tap: bool) -> Stroke | None:
    """A stroke along the middle of the largest wrong piece (or a tap on it); None when all is well."""
    import cv2

    piece, adds = _largest_error(truth, labels)
    if piece.sum() < _SMALLEST_PIECE:
        return None
    depth: Any = cv2.distanceTransform(np.pad(piece.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    deepest = np.unravel_index(int(depth.argmax()), depth.shape)
    line = [(int(deepest[0]), int(deepest[1]))] if tap else _middle_line(piece, depth, deepest)
    radius = max(1.0, min(BRUSH, 0.7 * min(float(depth[spot]) for spot in line)))
    height, width = truth.shape
    points = tuple(((x + 0.5) / width, (y + 0.5) / height) for y, x in line)
    return Stroke(garment, adds, points, max(radius / max(height, width), 0.002))


def _largest_error(truth: Bools, labels: Bools) -> tuple[Bools, bool]:
    import cv2

    best, adds = np.zeros_like(truth), True
    for missing, wrong in ((True, truth & ~labels), (False, labels & ~truth)):
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8), connectivity=4)
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if len(stats) > 1 else 0
        if largest and stats[largest, cv2.CC_STAT_AREA] > best.sum():
            best, adds = pieces == largest, missing
    return best, adds


def _middle_line(piece: Bools, depth: Any, deepest: Any) -> list[tuple[int, int]]:
    """The longest way through the skeleton of the piece's core, without a fifth at either end."""
    import cv2
    import skimage.morphology
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    _, cores = cv2.connectedComponents((piece & (depth >= 0.4 * depth.max())).astype(np.uint8))
    skeleton: Bools = skimage.morphology.skeletonize(cores == cores[deepest])  # type: ignore[no-untyped-call]
    spots = [(int(y), int(x)) for y, x in np.argwhere(skeleton)]
    numbers = {spot: number for number, spot in enumerate(spots)}
    steps = ((0, 1), (1, 0), (1, 1), (1, -1))
    pairs = [(numbers[(y, x)], numbers.get((y + dy, x + dx), -1)) for y, x in spots for dy, dx in steps]
    joined = np.array([pair for pair in pairs if pair[1] >= 0], dtype=np.int32).reshape(-1, 2)
    graph = coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(len(spots),) * 2).tocsr()
    order, _ = breadth_first_order(graph, 0, directed=False)
    order, before = breadth_first_order(graph, order[-1], directed=False)
    way = [int(order[-1])]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    spare = len(way) // 5
    return [spots[number] for number in way[spare : len(way) - spare]]


def by_mending(case: Case, labels: Bytes, strokes: list[Stroke]) -> Bytes:
    """Our way."""
    return mend(case.bench, labels, strokes[-1], strokes[:-1])


def by_painting(case: Case, labels: Bytes, strokes: list[Stroke]) -> Bytes:
    """The stroke's own pixels and no others."""
    last = strokes[-1]
    return mend(case.bench, labels, Stroke(last.garment, last.adds, last.points, last.radius, exact=True))


def by_grabcut(case: Case, labels: Bytes, strokes: list[Stroke]) -> Bytes:
    """OpenCV's GrabCut, one round, with what served it best: certain where the net and the mask are, open near strokes."""
    import cv2

    value = CLASSES.index(strokes[-1].garment)
    believed = 0.5 * case.bench.beliefs[case.bench.cells, value] + 0.5 * (labels == value)
    trimap = np.where(believed > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[believed > 0.95], trimap[believed < 0.02] = cv2.GC_FGD, cv2.GC_BGD
    for stroke in strokes:
        under = rasterize(stroke, labels.shape)
        near = cv2.dilate(under.astype(np.uint8), np.ones((91, 91), np.uint8)) > 0
        trimap[near & (trimap == cv2.GC_BGD) & stroke.adds] = cv2.GC_PR_BGD
        trimap[under] = cv2.GC_FGD if stroke.adds else cv2.GC_BGD
    if len(np.unique(trimap % 2)) < 2:
        return labels
    cv2.setRNGSeed(0)
    grabcut: Any = cv2.grabCut  # its types ask for a rectangle that this way of calling has no use for
    grabcut(case.photo, trimap, None, np.zeros((1, 65)), np.zeros((1, 65)), 1, cv2.GC_INIT_WITH_MASK)
    inside, mended = trimap % 2 == 1, labels.copy()
    if strokes[-1].adds:
        mended[inside] = value
    else:
        lost = (labels == value) & ~inside
        mended[lost] = case.bench.bare[lost]
    return mended


WAYS: dict[str, Way] = {"mending": by_mending, "painting": by_painting, "GrabCut": by_grabcut}


def iou_by_stroke(case: Case, garment: str, way: Way, *, tap: bool = False) -> list[float]:
    """The garment's IoU at first and after each of three strokes."""
    value, labels, strokes = CLASSES.index(garment), case.labels, list[Stroke]()
    truth = case.truth == value
    told = [mask_iou(truth, labels == value)]
    for _ in range(STROKES):
        stroke = next_stroke(truth, labels == value, garment, tap=tap)
        if stroke is not None:
            strokes.append(stroke)
            labels = way(case, labels, strokes)
        told.append(mask_iou(truth, labels == value))
    return told


def measure(data: Path) -> dict[str, Any]:
    """Mean IoU before, and after 1, 2 and 3 strokes, by each way, over every garment of the tuning photos."""
    told: dict[str, list[list[float]]] = {name: [] for name in (*WAYS, "mending by taps")}
    for name in split_ids(data).tuning:
        case = Case(data, name)
        for garment in case.garments():
            for way, run in WAYS.items():
                told[way].append(iou_by_stroke(case, garment, run))
            told["mending by taps"].append(iou_by_stroke(case, garment, by_mending, tap=True))
    means = {way: [round(float(value), 3) for value in np.mean(rows, axis=0)] for way, rows in told.items()}
    return {"garments": len(told["mending"]), "mean_iou_after_strokes": means}


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns 0, or 2 when there are no photos to measure on."""
    parser = argparse.ArgumentParser(prog="python -m ml.garments.mend_figures", description="Measure mending.")
    parser.add_argument("--data", type=Path, help="folder with ccp/ (default: AIFASHION_DATA, else ../shared/data)")
    arguments = parser.parse_args(words)
    print(json.dumps(measure(data_folder(arguments.data)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
