"""Measure the bundled generators: ``python -m ml.textiles.evaluate`` (what ``make eval-textiles`` runs).

One table, a row a category: recognised (by a classifier trained on real swatches, beside real validation swatches), sliced
Wasserstein distance (beside the real-against-real floor), how varied (beside the real), nearest training swatch, and the largest
difference of the shift test. Written into the model card and beside it as JSON; contact sheets of 40 uncurated seeds into ``docs``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ml.bundle import BUNDLED, bundled_models
from ml.checkpoints import write_atomically
from ml.errors import MlError
from ml.images import Bytes, read_picture, resize_smooth
from ml.textiles.card import write_card
from ml.textiles.classifier import classify, train_classifier
from ml.textiles.config import CATEGORIES
from ml.textiles.data import swatch_paths
from ml.textiles.generate import FabricGenerator, load_generator, print_separations
from ml.textiles.metrics import mean_pairwise_distance, nearest_distance, sliced_wasserstein
from ml.textiles.recipe import Recipe
from ml.training_data import training_data

SIDE = 128  # all measures look at swatches and fabrics at this size
SHEET = 40


def read_swatches(root: Path) -> dict[str, Bytes]:
    """Every category's swatches, uint8 (count, 128, 128, 3)."""
    return {
        category: np.stack([resize_smooth(read_picture(path), SIDE, SIDE) for path in swatch_paths(root, category)])
        for category in CATEGORIES
    }


def split(swatches: Bytes) -> tuple[Bytes, Bytes]:
    """Training and validation swatches: every sixth is kept aside."""
    aside = np.arange(len(swatches)) % 6 == 5
    return swatches[~aside], swatches[aside]


def shift_error(generator: FabricGenerator, size: int = 320, cells: int = 5) -> int:
    """Largest difference, in 1/255, between a shifted picture and the picture of shifted noise."""
    recipe = Recipe(11, cells=cells)
    styles = np.repeat(generator.style(recipe)[None, None], len(generator.settings.widths) + 1, axis=1)
    noise = generator.draw_latent(recipe)[1][None]
    here = print_separations(generator.separations_of(styles, noise)[0], size).astype(int)
    there = print_separations(generator.separations_of(styles, np.roll(noise, (1, 2), (2, 3)))[0], size).astype(int)
    step = size // cells
    return int(np.abs(np.roll(here, (step, 2 * step), (0, 1)) - there).max())


def measure(root: Path, number: int, epochs: int) -> list[dict[str, Any]]:
    """A row of figures for each category."""
    swatches = read_swatches(root)
    parts = {category: split(real) for category, real in swatches.items()}
    training = np.concatenate([parts[c][0] for c in CATEGORIES])
    classes = np.concatenate([np.full(len(parts[c][0]), i) for i, c in enumerate(CATEGORIES)])
    judge = train_classifier(training, classes, epochs=epochs)
    rows = []
    for index, category in enumerate(CATEGORIES):
        generator = load_generator(category)
        fabrics = np.concatenate(
            [generator.draw_many([Recipe(s) for s in range(i, i + 16)], SIDE) for i in range(0, number, 16)]
        )
        real = swatches[category]
        nearest, _ = nearest_distance(fabrics, real)
        seen = classify(judge, fabrics)
        names = [CATEGORIES[i] for i in np.bincount(seen, minlength=len(CATEGORIES)).argsort()[::-1][:3]]
        half = min(len(real) // 2, number)
        rows.append(
            {
                "category": category,
                "recognised_real": round(float((classify(judge, parts[category][1]) == index).mean()), 3),
                "recognised": round(float((seen == index).mean()), 3),
                "seen_as": names,
                "swd": round(sliced_wasserstein(fabrics[:half], real[:half]), 1),
                "swd_real": round(sliced_wasserstein(real[1::2][:half], real[::2][:half]), 1),
                "spread": round(mean_pairwise_distance(fabrics), 1),
                "spread_real": round(mean_pairwise_distance(real), 1),
                "nearest": round(float(nearest.min()), 1),
                "shift": shift_error(generator),
            }
        )
        print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def contact_sheet(generator: FabricGenerator, side: int = 160) -> Image.Image:
    """Forty uncurated seeds, 0 to 39, ten a row."""
    tiles = generator.draw_many([Recipe(seed) for seed in range(SHEET)], side)
    tiles = np.pad(tiles, ((0, 0), (4, 4), (4, 4), (0, 0)), constant_values=255)
    return Image.fromarray(np.concatenate([np.concatenate(list(tiles[i : i + 10]), 1) for i in range(0, SHEET, 10)]))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.evaluate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder that holds textiles/")
    parser.add_argument("--number", type=int, default=256, help="fabrics a category")
    parser.add_argument("--epochs", type=int, default=30, help="of the classifier")
    parser.add_argument("--sheets", type=Path, default=Path("docs/textiles"))
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        given.sheets.mkdir(parents=True, exist_ok=True)
        for category in CATEGORIES:
            contact_sheet(load_generator(category)).save(given.sheets / f"{category}.webp", quality=85)
        rows = measure(training_data(given.data) / "textiles", given.number, given.epochs)
        write_atomically(BUNDLED / "textiles" / "figures.json", (json.dumps(rows, indent=1) + "\n").encode())
        write_card(BUNDLED / "textiles" / "CARD.md", rows, bundled_models("textiles"), given.number)
    except MlError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
