"""Straight trousers on a waistband."""

from __future__ import annotations

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.legs import Legs, garment
from wardrobe.make import Garment

ABOUT = About("trousers", "Trousers", "bottom", 13.6, 15, "Straight, easy trousers that break softly at the knee.")


def make() -> Garment:
    cut = Legs(long=97.0, hem=20.5, knee=22.3)
    return garment(ABOUT, cut, Fabric(steps=24, bend=6e-5, friction=0.3), spacing=1.9, frames=110, grey=0.42)
