"""What helps the garment net: ``python -m ml.garments.ablate --out runs/garments/ablate --pseudo FOLDER`` (``--write``: into the docs).

Short runs of equal length from the same encoder, each without one ingredient of the recipe, scored on the tuning photos
and on the stock photos that were not learned from. Two runs with everything, from two seeds, say how much is chance.
Runs that are done are not done again.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ml.errors import MlError, told_in_a_sentence
from ml.garments.config import CLASSES, Settings, Stage
from ml.garments.data import Pair, TrainingPictures, data_folder, read_pairs, read_swatches, split_ids
from ml.garments.evaluate import evaluate_pairs, torch_predictor
from ml.garments.metrics import mask_iou
from ml.garments.pseudo import read_pseudo_pairs
from ml.garments.stock import STOCK_CLASSES, read_stock_pairs, stock_mask, stock_paths
from ml.garments.train import Training, choose_device, run_training
from ml.images import Bytes, read_picture, resize_smooth

TABLE = Path(__file__).resolve().parents[2] / "docs" / "garments" / "ablation.md"
SIDE = 480  # long side at which photos are learned from and scored
SMALL, LARGE = Stage(0.7, 160, 8), Stage(1.0, 224, 5)

# What is left out → the settings that leave it out.
VARIANTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "everything, another seed": {"seed": 1},
    "an encoder that knows ImageNet": {"pretrained": False, "encoder_rate": 1.0},
    "photos labelled by an earlier net": {"pseudo_weight": 0.0},
    "zoom-in crops like selfies": {"selfie_share": 0.0},
    "stock photos with outlines": {"stock_share": 0.0},
    "garments copied onto other grounds": {"flat_share": 0.0},
    "more of rare classes": {"rare_share": 0.0, "class_weights": (1.0,) * len(CLASSES)},
    "soft borders": {"soft_borders": False},
    "Dice beside the cross-entropy": {"dice_weight": 0.0},
    "other light, colours, blur and noise": {"pixel_share": 0.0},
    "a last stage at serving size": {"stages": (dataclasses.replace(SMALL, until=1.0),)},
}
COLUMNS = {
    "mean_iou": "mean IoU",
    "clothing": "clothing",
    "upper": "upper body",
    "rare": "skirt, dress",
    "stock": "stock",
}


def settings_of(name: str, steps: int) -> Settings:
    """The settings of one variant, ``steps`` long."""
    common = Settings(stages=(SMALL, LARGE), steps=steps, evaluate_steps=steps, cache_side=SIDE, street_least=0.78)
    return dataclasses.replace(common, **VARIANTS[name])


@dataclasses.dataclass(frozen=True)
class Material:
    """All that the runs learn from and are scored on, read once."""

    pairs: list[Pair]
    pseudo: list[Pair]
    stock: list[Pair]
    swatches: list[Bytes]
    tuning: list[Pair]
    aside: list[Pair]  # stock photos that are only measured: 1 inside the outline


def read_material(data: Path, pseudo: Path | None) -> Material:
    """Raises MlError when there is no data."""
    split = split_ids(data)
    return Material(
        read_pairs(data, split.training, SIDE),
        read_pseudo_pairs(data, pseudo, SIDE) if pseudo else [],
        read_stock_pairs(data, SIDE),
        read_swatches(data),
        read_pairs(data, split.tuning, SIDE),
        _stock_aside(data),
    )


def _stock_aside(data: Path) -> list[Pair]:
    pairs = []
    for folder in STOCK_CLASSES:
        for path in stock_paths(data, folder, training=False):
            photo = read_picture(path)
            scale = min(1.0, SIDE / max(photo.shape))
            photo = resize_smooth(photo, round(photo.shape[1] * scale), round(photo.shape[0] * scale))
            mask = stock_mask(path, photo.shape)
            if mask is not None:
                pairs.append(Pair(f"{folder}/{path.stem}", photo, mask.astype(np.uint8)))
    return pairs


def run_variant(name: str, material: Material, out: Path, steps: int, device: torch.device) -> dict[str, float]:
    """Train one variant and score it, or read the scores that it left; keys as in COLUMNS, shares 0-1."""
    folder = out / name.replace(",", "").replace(" ", "-").lower()
    done = folder / "ablation.json"
    settings = settings_of(name, steps)
    wanted = json.loads(json.dumps(settings.as_dict()))
    if done.exists():
        left: dict[str, Any] = json.loads(done.read_text())
        if left["settings"] == wanted:
            return dict(left["figures"])
    folder.mkdir(parents=True, exist_ok=True)
    pseudo = material.pseudo if settings.pseudo_weight else []
    stock = material.stock if settings.stock_share else []
    pictures = TrainingPictures(material.pairs, settings, material.swatches, pseudo, stock)
    training = Training(settings, pictures, device)
    if settings.pretrained:
        training.start_encoder()
    run_training(training, folder, material.tuning[:2])
    figures = score(training, material, device)
    done.write_text(json.dumps({"settings": wanted, "figures": figures}, indent=1) + "\n")
    return figures


def score(training: Training, material: Material, device: torch.device) -> dict[str, float]:
    """Every variant is served at the larger size, as it would be."""
    predict = torch_predictor(training.average, LARGE.width, device)
    found = evaluate_pairs(predict, material.tuning)
    shapes = [mask_iou(pair.labels > 0, predict(pair.photo) > 1) for pair in material.aside]
    rare = [iou for name in ("skirt", "dress") if (iou := found["class_iou"][name]) is not None]
    return {
        "mean_iou": found["mean_iou"],
        "clothing": found["clothing_iou"],
        "upper": found["upper_body"]["clothing_iou"],
        "rare": round(float(np.mean(rare)), 4) if rare else float("nan"),
        "stock": round(float(np.mean(shapes)), 4) if shapes else float("nan"),
    }


def page(figures: dict[str, dict[str, float]], steps: int, pseudo: int) -> str:
    """The table in Markdown: first with everything, then what each loss costs."""
    lines = [
        "# What helps the garment net",
        "",
        f"`python -m ml.garments.ablate`: runs of {steps} steps from the same encoder, the last third at "
        f"{LARGE.width}x{LARGE.width * 3 // 2}, each without one ingredient; {pseudo} photos had labels by an earlier net.",
        "",
        "The net alone, without clean-up, on the 40 tuning photos: mean IoU of nine classes, clothing against the rest, the same on "
        "upper-body crops, mean IoU of skirts and dresses; and the mean IoU of the shape on the stock photos that are only measured. "
        "In brackets: what leaving it out changed, in hundredths, against the mean of the two runs with everything; what is smaller "
        "than the difference of those two is chance.",
        "",
        "| without | " + " | ".join(COLUMNS.values()) + " |",
        "| --- |" + " ---: |" * len(COLUMNS),
    ]
    whole = [values for name, values in figures.items() if name.startswith("everything")]
    for name, values in figures.items():
        cells = []
        for key in COLUMNS:
            change = 100 * (values[key] - float(np.mean([each[key] for each in whole]))) if whole else 0.0
            cells.append(f"{values[key]:.3f}" + ("" if name.startswith("everything") else f" ({change:+.1f})"))
        label = name.replace("everything", "nothing", 1)
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure what each ingredient of the garment net's recipe is worth.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--data", type=Path, help="folder with ccp/ (default: AIFASHION_DATA, else ../shared/data)")
    parser.add_argument("--pseudo", type=Path, help="label maps of the unlabelled photos, from ml.garments.pseudo")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--only", choices=VARIANTS, action="append", help="these alone; may be said several times")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--write", action="store_true", help=f"also write {TABLE.name}")
    arguments = parser.parse_args(words)
    if arguments.steps < 1:
        raise MlError("A run has at least one step.")
    torch.set_num_threads(arguments.threads)
    material = read_material(data_folder(arguments.data), arguments.pseudo)
    figures = {}
    for name in arguments.only or VARIANTS:
        figures[name] = run_variant(name, material, arguments.out, arguments.steps, choose_device(arguments.device))
        text = page(figures, arguments.steps, len(material.pseudo))
        if arguments.write:
            TABLE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
