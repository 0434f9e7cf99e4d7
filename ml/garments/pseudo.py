"""Labels for the unlabelled photos, by the net itself: ``python -m ml.garments.pseudo --model RUN/model.safetensors --out FOLDER``.

Self-training (Lee 2013; Xie et al. 2020, Noisy Student): what a trained net is sure of becomes a label, what it is not sure of is ignored,
and the next net learns from both. The labels are of one photo each way round, as when serving; they lie in FOLDER as PNG files with
values 0-8, and 255 where unsure. ``python -m ml.garments.train --pseudo FOLDER`` learns from them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ml.checkpoints import load_checkpoint
from ml.errors import PictureError, told_in_a_sentence
from ml.garments.config import CHECKPOINT_KIND, IGNORED_CLASS, Settings
from ml.garments.data import Pair, data_folder
from ml.garments.model import GarmentNet, build_model
from ml.garments.serving import fit_size, grow_probabilities
from ml.images import Bytes, read_picture, resize_labels, resize_smooth

SURE = 0.75  # of the most likely class


def pseudo_labels(net: GarmentNet, photo: Bytes, width: int, sure: float = SURE) -> Bytes:
    """uint8 (H, W): the class of each pixel, 255 where no class reaches ``sure`` on the mean of the photo and its mirror image."""
    import torch

    height, wide = photo.shape[:2]
    small = resize_smooth(photo, *fit_size(wide, height, width))
    both = torch.from_numpy(np.stack([small, small[:, ::-1]]).transpose(0, 3, 1, 2).astype(np.float32) / 255.0)
    with torch.inference_mode():
        one, mirrored = net(both.contiguous(memory_format=torch.channels_last)).softmax(dim=1)
    grown = grow_probabilities(((one + mirrored.flip(-1)) / 2).numpy(), wide, height)
    return np.where(grown.max(axis=0) >= sure, grown.argmax(axis=0), IGNORED_CLASS).astype(np.uint8)


def read_pseudo_pairs(data: Path, folder: Path, side: int) -> list[Pair]:
    """Unlabelled photos with the labels in ``folder``, no side longer than ``side``. Raises PictureError when there are none."""
    from PIL import Image

    pairs = []
    for path in sorted(folder.glob("*.png")):
        photo = read_picture(data / "ccp" / "unlabelled" / f"{path.stem}.jpg")
        with Image.open(path) as opened:
            labels = np.asarray(opened)
        scale = min(1.0, side / max(photo.shape[:2]))
        width, height = round(photo.shape[1] * scale), round(photo.shape[0] * scale)
        pairs.append(Pair(path.stem, resize_smooth(photo, width, height), resize_labels(labels, width, height)))
    if not pairs:
        raise PictureError(f"There are no label maps in {folder}: make them with python -m ml.garments.pseudo.")
    return pairs


def label_photos(model: Path, data: Path, out: Path, side: int, progress: bool = True) -> int:
    """Write a label map for every unlabelled photo that has none in ``out`` yet; returns how many were written."""
    from PIL import Image
    from tqdm import tqdm

    checkpoint = load_checkpoint(model, kind=CHECKPOINT_KIND)
    settings = Settings.from_dict(checkpoint.settings)
    net = build_model(settings)
    net.load_state_dict(checkpoint.tensors)
    net.eval()
    out.mkdir(parents=True, exist_ok=True)
    photos = [
        path for path in sorted((data / "ccp" / "unlabelled").glob("*.jpg")) if not (out / f"{path.stem}.png").exists()
    ]
    for path in tqdm(photos, desc="label photos", disable=not progress):
        photo = read_picture(path)
        scale = min(1.0, side / max(photo.shape[:2]))
        small = resize_smooth(photo, round(photo.shape[1] * scale), round(photo.shape[0] * scale))
        Image.fromarray(pseudo_labels(net, small, settings.serving_width)).save(out / f"{path.stem}.png")
    return len(photos)


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml.garments.pseudo", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="model.safetensors of a training run")
    parser.add_argument("--out", type=Path, required=True, help="folder for the label maps")
    parser.add_argument("--data", type=Path, help="folder with ccp/ (default: AIFASHION_DATA, else ../shared/data)")
    parser.add_argument("--side", type=int, default=Settings.cache_side)
    arguments = parser.parse_args(words)
    count = label_photos(arguments.model, data_folder(arguments.data), arguments.out, arguments.side)
    print(f"{count} photos labelled in {arguments.out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
