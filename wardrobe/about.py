"""What the catalogue says about a garment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """garment: one of the seven clothing classes. px_per_cm: pixels of the finished photo per centimetre of cloth."""

    slug: str
    name: str
    garment: str
    px_per_cm: float
    order: int
    blurb: str
    licence: str = "MIT"
