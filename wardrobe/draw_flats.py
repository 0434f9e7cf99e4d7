"""Draw the stock garments that are not rendered yet: ``python -m wardrobe.draw_flats [NAME...] --out tryon/stock``.

Writes for each garment photo.jpg, mask.png (soft alpha of the cloth), labels.png (index picture, 0-8) and garment.json.
The same names give the same bytes on every run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from ml.images import linear_to_srgb
from wardrobe.about import About
from wardrobe.studio import Studio

CLASSES = ("background", "body", "top", "outerwear", "bottom", "skirt", "dress", "shoes", "accessory")
ALL = ("tshirt", "shirt", "sweater", "coat", "trousers", "skirt", "dress", "shorts", "tote")


def write_flat(about: About, studio: Studio, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    light, cloth, whole = studio.render()
    cloth = np.where(cloth < 1 / 255, 0, cloth)
    Image.fromarray(linear_to_srgb(light)).save(folder / "photo.jpg", quality=92, optimize=True)
    Image.fromarray(np.round(cloth * 255).astype(np.uint8)).save(folder / "mask.png", optimize=True)
    labels = np.where(whole > 0.5, CLASSES.index(about.garment), 0).astype(np.uint8)
    Image.fromarray(labels).save(folder / "labels.png", optimize=True)
    (folder / "garment.json").write_text(json.dumps(asdict(about), indent=2, ensure_ascii=False) + "\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m wardrobe.draw_flats", description="Draw the stock garments.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(ALL)} (all when left out)")
    parser.add_argument("--out", type=Path, default=Path("tryon/stock"))
    parser.add_argument("--quality", type=float, default=1.5, help="fine pixels per pixel; 1 is quick, 2 is finest")
    options = parser.parse_args(arguments)
    for name in options.names or ALL:
        if name not in ALL:
            print(f"draw_flats: there is no garment {name}; choose from {', '.join(ALL)}.", file=sys.stderr)
            return 2
        flat = importlib.import_module(f"wardrobe.flats.{name}")
        if not options.names and (options.out / flat.ABOUT.slug / "uv.png").exists():
            continue  # rendered by wardrobe.make, which is better
        write_flat(flat.ABOUT, flat.draw(options.quality), options.out / flat.ABOUT.slug)
        print(f"{flat.ABOUT.name}: {options.out / flat.ABOUT.slug}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
