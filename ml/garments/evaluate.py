"""Figures on the photos held out: ``python -m ml.garments.evaluate`` scores the bundled model."""

from __future__ import annotations

import argparse
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.checkpoints import write_atomically
from ml.errors import told_in_a_sentence
from ml.garments.config import CLASSES
from ml.garments.data import Pair, Predict, crop_pair, data_folder, read_pair, read_pairs, split_ids, upper_body_box
from ml.garments.groups import evaluate_groups
from ml.garments.metrics import confusion, mask_iou, scores_of
from ml.garments.refine import garment_alpha
from ml.garments.regions import Steps, clean_labels, grow_labels
from ml.garments.segment import GarmentSegmenter, load_segmenter
from ml.garments.serving import fit_size, grow_probabilities
from ml.garments.stock import STOCK_CLASSES, stock_mask, stock_paths
from ml.images import Bytes, read_picture, resize_smooth

if TYPE_CHECKING:
    import torch

    from ml.garments.model import GarmentNet

# One colour per class, for sheets.
PALETTE = np.array(
    [
        [20, 20, 20],
        [255, 205, 170],
        [229, 57, 53],
        [57, 73, 229],
        [67, 180, 71],
        [240, 190, 0],
        [190, 60, 200],
        [0, 190, 200],
        [140, 140, 140],
    ],
    dtype=np.uint8,
)


def torch_predictor(model: GarmentNet, width: int, device: torch.device) -> Predict:
    """The net in PyTorch as a function from photo to labels, without any clean-up."""
    import torch

    from ml.garments.data import to_arrays

    def predict(photo: Bytes) -> Bytes:
        height, wide = photo.shape[:2]
        small = resize_smooth(photo, *fit_size(wide, height, width))
        inputs = torch.from_numpy(to_arrays(small[None])).to(device, memory_format=torch.channels_last)
        with torch.inference_mode():
            probabilities: npt.NDArray[np.float32] = model(inputs).softmax(dim=1)[0].float().cpu().numpy()
        labels: Bytes = grow_probabilities(probabilities, wide, height).argmax(axis=0).astype(np.uint8)
        return labels

    model.eval()
    return predict


def evaluate_pairs(predict: Predict, pairs: list[Pair]) -> dict[str, Any]:
    """Scores over whole photos and over upper-body crops of the same photos."""
    whole = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    upper = whole.copy()
    for pair in pairs:
        whole += confusion(pair.labels, predict(pair.photo))
        part = crop_pair(pair, upper_body_box(pair.labels))
        upper += confusion(part.labels, predict(part.photo))
    return {**scores_of(whole), "upper_body": scores_of(upper)}


def draw_sheet(predict: Predict, pairs: list[Pair], height: int = 320) -> bytes:
    """PNG bytes: each photo above its true and its found classes."""
    from PIL import Image

    columns = []
    for pair in pairs:
        width = max(round(pair.labels.shape[1] * height / pair.labels.shape[0]), 1)
        cells = [pair.photo, PALETTE[pair.labels], PALETTE[predict(pair.photo)]]
        columns.append(np.concatenate([resize_smooth(cell, width, height) for cell in cells]))
    file = io.BytesIO()
    Image.fromarray(np.concatenate(columns, axis=1)).save(file, "PNG")
    return file.getvalue()


def evaluate_bundle(segmenter: GarmentSegmenter, data: Path) -> dict[str, Any]:
    """All figures of the model card: each clean-up step, refined edges, flat-laid and stock garments, empty pictures."""
    from ml.garments.calibrate import empty_pictures, flat_pictures

    split = split_ids(data)
    figures = evaluate_steps(segmenter, [read_pair(data, name) for name in split.validation])
    pairs = read_pairs(data, split.validation, 640)
    figures["flat"] = evaluate_flats(segmenter, list(flat_pictures(data, pairs, 60, seed=3)))
    empties = [segmenter.segment(pair.photo).outcome for pair in empty_pictures(data, pairs, 60, seed=3)]
    figures["empty"] = {
        "pictures": len(empties),
        "not_found": round(float(np.mean([o != "found" for o in empties])), 4),
    }
    figures["stock"] = evaluate_stock(segmenter, data)
    figures["groups"] = evaluate_groups(lambda photo: segmenter.segment(photo).labels, pairs, data)
    return figures


