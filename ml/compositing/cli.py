"""The command line of ``python -m ml.compositing.drape``: 0 when a picture was written, 2 with one line when not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

from ml.cloth.serving import net_for
from ml.compositing.drape import STRENGTH, drape
from ml.compositing.placement import REPEATS, Placement
from ml.compositing.scale import CLASSES, estimate_scale
from ml.encode import Mark, encode_jpeg, encode_png
from ml.errors import MlError, PictureError
from ml.images import Bytes, Floats, read_picture, resize_labels

GARMENTS = CLASSES[2:]
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Dress one garment of one photo; see the options below. arguments: those of the command line when left out."""
    options = _parser().parse_args(arguments)
    try:
        _dress(options)
    except MlError as error:
        print(f"drape: {error}", file=sys.stderr)
        return 2
    return 0


def _dress(options: argparse.Namespace) -> None:
    out = Path(options.out)
    if out.suffix.lower() not in FORMATS:
        raise PictureError("The result's name must end in .png or .jpg.")
    placement = Placement(options.cm, options.rotation, options.offset_x, options.offset_y, options.repeat)
    photo, fabric = read_picture(options.photo), read_picture(options.fabric)
    alpha, labels = _masked(options, photo) if options.mask else _segmented(photo, options.garment)
    if float(alpha.max()) < 0.5:
        raise PictureError(f"No {options.garment} was found in the photo; choose another garment or another photo.")
    scale = estimate_scale(labels, [options.garment], photo.shape)
    net = net_for([options.garment])
    result = drape(photo, fabric, alpha, placement, scale.px_per_cm, strength=options.strength, net=net)
    _save(result, out)


def _segmented(photo: Bytes, garment: str) -> tuple[Floats, Bytes]:
    try:
        from ml.garments.refine import garment_alpha
        from ml.garments.segment import load_segmenter
    except ImportError:
        raise PictureError("The garment finder is not installed; give --mask FILE instead.") from None
    found = load_segmenter().segment(photo)
    if garment not in {each.name for each in found.found}:
        raise PictureError(f"No {garment} was found in the photo; choose another garment or another photo.")
    return garment_alpha(photo, found.labels, [garment]), found.labels


def _masked(options: argparse.Namespace, photo: Bytes) -> tuple[Floats, Bytes]:
    """A mask file: an index picture when no value is above 8, else soft alpha from 0 to 255."""
    try:
        with Image.open(options.mask) as opened:
            values = np.asarray(opened if opened.mode == "P" else opened.convert("L"))
    except FileNotFoundError:
        raise PictureError(f"There is no file {options.mask}.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PictureError(f"{options.mask} could not be read as a picture.") from None
    height, width = photo.shape[:2]
    if values.shape != (height, width):
        values = resize_labels(values.astype(np.uint8), width, height)
    index = CLASSES.index(options.garment)
    if values.max() < len(CLASSES):
        return (values == index).astype(np.float32), values.astype(np.uint8)
    labels = np.where(values > 127, index, 0).astype(np.uint8)
    return values.astype(np.float32) / np.float32(255.0), labels


def _save(picture: Bytes, out: Path) -> None:
    try:
        is_png = FORMATS[out.suffix.lower()] == "PNG"
        out.write_bytes(encode_png(picture, Mark.COMPOSITE) if is_png else encode_jpeg(picture, 95, Mark.COMPOSITE))
    except OSError as error:
        raise PictureError(f"{out} could not be written ({error.strerror or type(error).__name__}).") from None


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"drape: {message} (--help shows the options)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="python -m ml.compositing.drape", description="Dress a garment of a photo in a fabric."
    )
    parser.add_argument("photo", help="the photo: JPEG, PNG or WebP")
    parser.add_argument("fabric", help="the fabric: one seamless tile")
    parser.add_argument("--garment", required=True, choices=GARMENTS, help="which garment to dress")
    parser.add_argument("--out", required=True, help="where to write the result: .png or .jpg")
    parser.add_argument("--cm", type=float, default=20.0, help="width of one tile on the cloth, 1 to 200 cm")
    parser.add_argument("--rotation", type=float, default=0.0, help="degrees, -180 to 180")
    parser.add_argument("--offset-x", type=float, default=0.0, help="shift to the right in tiles, -1 to 1")
    parser.add_argument("--offset-y", type=float, default=0.0, help="shift down in tiles, -1 to 1")
    parser.add_argument("--repeat", default="straight", choices=REPEATS)
    parser.add_argument("--strength", type=float, default=STRENGTH, help="how far the pattern follows folds, 0 to 2")
    parser.add_argument("--mask", help="use this mask instead of finding the garment: 8-bit alpha or index picture")
    return parser
