"""What T-shirts, sweaters and dresses share: front and back, two sleeves set in, a band around the neck."""

from __future__ import annotations

from dataclasses import dataclass

from wardrobe.form import arm_axis
from wardrobe.make import around_arm, around_body, ring
from wardrobe.pattern import Piece, Seam, curve, length, mirrored, strip


@dataclass(frozen=True)
class Top:
    """cm. chest, waist, hem, neck, shoulder: half widths of front and back; wide, cuff: half widths of the sleeve."""

    chest: float = 26.5
    waist: float = 25.9
    hem: float = 26.5
    long: float = 70.0
    neck: float = 10.0
    drop: float = 11.5
    shoulder: float = 22.3
    slope: float = 4.6
    armhole: float = 25.5
    wide: float = 19.2
    cap: float = 11.5
    sleeve: float = 23.0
    cuff: float = 17.2
    band: float = 2.2
    tight: float = 0.9  # how much shorter the neckband is than the neckline
    arms: float = 26.0
    kind: str = "man"
    top: float = 149.5


SIDES = (("right", "left"), ("left", "right"))


def trunk(top: Top, name: str) -> Piece:
    """Front or back; only the neckline differs."""
    drop = top.drop if name == "front" else 2.6
    down = curve((top.chest, top.armhole), (top.waist, (top.armhole + top.long) / 2), (top.hem, top.long))
    neck, out = top.neck, top.shoulder
    armhole = curve((out, top.slope), (out - 1.8, 13), (out - 0.6, 20), (top.chest, top.armhole))
    shoulder = curve((neck, 0), (out, top.slope))
    edges = {
        "neck": curve((-neck, 0), (-neck * 0.8, drop * 0.62), (0, drop), (neck * 0.8, drop * 0.62), (neck, 0)),
        "right-shoulder": shoulder,
        "right-armhole": armhole,
        "right-side": down,
        "hem": curve((top.hem, top.long), (-top.hem, top.long)),
        "left-side": mirrored(down),
        "left-armhole": mirrored(armhole),
        "left-shoulder": mirrored(shoulder),
    }
    return Piece(name, "body", edges, around_body(top.top, 23.0, 16.0, front=name == "front"))


def sleeve(top: Top, side: str) -> Piece:
    wide, cap = top.wide, top.cap
    crown = curve((-wide, cap), (-wide * 0.66, cap * 0.62), (-wide * 0.3, cap * 0.1), (0, 0))
    sign = 1 if side == "right" else -1
    edges = {
        "front-cap" if side == "right" else "back-cap": crown,
        "back-cap" if side == "right" else "front-cap": mirrored(crown),
        "under": curve((wide, cap), (top.cuff, top.sleeve)),
        "hem": curve((top.cuff, top.sleeve), (-top.cuff, top.sleeve)),
        "under-too": curve((-top.cuff, top.sleeve), (-wide, cap)),
    }
    place = around_arm(*arm_axis(top.kind, top.arms), sign, start=-1.5)
    return Piece(f"{side}-sleeve", "sleeves", edges, place, origin=(60.0 * sign, 0))


def neckband(top: Top, front: Piece, back: Piece) -> Piece:
    lines = length(front.edges["neck"]), length(back.edges["neck"])
    total, share = (top.tight * each for each in (sum(lines), lines[0]))
    return Piece(
        "band", "collar", strip(total, share, top.band), ring(top.top + 0.5, total, share), (0, -100.0), stiffness=6.0
    )


def top_of(top: Top) -> tuple[list[Piece], list[Seam]]:
    """All pieces and seams of a plain top."""
    front, back = trunk(top, "front"), trunk(top, "back")
    seams = [Seam("front.neck", "band.front-low"), Seam("back.neck", "band.back-low"), Seam("band.end", "band.start")]
    for side, other in SIDES:
        seams += [
            Seam(f"front.{side}-shoulder", f"back.{other}-shoulder"),
            Seam(f"front.{side}-side", f"back.{other}-side"),
            Seam(f"front.{side}-armhole", f"{side}-sleeve.front-cap"),
            Seam(f"back.{other}-armhole", f"{side}-sleeve.back-cap"),
            Seam(f"{side}-sleeve.under", f"{side}-sleeve.under-too"),
        ]
    return [front, back, sleeve(top, "right"), sleeve(top, "left"), neckband(top, front, back)], seams


def hem_rib(top: Top, high: float, tight: float = 0.84) -> tuple[list[Piece], list[Seam]]:
    """A ribbed band that gathers the hem."""
    half = 2 * top.hem * tight
    edges = {
        "front-high": curve((0, 0), (half, 0)),
        "back-high": curve((half, 0), (2 * half, 0)),
        "end": curve((2 * half, 0), (2 * half, high)),
        "low": curve((2 * half, high), (0, high)),
        "start": curve((0, high), (0, 0)),
    }
    place = ring(top.top - top.long, 2 * half, half, 21.0, 15.0, 0.0)
    seams = [Seam("front.hem", "rib.front-high"), Seam("back.hem", "rib.back-high"), Seam("rib.end", "rib.start")]
    return [Piece("rib", "ribs", edges, place, origin=(0, -60.0), stiffness=4.0)], seams


def cuff_ribs(top: Top, high: float, tight: float = 0.62, part: str = "ribs") -> tuple[list[Piece], list[Seam]]:
    pieces, seams = [], []
    wide = top.cuff * tight
    for side, sign in (("right", 1), ("left", -1)):
        edges = {
            "high": curve((-wide, 0), (wide, 0)),
            "end": curve((wide, 0), (wide, high)),
            "low": curve((wide, high), (-wide, high)),
            "start": curve((-wide, high), (-wide, 0)),
        }
        place = around_arm(*arm_axis(top.kind, top.arms), sign, start=top.sleeve - 1.5, radius=max(4.6, wide / 3.1))
        pieces.append(Piece(f"{side}-cuff", part, edges, place, origin=(60.0 * sign, -60.0), stiffness=4.0))
        seams += [Seam(f"{side}-sleeve.hem", f"{side}-cuff.high"), Seam(f"{side}-cuff.end", f"{side}-cuff.start")]
    return pieces, seams