def evaluate_steps(segmenter: GarmentSegmenter, pairs: list[Pair]) -> dict[str, Any]:
    """Scores at the photos' own size: the net alone, then each step added, then refined edges; upper bodies too."""
    off = Steps(flip=False, vote=False, drop_islands=False, fill_holes=False)
    ladder = {
        "net": off,
        "flip": replace(off, flip=True),
        "vote": replace(off, flip=True, vote=True),
        "islands": replace(off, flip=True, vote=True, drop_islands=True),
        "cleaned": Steps(),
    }
    tables = {name: np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64) for name in (*ladder, "upper_body")}
    refined = np.zeros((2, 2), dtype=np.int64)
    for pair in pairs:
        height, width = pair.labels.shape
        seen = {flip: segmenter.probabilities(pair.photo, replace(off, flip=flip)) for flip in (False, True)}
        for name, steps in ladder.items():
            labels = grow_labels(clean_labels(seen[steps.flip], steps), width, height)
            tables[name] += confusion(pair.labels, labels)
        alpha = garment_alpha(pair.photo, labels, CLASSES[2:])
        refined += np.bincount((pair.labels > 1).ravel() * 2 + (alpha > 0.5).ravel(), minlength=4).reshape(2, 2)
        part = crop_pair(pair, upper_body_box(pair.labels))
        tables["upper_body"] += confusion(part.labels, segmenter.segment(part.photo).labels)
    figures: dict[str, Any] = {name: scores_of(table) for name, table in tables.items() if name != "upper_body"}
    figures["cleaned"]["upper_body"] = scores_of(tables["upper_body"])
    figures["refined_clothing_iou"] = round(float(refined[1, 1] / (refined.sum() - refined[0, 0])), 4)
    return figures


def evaluate_flats(segmenter: GarmentSegmenter, pairs: list[Pair]) -> dict[str, Any]:
    """Flat-laid composites: is the shape found (any garment class), and is it called by its name?"""
    shapes, names, outcomes = [], [], []
    for pair in pairs:
        result = segmenter.segment(pair.photo)
        shapes.append(mask_iou(pair.labels > 1, result.labels > 1))
        names.append(bool(result.found) and result.found[0].index == int(pair.labels.max()))
        outcomes.append(result.outcome == "found")
    return {
        "pictures": len(pairs),
        "mean_shape_iou": round(float(np.mean(shapes)), 4),
        "shape_iou_above_085": round(float(np.mean(np.array(shapes) >= 0.85)), 4),
        "largest_named_right": round(float(np.mean(names)), 4),
        "outcome_found": round(float(np.mean(outcomes)), 4),
    }


def evaluate_stock(segmenter: GarmentSegmenter, data: Path) -> dict[str, Any]:
    """Photos of single garments that were not learned from: is the largest thing found that kind, and is its shape right?

    The shape is everything worn, whatever its class, where an outline was drawn.
    """
    by_folder: dict[str, str] = {}
    hits: list[bool] = []
    shapes: list[float] = []
    outcomes: list[str] = []
    for folder, wanted in STOCK_CLASSES.items():
        paths = stock_paths(data, folder, training=False)
        results = [segmenter.segment(read_picture(path)) for path in paths]
        named = [bool(result.found) and result.found[0].name == wanted for result in results]
        by_folder[folder] = f"{sum(named)} of {len(named)}"
        hits += named
        outcomes += [result.outcome for result in results]
        for path, result in zip(paths, results, strict=True):
            truth = stock_mask(path, result.labels.shape)
            if truth is not None:
                shapes.append(mask_iou(truth, result.labels > 1))
    return {
        "pictures": len(hits),
        "largest_named_right": round(float(np.mean(hits)), 4) if hits else None,
        "by_folder": by_folder,
        "outcomes": {outcome: outcomes.count(outcome) for outcome in ("found", "unsure", "none")},
        "outlined": len(shapes),
        "mean_shape_iou": round(float(np.mean(shapes)), 4) if shapes else None,
        "shape_iou_above_085": round(float(np.mean(np.array(shapes) >= 0.85)), 4) if shapes else None,
    }


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description="Score the bundled garment model on the held-out photos.")
    parser.add_argument("--data", type=Path, help="folder with ccp/ (default: AIFASHION_DATA, else ../shared/data)")
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file too")
    arguments = parser.parse_args(words)
    figures = evaluate_bundle(load_segmenter(), data_folder(arguments.data))
    text = json.dumps(figures, indent=1)
    if arguments.out:
        write_atomically(arguments.out, text.encode())
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
