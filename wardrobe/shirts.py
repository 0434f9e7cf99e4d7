"""What shirts and coats share: a front in halves on a placket, a back, two sleeves, a collar that folds over its stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wardrobe.make import around_body
from wardrobe.pattern import Array, Piece, Place, Seam, banded, curve, length, mirrored
from wardrobe.tops import SIDES, Top, sleeve


@dataclass(frozen=True)
class Shirt:
    """cm. placket: half its width. rise: how much higher the hem is at the sides. stand, leaf, point: heights of the collar,
    of what folds over it at the back, and at its points. loose: how much wider the stand is than the neckline."""

    top: Top
    placket: float = 1.7
    rise: float = 6.0
    stand: float = 3.0
    leaf: float = 4.8
    point: float = 7.2
    spread: float = 1.6
    loose: float = 0.97
    neck_at: float = 149.5


def neckline(top: Top, drop: float) -> Array:
    neck = top.neck
    return curve((-neck, 0), (-neck * 0.8, drop * 0.62), (0, drop), (neck * 0.8, drop * 0.62), (neck, 0))


def part_of(line: Array, low: float, high: float) -> Array:
    """The stretch of a line, whose u grows, from u = low to high; a point exactly at both."""
    inner = line[(line[:, 0] > low + 1e-6) & (line[:, 0] < high - 1e-6)]
    ends = [np.array([[at, np.interp(at, line[:, 0], line[:, 1])]]) for at in (low, high)]
    return np.concatenate([ends[0], inner, ends[1]])


def hem_line(cut: Shirt) -> Array:
    u = np.linspace(-cut.top.hem, cut.top.hem, 121)
    return np.stack([u, cut.top.long - cut.rise * np.abs(u / cut.top.hem) ** 2.6], axis=1)


def outer_edges(cut: Shirt) -> dict[str, Array]:
    """The right half's shoulder, armhole and side, from the neck down."""
    top = cut.top
    out, low = top.shoulder, top.long - cut.rise
    return {
        "right-shoulder": curve((top.neck, 0), (out, top.slope)),
        "right-armhole": curve((out, top.slope), (out - 1.8, 13), (out - 0.6, 20), (top.chest, top.armhole)),
        "right-side": curve((top.chest, top.armhole), (top.waist, (top.armhole + low) / 2), (top.hem, low)),
    }


def swapped(edges: dict[str, Array]) -> dict[str, Array]:
    """The other half: mirrored, so walked in the other order."""
    return {name.replace("right", "left"): mirrored(line) for name, line in reversed(edges.items())}


def body_pieces(cut: Shirt) -> list[Piece]:
    top, gap = cut.top, cut.placket
    front, back = (around_body(top.top, 23.0, 16.0, front=is_front) for is_front in (True, False))
    neck, hem, outer = neckline(top, top.drop), hem_line(cut), outer_edges(cut)
    half_neck, half_hem = part_of(neck, gap, top.neck), part_of(hem, gap, top.hem)
    inner = np.stack([half_hem[0], half_neck[0]])
    half = {"neck": half_neck, **outer, "hem": half_hem[::-1], "inner": inner}
    upper, lower = part_of(neck, -gap, gap), part_of(hem, -gap, gap)
    placket = {
        "neck-left": part_of(upper, -gap, 0),
        "neck-right": part_of(upper, 0, gap),
        "right": np.stack([upper[-1], lower[-1]]),
        "hem": lower[::-1],
        "left": np.stack([lower[0], upper[0]]),
    }
    behind = {"neck": neckline(top, 2.6), **outer, "hem": hem[::-1], **swapped(outer)}
    return [
        Piece("right-front", "body", half, front),
        Piece("left-front", "body", swapped(half), front),
        Piece("placket", "body", placket, front, stiffness=4.0),
        Piece("back", "body", behind, back),
    ]


