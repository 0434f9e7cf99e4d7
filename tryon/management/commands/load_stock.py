"""Bring the garments of ``tryon/stock`` into the catalogue. Run it as often as you like.

Each folder holds ``garment.json`` (slug, name, garment, px_per_cm, order, blurb, licence), ``photo.jpg``, ``labels.png``
(0-8 per pixel) and, where the exact edge is known, ``mask.png``. Where the cloth is known: ``uv.png``, ``shading.png`` and
``parts.png`` as :mod:`ml.compositing.cloth_map` describes, with ``part_names`` in ``garment.json``; ``view_of`` there is the
slug of the garment that this is another picture of. A folder whose files changed brings its garment new pictures; its
words, place and publication stay as staff left them. A garment whose pictures for pages are JPEG still gets WebP of the same
picture.
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
from tryon.cloth import MAPS, check_maps
from tryon.models import StockGarment
from tryon.services import found_garment, labels_file, picture_files, renew_small_pictures, save_stock

STOCK = Path(__file__).resolve().parents[2] / "stock"
MAP_FILES = {"uv_map": "uv.png", "shading": "shading.png", "parts": "parts.png"}


class Command(BaseCommand):
    help = "Add the stock garments that are not in the catalogue yet, and renew those whose pictures changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=STOCK)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        described = sorted(folder.glob("*/garment.json"))
        changed = sum(load_garment(path.parent) for path in described)
        for path in described:
            join_views(read_about(path.parent))
        self.stdout.write(f"{changed} of {len(described)} stock garments added or renewed.")


def load_garment(folder: Path) -> bool:
    """Whether anything had to be done for this folder. Raises CommandError when it is not a garment."""
    digest = digest_of(folder)
    about = read_about(folder)
    known = StockGarment.objects.filter(slug=about["slug"]).first()
    if known and known.digest == digest:
        return renew_what_pages_show(known)
    garment = known or StockGarment(**{key: about[key] for key in ("slug", "name", "order", "blurb")})
    garment.credit, garment.px_per_cm, garment.digest = about.get("licence", ""), about["px_per_cm"], digest
    put_pictures(garment, folder, about["garment"], about.get("part_names", []))
    return True


def renew_what_pages_show(garment: StockGarment) -> bool:
    """Whether a garment of before pages showed WebP had to be brought up to date; whatever picture it has stays."""
    if str(garment.screen.name).endswith(".webp"):
        return False
    renew_small_pictures(garment)
    return True


def put_pictures(garment: StockGarment, folder: Path, name: str, part_names: list[str]) -> None:
    pixels, labels = read_pictures(folder)
    height, width = labels.shape
    files = picture_files(pixels) | {"labels": labels_file(labels)}
    if (folder / "mask.png").exists():
        files["mask"] = (".png", (folder / "mask.png").read_bytes())
    files |= {field: (".png", content) for field, content in read_maps(folder, (width, height)).items()}
    found = [found_garment(labels, name, float((labels == CLASSES.index(name)).mean()), 1.0)]
    fields = dict.fromkeys(("mask", *MAPS)) | {"part_names": part_names}
    save_stock(garment, fields | {"width": width, "height": height, "found": found, "outcome": "found"}, files)


def join_views(about: dict[str, Any]) -> None:
    """Tell a second view whose view it is, when it does not know yet; what staff chose stays."""
    if whole := about.get("view_of"):
        main = StockGarment.objects.filter(slug=whole).first()
        StockGarment.objects.filter(slug=about["slug"], view_of=None).update(view_of=main)


def read_maps(folder: Path, size: tuple[int, int]) -> dict[str, bytes]:
    """field → PNG of what is known of the cloth; empty where nothing is."""
    paths = {field: folder / name for field, name in MAP_FILES.items()}
    maps = {field: path.read_bytes() for field, path in paths.items() if path.exists()}
    try:
        check_maps(maps, size)
    except PictureError as error:
        raise CommandError(f"{folder.name}: {error}") from None
    return maps


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
    for name in ("photo.jpg", "labels.png", "mask.png", "garment.json", *MAP_FILES.values()):
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()
