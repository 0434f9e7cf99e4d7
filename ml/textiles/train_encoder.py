"""Train the encoder of :mod:`ml.textiles.encoder`: ``python -m ml.textiles.train_encoder`` (about ten minutes on one core).

For each bundled generator some hundred fabrics are drawn, printed in the inks of others, and worn as photos wear cloth: turned, cropped,
unevenly lit, blurred, with noise. From what the eyes see of them a small net learns the style each was drawn with.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ml.bundle import BUNDLED, bundled_models, load_session, register_model
from ml.checkpoints import save_checkpoint, sha256_of
from ml.errors import MlError
from ml.images import Bytes, Floats
from ml.onnx_files import shrink_weights
from ml.textiles.encoder import FAMILY, KIND_ENCODER, LOOKED_AT, NAME, Encoder
from ml.textiles.eyes import Eyes, load_eyes, pooled
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.recipe import Recipe
from ml.textiles.separations import Separations, print_separations

FABRICS, HIDDEN = 1200, 192
CELLS = 8  # a tile of 128 px at its native size


class _Seen(nn.Module):
    """The eyes as they are served."""

    def __init__(self, eyes: Eyes) -> None:
        super().__init__()
        self.features = eyes.features
        self.centre: Tensor
        self.spread: Tensor
        self.register_buffer("centre", eyes.centre)
        self.register_buffer("spread", eyes.spread)

    def forward(self, pictures: Tensor) -> Tensor:
        seen: Tensor = (pooled(self.features(pictures * 2 - 1)) - self.centre) / self.spread
        return seen


def write_eyes(eyes: Eyes, path: Path) -> None:
    """The eyes as ONNX, "pictures" float32 (N, 3, 128, 128) in [0, 1] → "statistics" (N, D), weights in half precision."""
    torch.onnx.export(
        _Seen(eyes).eval(),
        (torch.rand(2, 3, LOOKED_AT, LOOKED_AT),),
        str(path),
        input_names=["pictures"],
        output_names=["statistics"],
        dynamic_axes={"pictures": {0: "n"}, "statistics": {0: "n"}},
        opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        dynamo=False,
    )
    shrink_weights(path)


def drawn_fabrics(generator: FabricGenerator, number: int, seed: int) -> tuple[Bytes, Floats]:
    """Fabrics as photos would show them, uint8 (number, 128, 128, 3), and the styles they were drawn with, (number, style)."""
    rng = np.random.default_rng(seed)
    pictures, styles = [], []
    for start in range(0, number, 24):
        recipes = [Recipe(seed * 100_003 + start + i, truncation=1.0, cells=CELLS) for i in range(24)]
        drawn = generator.separations(recipes)
        for i, each in enumerate(drawn):
            inks = drawn[int(rng.integers(len(drawn)))].palette
            pictures.append(_worn(print_separations(_in_inks(each, inks[rng.permutation(len(inks))]), LOOKED_AT), rng))
            styles.append(generator.style(recipes[i]))
    return np.stack(pictures[:number]), np.stack(styles[:number])


def _in_inks(drawn: Separations, palette: Floats) -> Separations:
    return replace(drawn, palette=palette)


def _worn(tile: Bytes, rng: np.random.Generator) -> Bytes:
    """A tile as a photo shows it: turned by a few degrees, nearer or farther, unevenly lit, soft, with noise."""
    side = tile.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 4), rng.uniform(0.8, 1.25))
    shown = cv2.warpAffine(tile, turn, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_WRAP)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    light = 1 + rng.normal(0, 0.08) * x + rng.normal(0, 0.08) * y + rng.normal(0, 0.05)
    lit = shown * light[..., None] + rng.normal(0, rng.uniform(0, 6), shown.shape)
    soft = cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.05, 0.9))
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


def fit_reader(seen: Floats, styles: Floats, seed: int = 0) -> tuple[dict[str, Tensor], float]:
    """A reader of styles, and how much of their variance it tells on fabrics kept aside, 0 to 1."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(seen.shape[1], HIDDEN),
        nn.LeakyReLU(0.1),
        nn.Dropout(0.2),
        nn.Linear(HIDDEN, styles.shape[1]),
    )
    inputs, wanted = torch.from_numpy(seen), torch.from_numpy(styles)
    aside = torch.arange(len(inputs)) % 8 == 7
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=500)
    for _ in range(500):
        chosen = torch.randint(int((~aside).sum()), (128,))
        loss = (net(inputs[~aside][chosen]) - wanted[~aside][chosen]).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        missed = (net(inputs[aside]) - wanted[aside]).square().mean()
        told = float(1 - missed / (wanted[aside] - wanted[~aside].mean(0)).square().mean())
    first, second = (layer for layer in net if isinstance(layer, nn.Linear))
    parts = {"first": first.weight, "first_bias": first.bias, "second": second.weight, "second_bias": second.bias}
    return {name: value.detach() for name, value in parts.items()}, told


