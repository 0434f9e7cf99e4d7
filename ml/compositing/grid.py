"""Smooth fields on the places of a mask: least squares between neighbours, and values carried outward."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array

from ml.compositing.region import floats
from ml.images import Floats

Index = npt.NDArray[np.intp]


def numbered(inside: npt.NDArray[np.bool_]) -> tuple[Index, int]:
    """Each place of bool (h, w) gets a number, -1 outside; and how many there are."""
    index = np.full(inside.shape, -1)
    count = int(inside.sum())
    index[inside] = np.arange(count)
    return index, count


def neighbours(index: Index, axis: int) -> tuple[npt.NDArray[np.bool_], Index, Index]:
    """Where a place and the next one right (axis 1) or below (axis 0) are both inside, bool, one smaller along the axis; their numbers."""
    first, second = (index[:, :-1], index[:, 1:]) if axis == 1 else (index[:-1], index[1:])
    joined = (first >= 0) & (second >= 0)
    return joined, first[joined], second[joined]


def laplacian(index: Index, hold: npt.NDArray[np.float64]) -> csc_array:
    """The matrix of squared differences of neighbours inside, with ``hold``, float64 (count,), on its diagonal."""
    count = len(hold)
    rows, columns, values = [np.arange(count)], [np.arange(count)], [hold]
    for axis in (1, 0):
        _, a, b = neighbours(index, axis)
        one = np.ones(len(a))
        rows += [a, b, a, b]
        columns += [a, b, b, a]
        values += [one, one, -one, -one]
    parts = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return csc_array(coo_array(parts, shape=(count, count)))


def add_steps(right: npt.NDArray[np.float64], a: Index, b: Index, steps: npt.NDArray[np.float64]) -> None:
    """Ask, in the right-hand side of :func:`laplacian`, that the value at each b be that at a plus its step."""
    np.add.at(right, a, -steps)
    np.add.at(right, b, steps)


def spread(values: Floats, weight: Floats) -> Floats:
    """Carry values outward from where weight is 1 (normalised convolution, coarse after fine)."""
    out, known = values * weight, weight.copy()
    for sigma in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        amount, total = (
            floats(cv2.GaussianBlur(each, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT))
            for each in (weight, values * weight)
        )
        guess = total / np.maximum(amount, 1e-6)
        fresh = (known == 0) & (amount > 0.02)
        out[fresh], known[fresh] = guess[fresh], 1
    out[known == 0] = float(values[weight > 0].mean()) if (weight > 0).any() else 0.0
    return out
