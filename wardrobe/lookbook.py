"""The picture of the README: stock garments in fabrics of the bundled generators. ``python -m wardrobe.lookbook``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from ml.compositing.cloth_map import ClothMap, decode_map
from ml.compositing.drape import drape
from ml.compositing.placement import Placement
from ml.errors import MlError
from ml.images import Bytes, read_picture, resize_smooth
from ml.textiles.generate import load_generator
from ml.textiles.recipe import Recipe

STOCK = Path(__file__).resolve().parents[1] / "tryon" / "stock"
WIDTH, HEIGHT, GAP = 320, 427, 6
LOOKS = (
    ("dress", None),
    ("dress", "floral:16"),
    ("dress", "animal:7"),
    ("t-shirt", "striped:5"),
    ("shirt", "plaid:8"),
    ("coat", "plaid:16"),
    ("skirt", "geometric:17"),
    ("sweater", "striped:13"),
    ("shorts", "dotted:8"),
    ("tote-bag", "leaves:4"),
)


def dressed(garment: str, fabric: str | None, cm: float = 18.0) -> Bytes:
    """A stock garment, uint8 (HEIGHT, WIDTH, 3), in the fabric named "category:seed", or as it is."""
    folder = STOCK / garment
    photo = read_picture(folder / "photo.jpg")
    if fabric:
        category, seed = fabric.split(":")
        alpha = np.asarray(Image.open(folder / "mask.png").convert("L"), np.float32) / np.float32(255)
        scale = json.loads((folder / "garment.json").read_text())["px_per_cm"]
        tile = load_generator(category).draw(Recipe(int(seed)), 512)
        photo = drape(photo, tile, alpha, Placement(cm_per_tile=cm), scale, cloth_map=cloth_of(folder))
    return resize_smooth(photo, WIDTH, HEIGHT)


def cloth_of(folder: Path) -> ClothMap | None:
    """What is known of each point of a rendered garment's cloth."""
    if not (folder / "uv.png").exists():
        return None
    uv, shading, parts = ((folder / f"{name}.png").read_bytes() for name in ("uv", "shading", "parts"))
    with Image.open(folder / "photo.jpg") as photo:
        return decode_map(uv, shading, parts, size=photo.size)


def lookbook(looks: tuple[tuple[str, str | None], ...] = LOOKS, columns: int = 5) -> Image.Image:
    """All looks on one sheet."""
    rows = -(-len(looks) // columns)
    sheet = np.full((rows * (HEIGHT + GAP) - GAP, columns * (WIDTH + GAP) - GAP, 3), 255, np.uint8)
    for place, (garment, fabric) in enumerate(looks):
        top, left = place // columns * (HEIGHT + GAP), place % columns * (WIDTH + GAP)
        sheet[top : top + HEIGHT, left : left + WIDTH] = dressed(garment, fabric)
    return Image.fromarray(sheet)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m wardrobe.lookbook", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/readme.webp"))
    parser.add_argument("--look", action="append", metavar="GARMENT=CATEGORY:SEED", help="instead of the usual ten")
    given = parser.parse_args(arguments)
    chosen = tuple((g, f or None) for g, _, f in (each.partition("=") for each in given.look or [])) or LOOKS
    try:
        lookbook(chosen).save(given.out, quality=86)
    except (MlError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
