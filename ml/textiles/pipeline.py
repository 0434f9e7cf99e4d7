"""All twelve generators from nothing: ``python -m ml.textiles.pipeline`` (what ``make train-textiles`` runs).

A base on all categories, then for each category a generator fine-tuned from it, then the bundle. Every part goes on where it was
stopped, so the whole may be killed and started again. The time it takes is set by the numbers of steps.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from ml.errors import MlError
from ml.textiles.config import CATEGORIES, TrainingSettings
from ml.textiles.export import export
from ml.textiles.losses import LOSSES
from ml.textiles.train import train

CATEGORY_RATE = 2e-4  # of the generator: a fine-tune meets a discriminator that has learned to see, so it may hurry


def train_all(
    out: Path,
    categories: Sequence[str],
    *,
    base_steps: int,
    category_steps: int,
    loss: str,
    seed: int,
    device: str,
    data: Path | None,
) -> dict[str, Path]:
    """Train the base and a generator for each category; returns each category's averaged generator."""
    base_settings = TrainingSettings(steps=base_steps, loss=loss, seed=seed)
    train(base_settings, out / "base", device=device, data=data)
    finished = {}
    for number, category in enumerate(categories, start=1):
        print(f"{category} ({number} of {len(categories)})", file=sys.stderr)
        settings = TrainingSettings(
            categories=(category,), steps=category_steps, generator_rate=CATEGORY_RATE, loss=loss, seed=seed
        )
        base = out / "base" / "training.safetensors"
        finished[category] = train(settings, out / category, base=base, device=device, data=data)
    return finished


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.pipeline", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/textiles"))
    parser.add_argument("--category", choices=CATEGORIES, action="append", help="only these; default: all twelve")
    parser.add_argument("--base-steps", type=int, default=400)
    parser.add_argument("--category-steps", type=int, default=250)
    parser.add_argument("--loss", choices=LOSSES, default="hinge")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--no-export", action="store_true", help="train only; leave the bundled generators as they are")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        finished = train_all(
            given.out,
            given.category or CATEGORIES,
            base_steps=given.base_steps,
            category_steps=given.category_steps,
            loss=given.loss,
            seed=given.seed,
            device=given.device,
            data=given.data,
        )
        for category, weights in {} if given.no_export else finished.items():
            print(f"{category}: version {export(category, weights)}")
    except MlError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
