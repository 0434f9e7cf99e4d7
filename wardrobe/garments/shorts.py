"""Easy shorts on a waistband, to the middle of the thigh."""

from __future__ import annotations

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.legs import Legs, garment
from wardrobe.make import Garment

ABOUT = About("shorts", "Shorts", "bottom", 20.0, 17, "Easy cotton shorts, mid-thigh, wide enough to move in.")


def make() -> Garment:
    cut = Legs(long=40.0, hem=27.4, hip=25.0)
    return garment(ABOUT, cut, Fabric(steps=24, bend=1e-5, friction=0.3), spacing=1.5, frames=100, grey=0.55)
