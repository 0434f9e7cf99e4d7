"""How close starting from a picture gets: ``python -m ml.textiles.invert_figures [--category plaid] [--sheet sheet.webp]``.

Figures are of real swatches that were kept aside, as parts of the distance of a usual fabric. The sheet shows none of them: its pictures
are fabrics of each category's earlier generator, laid, lit and blurred as a photo shows cloth, and four drawings by this file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ml.bundle import earlier_models
from ml.checkpoints import write_atomically
from ml.encode import Mark, encode_webp
from ml.errors import told_in_a_sentence
from ml.images import Bytes, read_picture
from ml.textiles.config import CATEGORIES
from ml.textiles.data import kept_aside, swatch_paths
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.invert import RECALLED, USUAL, Looked, Search, check_swatch, find_fabric
from ml.textiles.recipe import Recipe
from ml.training_data import training_data

SEED, SIDE, GAP = 7, 160, 8
QUALITY = 85


def measure(generator: FabricGenerator, picture: Bytes) -> dict[str, float]:
    """Distances to one picture, each as a part of a usual fabric's."""
    search = Search(generator, picture)
    bank = search.look(search.places)
    guess, recalled = search.guess(), search.recall(RECALLED)
    few = search.look(search.places[:USUAL])
    found = {
        "the encoder's guess alone": guess,
        f"the closest of {len(search.places)}": bank,
        f"the closest of {RECALLED} that the encoder recalls": recalled,
        "CMA-ES from the guess": search.refine(guess),
        f"CMA-ES from the closest of {len(search.places)} (without an encoder)": search.refine(bank),
        f"CMA-ES from the closest of {USUAL} and {RECALLED} recalled (as it is)": search.refine(
            min(recalled, few, key=Looked.distance)
        ),
    }
    usual = float(np.median(bank.distances))
    figures = {name: looked.distance() / usual for name, looked in found.items()}
    figures["part of the bank that is closer than the guess"] = float(np.mean(bank.distances < guess.distance()))
    return figures


def swatches_aside(folder: Path, category: str, count: int) -> list[Path]:
    """So many of those kept aside, from the first to the last."""
    paths = swatch_paths(folder, category)
    aside = [path for path, out in zip(paths, kept_aside(len(paths)), strict=True) if out]
    return [aside[int(place)] for place in np.linspace(0, len(aside) - 1, min(count, len(aside)))]


def as_photo(tile: Bytes, turn: float) -> Bytes:
    """A tile, uint8 (S, S, 3), as a photo of the cloth, uint8 (S, S, 3): turned by degrees, lit from one side, a little blurred."""
    side = len(tile)
    matrix = cv2.getRotationMatrix2D((side, side), turn, 1.05)
    turned = cv2.warpAffine(np.tile(tile, (2, 2, 1)), matrix, (2 * side, 2 * side), borderMode=cv2.BORDER_WRAP)
    middle = cv2.GaussianBlur(turned[side // 2 :][:side, side // 2 :][:, :side], (0, 0), 0.7).astype(np.float32)
    light = np.linspace(0.82, 1.1, side, dtype=np.float32)[:, None, None] * np.linspace(1.05, 0.95, side)[:, None]
    grain = np.random.RandomState(SEED).normal(0, 4, middle.shape)
    return np.clip(middle * light + grain, 0, 255).astype(np.uint8)


def drawings() -> dict[str, Bytes]:
    """Category → a cloth drawn by rule, uint8 (160, 160, 3)."""
    y, x = np.mgrid[:SIDE, :SIDE]
    bands = [(each % 40 < 16).astype(int) for each in (x, y)]
    dots = np.hypot((x + 20 * (y // 40 % 2)) % 40 - 20, y % 40 - 20) < 11
    chevron = (y + np.abs(x % 40 - 20)) % 32 < 16
    rules = {
        "striped": (x % 40 < 12) + (x % 40 > 32) * 2,
        "plaid": bands[0] + bands[1],
        "dotted": dots.astype(int),
        "zigzag": chevron.astype(int),
    }
    colours = {
        "striped": ((238, 232, 214), (36, 62, 120), (190, 70, 60)),
        "plaid": ((245, 245, 240), (205, 120, 120), (170, 30, 40)),
        "dotted": ((30, 60, 70), (240, 214, 150)),
        "zigzag": ((250, 240, 220), (60, 110, 90)),
    }
    return {name: np.array(colours[name], np.uint8)[rule.astype(int)] for name, rule in rules.items()}


def pictures_of_our_own() -> Iterator[tuple[str, Bytes]]:
    """Category and a picture of cloth that its generator never saw."""
    for number, model in enumerate(each for each in earlier_models("textiles") if each.version.startswith("1-")):
        generator = FabricGenerator.load(model.files["weights"], model.files["onnx"])
        yield model.name, as_photo(generator.draw(Recipe(SEED + number), SIDE), turn=5 - number % 3 * 4)
    for category, picture in drawings().items():
        yield category, as_photo(picture, turn=2)


def draw_sheet() -> Bytes:
    """Rows of picture, guess and what is found, two abreast: uint8 (H, W, 3)."""
    rows = []
    for category, picture in pictures_of_our_own():
        generator = load_generator(category)
        search = Search(generator, picture)
        guess = search.settle(search.guess(), search.look(search.places[:USUAL]), noises=1)
        found = find_fabric(generator, picture)
        print(f"{category}: closeness {guess.closeness:.2f} guessed, {found.closeness:.2f} found", flush=True)
        drawn = (generator.draw(each.recipe, SIDE) for each in (guess, found))
        rows.append(np.concatenate([_framed(each) for each in (check_swatch(picture), *drawn)], axis=1))
    half = (len(rows) + 1) // 2
    rows += [np.full_like(rows[0], 255)] * (2 * half - len(rows))
    columns = [np.concatenate(part, axis=0) for part in (rows[:half], rows[half:])]
    gap = np.full((len(columns[0]), 3 * GAP, 3), 255, np.uint8)
    return np.concatenate([columns[0], gap, columns[1]], axis=1)


def _framed(picture: Bytes) -> Bytes:
    shown = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return np.pad(shown, ((GAP // 2,) * 2, (GAP // 2,) * 2, (0, 0)), constant_values=255)


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ml.textiles.invert_figures", description="How close starting from a picture gets."
    )
    parser.add_argument("--data", type=Path, help="folder that holds textiles/")
    parser.add_argument(
        "--category", choices=CATEGORIES, action="append", help="default: floral, plaid, striped, animal"
    )
    parser.add_argument("--number", type=int, default=4, help="swatches a category")
    parser.add_argument("--sheet", type=Path, help="draw the sheet into this file, instead of measuring")
    given = parser.parse_args(arguments)
    if given.sheet:
        write_atomically(given.sheet, encode_webp(draw_sheet(), QUALITY, Mark.GENERATED))
        return 0
    rows = []
    for category in given.category or ("floral", "plaid", "striped", "animal"):
        generator = load_generator(category)
        for path in swatches_aside(training_data(given.data) / "textiles", category, given.number):
            rows.append(measure(generator, read_picture(path)))
            print(category, path.name, *(f"{value:.2f}" for value in rows[-1].values()), flush=True)
    for name in rows[0]:
        print(f"| {name} | {np.mean([row[name] for row in rows]):.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
