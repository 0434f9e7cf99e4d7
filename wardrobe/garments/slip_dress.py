"""A slip dress: two panels cut to flare, thin straps, a soft neckline."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, View, around_body, over_shoulder
from wardrobe.pattern import Piece, Seam, curve, mirrored

ABOUT = About("slip-dress", "Slip dress", "dress", 10.0, 7, "A long slip dress on thin straps, cut to move.")
TOP = 129.5  # where the neckline begins
LONG = 92.0
STRAP = 1.0
HEM = 36.0


def panel(name: str) -> Piece:
    deep = 4.5 if name == "front" else 9.0
    neck = curve((-8.4, 0), (-5, deep * 0.62), (0, deep), (5, deep * 0.62), (8.4, 0))
    armhole = (
        curve((8.4 + STRAP, 0), (13.5, 5.6), (21.8, 12.5))
        if name == "front"
        else curve((8.4 + STRAP, 0), (14.5, 8.5), (21.8, 12.5))
    )
    side = curve((21.8, 12.5), (21.2, 26), (26.0, 44), (31.0, 70), (HEM, LONG))
    edges = {
        "neck": neck,
        "right-strap": curve((8.4, 0), (8.4 + STRAP, 0)),
        "right-armhole": armhole,
        "right-side": side,
        "hem": curve((HEM, LONG), (18, LONG + 2.6), (0, LONG + 3.4), (-18, LONG + 2.6), (-HEM, LONG)),
        "left-side": mirrored(side),
        "left-armhole": mirrored(armhole),
        "left-strap": mirrored(curve((8.4, 0), (8.4 + STRAP, 0))),
    }
    return Piece(name, "body", edges, around_body(TOP, 24.0, 17.0, front=name == "front", gather=0))


def strap(side: str) -> Piece:
    """From the front over the shoulder to the back."""
    long, sign = 37.0, 1 if side == "right" else -1
    edges = {
        "front": curve((-STRAP / 2, 0), (STRAP / 2, 0)),
        "outer": curve((STRAP / 2, 0), (STRAP / 2, long)),
        "back": curve((STRAP / 2, long), (-STRAP / 2, long)),
        "inner": curve((-STRAP / 2, long), (-STRAP / 2, 0)),
    }
    return Piece(
        f"{side}-strap", "straps", edges, over_shoulder(sign * 8.9, TOP, long), (80.0 * sign, 0), stiffness=5.0
    )


def make() -> Garment:
    seams = [Seam("front.right-side", "back.left-side"), Seam("front.left-side", "back.right-side")]
    for side, other in (("right", "left"), ("left", "right")):
        seams += [Seam(f"front.{side}-strap", f"{side}-strap.front"), Seam(f"back.{other}-strap", f"{side}-strap.back")]
    return Garment(
        ABOUT,
        [panel("front"), panel("back"), strap("right"), strap("left")],
        seams,
        partial(body, "woman", None, legs="together"),
        Fabric(steps=24, bend=4e-4, friction=0.6, skin=0.35),
        spacing=1.8,
        frames=120,
        grain=0.0,
        grey=0.6,
        hem=0.8,
        wall=60.0,
        views=(View("slip-dress"), View("slip-dress-turned", -35.0, 0.0, 0.86, "turned a little")),
    )
