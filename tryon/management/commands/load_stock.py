"""Bring the drawn garments of ``tryon/stock`` into the catalogue. Run it as often as you like.

Each folder holds ``garment.json`` (slug, name, garment, px_per_cm, order, blurb, licence), ``photo.jpg``, ``labels.png``
(0-8 per pixel) and, where the exact edge is known, ``mask.png``. A folder whose files changed brings its garment new
pictures; its words, place and publication stay as staff left them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ml.errors import PictureError
from ml.garments.config import CLASSES, GARMENTS
from ml.images import Bytes, read_picture
from tryon.models import StockGarment
from tryon.services import found_garment, labels_file, picture_files, save_stock

STOCK = Path(__file__).resolve().parents[2] / "stock"


class Command(BaseCommand):
    help = "Add the stock garments that are not in the catalogue yet, and renew those whose pictures changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=STOCK)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        described = sorted(folder.glob("*/garment.json"))
        changed = sum(load_garment(path.parent) for path in described)
        self.stdout.write(f"{changed} of {len(described)} stock garments added or renewed.")


def load_garment(folder: Path) -> bool:
    """Whether anything had to be done for this folder. Raises CommandError when it is not a garment."""
    digest = digest_of(folder)
    about = read_about(folder)
    known = StockGarment.objects.filter(slug=about["slug"]).first()
    if known and known.digest == digest:
        return False
    garment = known or StockGarment(**{key: about[key] for key in ("slug", "name", "order", "blurb")})
    garment.credit, garment.px_per_cm, garment.digest = about.get("licence", ""), about["px_per_cm"], digest
    put_pictures(garment, folder, about["garment"])
    return True


def put_pictures(garment: StockGarment, folder: Path, name: str) -> None:
    pixels, labels = read_pictures(folder)
    files = picture_files(pixels) | {"labels": labels_file(labels)}
    garment.mask = None
    if (folder / "mask.png").exists():
        files["mask"] = (".png", (folder / "mask.png").read_bytes())
    share = float((labels == CLASSES.index(name)).mean())
    height, width = labels.shape
    found = [found_garment(labels, name, share, 1.0)]
    save_stock(garment, {"width": width, "height": height, "found": found, "outcome": "found"}, files)


def read_about(folder: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / "garment.json").read_text())
        missing = {"slug", "name", "garment", "px_per_cm", "order", "blurb"} - about.keys()
    except (json.JSONDecodeError, AttributeError):
        raise CommandError(f"{folder / 'garment.json'} is not a JSON object; draw the garment again.") from None
    if missing or about["garment"] not in GARMENTS:
        raise CommandError(f"{folder / 'garment.json'} lacks {', '.join(sorted(missing)) or 'a known garment'}.")
    return about


def read_pictures(folder: Path) -> tuple[Bytes, Bytes]:
    """Photo, uint8 (H, W, 3), and labels, uint8 (H, W), of one size."""
    import numpy as np
    from PIL import Image

    try:
        pixels = read_picture(folder / "photo.jpg")
        with Image.open(folder / "labels.png") as opened:
            labels = np.asarray(opened)
    except (PictureError, OSError) as error:
        raise CommandError(f"{folder.name}: {error}") from None
    if labels.shape != pixels.shape[:2] or labels.dtype != np.uint8:
        raise CommandError(f"{folder.name}: labels.png must be an 8-bit picture of the photo's size.")
    return pixels, labels


def digest_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("photo.jpg", "labels.png", "mask.png", "garment.json"):
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()
