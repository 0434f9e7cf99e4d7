"""Print files: a fabric's repeat as one seamless rectangle of a known size, as PNG, TIFF, or a zip of its ink layers.

A half-drop, half-brick or mirror is a straight repeat of a block of two or four tiles; the file holds that block, so whoever prints it
need only lay it side by side. There is no JPEG: its blocks show at the seams and its colours bleed between inks.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from ml.compositing.placement import REPEATS
from ml.encode import Mark
from ml.errors import RecipeError
from ml.images import Bytes
from ml.textiles.palette import swatches
from ml.textiles.recipe_file import RecipeFile
from ml.textiles.repeats import BLOCKS
from ml.textiles.separations import LARGEST, Separations, ink_layers, lay_mirror, print_separations

RESOLUTIONS = (150, 300)  # dots per inch
UNITS = {"cm": 2.54, "in": 1.0}  # per inch
SMALLEST_TILE = 32  # pixels
_XMP_TAG, _PREDICTOR_TAG, _BY_DIFFERENCE = 700, 317, 2
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # equal fabrics give equal zips


@dataclass(frozen=True)
class PrintPlan:
    """What a print file will be, known before it is made. ``tile``: pixels a side of one tile, an even number."""

    tile: int
    dpi: int
    repeat: str

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the file."""
        across, down = BLOCKS[self.repeat]
        return self.tile * across, self.tile * down

    def size(self, unit: str = "cm") -> tuple[float, float]:
        """Printed width and height of the file, in "cm" or "in"."""
        width, height = self.pixels
        return width / self.dpi * UNITS[unit], height / self.dpi * UNITS[unit]

    def __str__(self) -> str:
        (width, height), (cm_wide, cm_high), (in_wide, in_high) = self.pixels, self.size("cm"), self.size("in")
        return (
            f"{width:,} × {height:,} px at {self.dpi} DPI prints {cm_wide:.1f} × {cm_high:.1f} cm "
            f"({in_wide:.1f} × {in_high:.1f} in)"
        )


def plan_print(size: float, unit: str = "cm", dpi: int = 300, repeat: str = "straight") -> PrintPlan:
    """A plan for tiles ``size`` wide, in "cm" or "in", at 150 or 300 DPI, to the nearest two pixels.

    Raises RecipeError on anything else, and when a side of the file would have more than 8192 px or a tile less than 32.
    """
    if unit not in UNITS:
        raise RecipeError("The size of the repeat must be in cm or in (inches).")
    if dpi not in RESOLUTIONS or isinstance(dpi, bool):
        raise RecipeError("The resolution must be 150 or 300 DPI.")
    if repeat not in REPEATS:
        raise RecipeError(f"The repeat must be one of {', '.join(REPEATS)}.")
    least, most = size_range(unit, dpi, repeat)
    if isinstance(size, bool) or not isinstance(size, int | float) or not least <= size <= most:
        raise RecipeError(
            f"At {dpi} DPI the width of a {repeat} repeat's tile must be a number from {least:g} to {most:g} {unit}."
        )
    return PrintPlan(2 * round(size / UNITS[unit] * dpi / 2), dpi, repeat)


def size_range(unit: str, dpi: int, repeat: str) -> tuple[float, float]:
    """The smallest and largest tile width that :func:`plan_print` takes, rounded inwards to a tenth."""
    per_pixel = UNITS[unit] / dpi
    least, most = SMALLEST_TILE * per_pixel, LARGEST // max(BLOCKS[repeat]) * per_pixel
    return math.ceil(least * 10) / 10, math.floor(most * 10) / 10


def print_block(drawn: Separations, plan: PrintPlan) -> Bytes:
    """The pixels of the print file, uint8 (height, width, 3), of what ``FabricGenerator.block`` drew: seamless side by side."""
    check_block(drawn, plan)
    return lay_mirror(print_separations(drawn, plan.tile), plan.repeat)


