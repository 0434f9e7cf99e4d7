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
from ml.errors import told_in_a_sentence
from ml.images import Bytes, read_picture, resize_smooth
from ml.textiles.card import write_card
from ml.textiles.classifier import classify, train_classifier
from ml.textiles.config import CATEGORIES
from ml.textiles.data import CROP, kept_aside, swatch_paths
from ml.textiles.generate import FabricGenerator, load_generator, print_separations
from ml.textiles.metrics import mean_pairwise_distance, nearest_distance, sliced_wasserstein
from ml.textiles.recipe import Recipe
from ml.training_data import training_data

SIDE = 128  # all measures look at swatches and fabrics at this size
SHEET = 40
CLOSEST = 16
SHIFTED = ((8, 256, 8), (8, 256, 2), (8, 1024, 4), (5, 320, 5), (7, 336, 1), (9, 144, 3))  # cells, size, motif


def read_swatches(root: Path) -> dict[str, Bytes]:
    """Every category's swatches, uint8 (count, 128, 128, 3)."""
    return {
        category: np.stack([resize_smooth(read_picture(path), SIDE, SIDE) for path in swatch_paths(root, category)])
        for category in CATEGORIES
    }


def split(swatches: Bytes) -> tuple[Bytes, Bytes]:
    """Training and validation swatches: every sixth is kept aside."""
    aside = kept_aside(len(swatches))
    return swatches[~aside], swatches[aside]


def shift_error(generator: FabricGenerator) -> int:
    """Largest difference, in 1/255, between a shifted picture and the picture of shifted noise, over motifs, sizes and cells."""
    worst = 0
    for cells, size, motif in SHIFTED:
        recipe = Recipe(11, cells=cells, motif=motif)
        styles, noise = (each[None] for each in generator.latent(recipe))
        moved = np.roll(noise, (1, 2), (2, 3))
        here, there = (
            print_separations(generator.separations_of(styles, each)[0], size).astype(int) for each in (noise, moved)
        )
        step = size // cells
        worst = max(worst, int(np.abs(np.roll(here, (step, 2 * step), (0, 1)) - there).max()))
    return worst


def crops_of(pictures: Bytes, side: int = CROP) -> Bytes:
    """One crop of each, uint8 (N, side, side, 3), from places that depend on nothing but the number of pictures."""
    far = pictures.shape[1] - side + 1
    places = np.random.default_rng(0).integers(far, size=(len(pictures), 2))
    return np.stack(
        [picture[top : top + side, left : left + side] for picture, (top, left) in zip(pictures, places, strict=True)]
    )


def measure(root: Path, number: int, epochs: int, runs: Path) -> list[dict[str, Any]]:
    """A row of figures for each category; pictures of the closest fabrics beside their swatches go to ``runs``."""
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
        nearest, which = nearest_distance(fabrics, real)
        closest = np.argsort(nearest)[:CLOSEST]
        _save_pairs(runs / f"closest-{category}.png", fabrics[closest], real[which[closest]])
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
                **_beside_the_tutorial(runs / "tutorial" / f"{category}.safetensors", fabrics[:half], real[:half]),
                "spread": round(mean_pairwise_distance(fabrics), 1),
                "spread_real": round(mean_pairwise_distance(real), 1),
                "nearest": round(float(nearest.min()), 1),
                "shift": shift_error(generator),
            }
        )
        print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def _beside_the_tutorial(path: Path, fabrics: Bytes, real: Bytes) -> dict[str, float]:
    """Distances at 64 px of ours and of the tutorial DCGAN's pictures, where one was trained (ml.textiles.tutorial)."""
    if not path.exists():
        return {}
    from ml.textiles.tutorial import draw_tutorial

    swatches = crops_of(real)
    ours, theirs = (sliced_wasserstein(each, swatches) for each in (crops_of(fabrics), draw_tutorial(path, len(real))))
    return {"swd_64": round(ours, 1), "swd_tutorial": round(theirs, 1)}


def _save_pairs(path: Path, fabrics: Bytes, swatches: Bytes) -> None:
    """Fabrics above their nearest training swatches. Stays in the run folder: swatches are not part of the project."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [np.concatenate(list(each), axis=1) for each in (fabrics, swatches)]
    Image.fromarray(np.concatenate(rows)).save(path)


def contact_sheet(generator: FabricGenerator, side: int = 160) -> Image.Image:
    """Forty uncurated seeds, 0 to 39, ten a row."""
    tiles = generator.draw_many([Recipe(seed) for seed in range(SHEET)], side)
    tiles = np.pad(tiles, ((0, 0), (4, 4), (4, 4), (0, 0)), constant_values=255)
    return Image.fromarray(np.concatenate([np.concatenate(list(tiles[i : i + 10]), 1) for i in range(0, SHEET, 10)]))


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.evaluate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder that holds textiles/")
    parser.add_argument("--number", type=int, default=256, help="fabrics a category")
    parser.add_argument("--epochs", type=int, default=30, help="of the classifier")
    parser.add_argument("--sheets", type=Path, default=Path("docs/textiles"))
    parser.add_argument("--runs", type=Path, default=Path("runs/textiles"), help="where training left its runs")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    given.sheets.mkdir(parents=True, exist_ok=True)
    for category in CATEGORIES:
        contact_sheet(load_generator(category)).save(given.sheets / f"{category}.webp", quality=85)
    rows = measure(training_data(given.data) / "textiles", given.number, given.epochs, given.runs)
    write_atomically(BUNDLED / "textiles" / "figures.json", (json.dumps(rows, indent=1) + "\n").encode())
    write_card(BUNDLED / "textiles" / "CARD.md", rows, bundled_models("textiles"), given.number)
    return 0


if __name__ == "__main__":
    sys.exit(main())