def collar_ring(height: float, total: float, out: float, flare: float) -> Place:
    """Around the neck, from the middle of the front to the right and behind; v goes down, ``flare`` cm outward a cm."""

    def place(u: Array, v: Array) -> Array:
        angle = u / total * 2 * np.pi
        wide = out + flare * v
        drop = 4.6 * (1 + np.cos(angle)) / 2  # a neckline lies lower before than behind
        return np.stack([(8.6 + wide) * np.sin(angle), 1.0 - (8.2 + wide) * np.cos(angle), height - drop - v], axis=1)

    return place


def collar(cut: Shirt, pieces: list[Piece]) -> tuple[list[Piece], list[Seam]]:
    """Stand and leaf; their u = 0 is the middle of the front."""
    edges = {piece.name: piece.edges for piece in pieces}
    half, middle = length(edges["right-front"]["neck"]), length(edges["placket"]["neck-right"])
    order = [
        ("placket-right", middle),
        ("right", half),
        ("back", length(edges["back"]["neck"])),
        ("left", half),
        ("placket-left", middle),
    ]
    order = [(name, cut.loose * each) for name, each in order]
    total = sum(each for _, each in order)
    stand = Piece(
        "stand",
        "collar",
        banded(order, cut.stand),
        collar_ring(cut.neck_at + cut.stand - 0.5, total, 0.0, 0.1),
        (0, -100.0),
        stiffness=12.0,
    )
    seams = [
        Seam("placket.neck-right", "stand.placket-right"),
        Seam("right-front.neck", "stand.right"),
        Seam("back.neck", "stand.back"),
        Seam("left-front.neck", "stand.left"),
        Seam("placket.neck-left", "stand.placket-left"),
        Seam("stand.end", "stand.start"),
        Seam("stand.top", "leaf.top", reverse=False, folded=True),
    ]
    return [stand, leaf(cut, total)], seams


def leaf(cut: Shirt, total: float) -> Piece:
    """Cut on a bow, so that its outer edge is longer and lies over the shoulders."""
    bow = 2.2 * total / np.pi  # radius: the leaf turns by about 80 degrees

    def bent(line: Array) -> Array:
        angle = (line[:, 0] - total / 2) / bow
        return np.stack([(bow + line[:, 1]) * np.sin(angle), (bow + line[:, 1]) * np.cos(angle) - bow], axis=1)

    ring = collar_ring(cut.neck_at + cut.stand - 0.3, total, 0.9, 0.45)

    def place(u: Array, v: Array) -> Array:
        far, angle = np.hypot(u, v + bow), np.arctan2(u, v + bow)
        return ring(angle * bow + total / 2, far - bow)

    tip = cut.spread
    outline = {
        "top": curve((0, 0), (total, 0), count=160),
        "right-end": curve((total, 0), (total - tip, cut.point)),
        "edge": curve((total - tip, cut.point), (total * 0.72, cut.leaf), (total * 0.28, cut.leaf), (tip, cut.point)),
        "left-end": curve((tip, cut.point), (0, 0)),
    }
    edges = {name: bent(line) for name, line in outline.items()}
    return Piece("leaf", "collar", edges, place, (0, -120.0), stiffness=8.0, stitch=0.7)


def shirt_of(cut: Shirt) -> tuple[list[Piece], list[Seam]]:
    """All pieces and seams of a shirt without cuffs."""
    pieces = body_pieces(cut)
    seams = [Seam("right-front.inner", "placket.right"), Seam("left-front.inner", "placket.left")]
    for side, other in SIDES:
        seams += [
            Seam(f"{side}-front.{side}-shoulder", f"back.{other}-shoulder"),
            Seam(f"{side}-front.{side}-side", f"back.{other}-side"),
            Seam(f"{side}-front.{side}-armhole", f"{side}-sleeve.front-cap"),
            Seam(f"back.{other}-armhole", f"{side}-sleeve.back-cap"),
            Seam(f"{side}-sleeve.under", f"{side}-sleeve.under-too"),
        ]
    more, sewn = collar(cut, pieces)
    return [*pieces, sleeve(cut.top, "right"), sleeve(cut.top, "left"), *more], seams + sewn
