"""Where the net fails, on pictures of our own: ``python -m ml.garments.limits`` writes ``docs/garments/``.

Each stock garment is shown as it is and in conditions known to be hard; its mask is the truth. A sheet shows what was found, a page
tells the IoU of the shape (any garment class) and the name. The garments lie or hang on plain grounds and nobody wears them, so the
page says where the net begins to fail, not how often it does on people's photos.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.checkpoints import write_atomically
from ml.compositing.bench_patterns import bench_patterns
from ml.compositing.drape import drape
from ml.compositing.placement import Placement
from ml.errors import PictureError, told_in_a_sentence
from ml.garments.metrics import mask_iou
from ml.garments.segment import load_segmenter
from ml.images import Bytes, Floats, linear_to_srgb, read_picture, resize_smooth, srgb_to_linear

ROOT = Path(__file__).resolve().parents[2]
STOCK, OUT = ROOT / "tryon" / "stock", ROOT / "docs" / "garments"
SIZE = (480, 640)  # width, height at which the garments are shown
CELL = (180, 240)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Garment:
    """A stock garment at SIZE. photo: uint8 (H, W, 3). alpha: float32 (H, W). kind: its class."""

    name: str
    photo: Bytes
    alpha: Floats
    kind: str


def read_garment(folder: Path) -> Garment:
    """Raises PictureError when something is missing or damaged."""
    try:
        kind = str(json.loads((folder / "garment.json").read_text())["garment"])
        mask = read_picture(folder / "mask.png")[..., 0]
    except (OSError, ValueError, KeyError) as error:
        raise PictureError(f"{folder.name} is not a stock garment ({type(error).__name__}).") from None
    alpha = resize_smooth(np.repeat(mask[..., None], 3, axis=2), *SIZE)[..., 0].astype(np.float32) / np.float32(255)
    return Garment(folder.name, resize_smooth(read_picture(folder / "photo.jpg"), *SIZE), alpha, kind)


def _mixed(garment: Garment, cloth: Floats, ground: Floats) -> Bytes:
    light = srgb_to_linear(garment.photo)
    alpha = garment.alpha[..., None]
    return linear_to_srgb(light * (alpha * cloth + (1 - alpha) * ground))


def _gains(garment: Garment, colour: tuple[float, float, float], inside: bool) -> Floats:
    """What brings the garment, or the ground, to a median linear colour, float32 (3,)."""
    there = garment.alpha > 0.9 if inside else garment.alpha < 0.1
    median = np.median(srgb_to_linear(garment.photo)[there], axis=0)
    gains: Floats = (np.array(colour, np.float32) / np.maximum(median, 0.02)).astype(np.float32)
    return gains


def as_it_is(garment: Garment) -> tuple[Bytes, Mask]:
    return garment.photo, garment.alpha > 0.5


def dark_on_dark(garment: Garment) -> tuple[Bytes, Mask]:
    dark = (0.012, 0.012, 0.016)
    return _mixed(
        garment, _gains(garment, dark, True), _gains(garment, (0.02, 0.018, 0.016), False)
    ), garment.alpha > 0.5


def of_the_grounds_colour(garment: Garment) -> tuple[Bytes, Mask]:
    sand = (0.5, 0.42, 0.33)
    return _mixed(garment, _gains(garment, sand, True), _gains(garment, sand, False)), garment.alpha > 0.5


def on_a_printed_ground(garment: Garment) -> tuple[Bytes, Mask]:
    pattern = bench_patterns()["motif"]
    ground = np.clip(1 - garment.alpha, 0, 1).astype(np.float32)
    return drape(garment.photo, pattern.tile, ground, Placement(pattern.cm), 5.0, strength=0.0), garment.alpha > 0.5


def striped(garment: Garment) -> tuple[Bytes, Mask]:
    pattern = bench_patterns()["stripes"]
    return drape(garment.photo, pattern.tile, garment.alpha, Placement(pattern.cm), 5.0), garment.alpha > 0.5


def upside_down(garment: Garment) -> tuple[Bytes, Mask]:
    return garment.photo[::-1].copy(), garment.alpha[::-1] > 0.5


def far_away(garment: Garment) -> tuple[Bytes, Mask]:
    """A fifth of the size on its own ground."""
    height, width = garment.alpha.shape
    photo = np.empty_like(garment.photo)
    photo[:] = np.median(garment.photo[garment.alpha < 0.1], axis=0)
    alpha = np.zeros((height, width), bool)
    small = resize_smooth(garment.photo, width // 5, height // 5)
    cover = resize_smooth((garment.alpha[..., None] * 255).astype(np.uint8).repeat(3, axis=2), width // 5, height // 5)
    top, left = height * 3 // 5, width // 4
    photo[top : top + len(small), left : left + small.shape[1]] = small
    alpha[top : top + len(small), left : left + small.shape[1]] = cover[..., 0] > 127
    return photo, alpha


def out_of_focus(garment: Garment) -> tuple[Bytes, Mask]:
    import cv2

    return np.asarray(cv2.GaussianBlur(garment.photo, (0, 0), 7), np.uint8), garment.alpha > 0.5


def night_and_noise(garment: Garment) -> tuple[Bytes, Mask]:
    noise = np.random.default_rng(1).normal(0, 0.012, garment.photo.shape)
    return linear_to_srgb(
        np.clip(srgb_to_linear(garment.photo) * 0.05 + noise, 0, 1).astype(np.float32)
    ), garment.alpha > 0.5


CONDITIONS: dict[str, Callable[[Garment], tuple[Bytes, Mask]]] = {
    "as it is": as_it_is,
    "dark on dark": dark_on_dark,
    "of the ground's colour": of_the_grounds_colour,
    "on a printed ground": on_a_printed_ground,
    "striped": striped,
    "upside down": upside_down,
    "far away": far_away,
    "out of focus": out_of_focus,
    "night and noise": night_and_noise,
}


@dataclass(frozen=True)
class Seen:
    """What the net made of one picture: IoU of the shape, was the largest garment called by its name, the picture with its outline."""

    iou: float
    named: bool
    picture: Bytes


def outlined(photo: Bytes, found: Mask, truth: Mask) -> Bytes:
    """The photo, what was found and is garment in green, what was found and is not in red, what was missed in blue."""
    shown = photo.astype(np.float32)
    for where, colour in (
        (found & truth, (40, 200, 90)),
        (found & ~truth, (235, 50, 40)),
        (~found & truth, (40, 90, 240)),
    ):
        shown[where] = 0.5 * shown[where] + 0.5 * np.array(colour, np.float32)
    return shown.astype(np.uint8)


def look(garments: list[Garment], segment: Callable[[Bytes], tuple[Bytes, str]]) -> dict[str, dict[str, Seen]]:
    """condition → garment → what was seen. segment: photo → classes uint8 (H, W) and the name of the largest garment."""
    table: dict[str, dict[str, Seen]] = {}
    for condition, make in CONDITIONS.items():
        table[condition] = {}
        for garment in garments:
            photo, truth = make(garment)
            labels, name = segment(photo)
            found = labels > 1
            table[condition][garment.name] = Seen(
                mask_iou(truth, found), name == garment.kind, outlined(photo, found, truth)
            )
    return table


def page(table: dict[str, dict[str, Seen]]) -> str:
    """The figures in Markdown."""
    lines = [
        "# Where the garment net fails\n",
        "`python -m ml.garments.limits`: stock garments of our own in conditions known to be hard. In the picture green was found, red was",
        "found and is no garment, blue was missed. Mean IoU of the shape, whatever its name; how many have at least 0.85; how many are",
        "called by their name. Nobody wears these garments: on people's photos the figures of the model card hold.\n",
        "![Stock garments, one column each, and what was found of them in each condition](limits.webp)\n",
        "| condition, from the top | mean IoU | at least 0.85 | named right |",
        "| --- | ---: | ---: | ---: |",
    ]
    for condition, seen in table.items():
        ious = [each.iou for each in seen.values()]
        good, named = sum(iou >= 0.85 for iou in ious), sum(each.named for each in seen.values())
        lines.append(f"| {condition} | {np.mean(ious):.2f} | {good} of {len(ious)} | {named} of {len(ious)} |")
    return "\n".join(lines) + "\n"


def sheet(table: dict[str, dict[str, Seen]]) -> Bytes:
    """A row a condition, a column a garment: uint8 (H, W, 3)."""
    rows = [
        np.concatenate([resize_smooth(each.picture, *CELL) for each in seen.values()], axis=1)
        for seen in table.values()
    ]
    return np.concatenate(rows)


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    from PIL import Image

    parser = argparse.ArgumentParser(prog="python -m ml.garments.limits", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stock", type=Path, default=STOCK)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(words)
    segmenter = load_segmenter()

    def segment(photo: Bytes) -> tuple[Bytes, str]:
        seen = segmenter.segment(photo)
        return seen.labels, seen.found[0].name if seen.found else ""

    garments = [read_garment(path.parent) for path in sorted(given.stock.glob("*/garment.json"))]
    if not garments:
        raise PictureError(f"There are no stock garments in {given.stock}.")
    table = look(garments, segment)
    given.out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet(table)).save(given.out / "limits.webp", quality=80, method=6)
    write_atomically(given.out / "limits.md", page(table).encode())
    print(page(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