def train_encoder(
    eyes: Path, categories: list[str], *, fabrics: int = FABRICS, root: Path = BUNDLED, progress: bool = True
) -> dict[str, float]:
    """Train a reader for each bundled generator, bundle all with the eyes; returns how much of the styles each tells."""
    from tqdm import tqdm

    models = bundled_models("textiles", root)
    folder = root / FAMILY
    folder.mkdir(parents=True, exist_ok=True)
    readers: dict[str, Tensor] = {}
    told: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "eyes.onnx"
        write_eyes(load_eyes(eyes, _classes(eyes)), fresh)
        looking = Encoder(load_session(fresh, sha256_of(fresh)), {}, {})
        for number, category in enumerate(tqdm(categories, disable=not progress, desc="encoder")):
            generator = _generator(category, root)
            pictures, styles = drawn_fabrics(generator, fabrics, number + 1)
            seen = np.concatenate([looking.look(pictures[i : i + 32]) for i in range(0, len(pictures), 32)])
            parts, told[category] = fit_reader(seen, styles)
            readers |= {f"{category}/{name}": value.half() for name, value in parts.items()}
        (folder / f"{NAME}.onnx").write_bytes(fresh.read_bytes())
    settings: dict[str, Any] = {"generators": {each: models[each].files["weights"][1] for each in categories}}
    weights = folder / f"{NAME}.safetensors"
    save_checkpoint(weights, readers, kind=KIND_ENCODER, settings=settings, scores={"told": told})
    files = {"weights": weights, "onnx": folder / f"{NAME}.onnx"}
    register_model(FAMILY, NAME, sha256_of(weights)[:8], files, {"told": told}, root)
    return told


def _generator(category: str, root: Path) -> FabricGenerator:
    if root == BUNDLED:
        return load_generator(category)
    files = bundled_models("textiles", root)[category].files
    return FabricGenerator.load(files["weights"], files["onnx"])


def _classes(eyes: Path) -> int:
    from ml.checkpoints import load_checkpoint
    from ml.textiles.eyes import KIND_EYES

    return int(load_checkpoint(eyes, kind=KIND_EYES).tensors["reader.bias"].shape[0])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.train_encoder", description="Train the encoder.")
    parser.add_argument("--eyes", type=Path, default=Path("runs/textiles/eyes.safetensors"))
    parser.add_argument("--category", action="append", help="only these; default: all bundled generators")
    parser.add_argument("--fabrics", type=int, default=FABRICS, help="how many a generator draws to learn from")
    given = parser.parse_args(arguments)
    try:
        told = train_encoder(given.eyes, given.category or sorted(bundled_models("textiles")), fabrics=given.fabrics)
    except MlError as error:
        print(error, file=sys.stderr)
        return 2
    for category, share in told.items():
        print(f"{category}: {share:.0%} of the styles' variance")
    return 0


if __name__ == "__main__":
    sys.exit(main())