def check_block(drawn: Separations, plan: PrintPlan) -> None:
    """Raise RecipeError when the separations were drawn for another repeat than the plan's."""
    height, width = drawn.shape(1)
    if (width, height) != ((1, 1) if plan.repeat == "mirror" else BLOCKS[plan.repeat]):
        raise RecipeError(f"This fabric was not drawn as a {plan.repeat} repeat; plan the print with its own repeat.")


def encode_print(picture: Bytes, dpi: int, kind: str = "png") -> bytes:
    """uint8 (H, W, 3) or (H, W) as "png" or "tiff" (LZW), with resolution, sRGB profile (colour only) and the mark of what a model made.

    Raises RecipeError on another kind, JPEG included.
    """
    if kind not in ("png", "tiff"):
        raise RecipeError("A print file is a PNG or a TIFF; JPEG would blur the edges of the inks.")
    packet = Mark.GENERATED.packet
    options: dict[str, object] = {"dpi": (dpi, dpi)}
    if picture.ndim == 3:
        options["icc_profile"] = srgb_profile()
    if kind == "png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet)
        options |= {"pnginfo": info, "compress_level": 3}
    else:
        tags = ImageFileDirectory_v2()
        tags[_XMP_TAG] = packet.encode()
        tags[_PREDICTOR_TAG] = _BY_DIFFERENCE
        options |= {"tiffinfo": tags, "compression": "tiff_lzw"}
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind.upper(), **options)
    return buffer.getvalue()


@cache
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, without the moment it was made, so that equal pictures give equal files."""
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return content[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + content[36:]


def zip_layers(drawn: Separations, plan: PrintPlan, recipe: RecipeFile) -> bytes:
    """Every ink as a greyscale PNG (black is full ink), the palette, the recipe and a text that explains them."""
    check_block(drawn, plan)
    layers = ink_layers(drawn, plan.tile)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for place, swatch in enumerate(swatches(drawn)):
            film = lay_mirror(255 - layers[place], plan.repeat)
            _store(archive, _layer_name(swatch.ink, swatch.colour), encode_print(film, plan.dpi))
        _store(archive, "palette.json", _palette_json(drawn))
        _store(archive, "palette.gpl", _palette_gpl(drawn))
        _store(archive, "recipe.json", recipe.to_json().encode())
        _store(archive, "README.txt", _explanation(drawn, plan, recipe).encode())
    return buffer.getvalue()


def _store(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
    archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), content, packed)


def _layer_name(ink: int, colour: str) -> str:
    return f"ink-{ink + 1}-{colour[1:]}.png"


def _palette_json(drawn: Separations) -> bytes:
    rows = [
        {"ink": s.ink, "colour": s.colour, "share": round(s.share, 4), "layer": _layer_name(s.ink, s.colour)}
        for s in swatches(drawn)
    ]
    return (json.dumps(rows, indent=1) + "\n").encode()


def _palette_gpl(drawn: Separations) -> bytes:
    lines = ["GIMP Palette", "Name: AI Fashion fabric", "Columns: 6", "#"]
    for swatch in swatches(drawn):
        red, green, blue = bytes.fromhex(swatch.colour[1:])
        lines.append(f"{red:3d} {green:3d} {blue:3d}\tInk {swatch.ink + 1}")
    return ("\n".join(lines) + "\n").encode()


def _explanation(drawn: Separations, plan: PrintPlan, recipe: RecipeFile) -> str:
    rows = "\n".join(
        f"  {_layer_name(s.ink, s.colour)}  {s.colour}  {100 * s.share:.1f} % of the cloth" for s in swatches(drawn)
    )
    return f"""Ink layers of a fabric ({recipe.category}, generator {recipe.generator}). Made by an AI model.

{plan}. Repeat: {plan.repeat}; the layers hold the whole block: lay it side by side.

{rows}

In a layer black is full ink and white is none; where inks meet, their amounts add up to one. The fabric's colour at a place is
the sum of each ink's amount times its sRGB colour. The faint weave of the PNG and TIFF is not in the layers: cloth has its own.
recipe.json opens in the Studio and draws the same fabric again.
"""
