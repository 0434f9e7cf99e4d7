"""All twelve generators from nothing: ``python -m ml.textiles.pipeline`` (what ``make train-textiles`` runs).

A base on all categories; judges (:mod:`ml.textiles.judge`); then for each category a generator fine-tuned from the base: against
its discriminator alone, with the judges and motifs that repeat, and last with the category's figures, in the colours as they are,
before a discriminator that looks through ImageNet's eyes (:mod:`ml.textiles.eyes`); then the bundle, with directions and an encoder.
Every part goes on where it was stopped, so the whole may be killed and started again. The time it takes is set by the numbers of steps.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from ml.errors import told_in_a_sentence
from ml.textiles.config import CATEGORIES, FIGURES, MOTIFS, GeneratorSettings, TrainingSettings
from ml.textiles.data import Swatches
from ml.textiles.discover import bundle_directions
from ml.textiles.encoder import bundle_encoder
from ml.textiles.export import export
from ml.textiles.eyes import open_eyes
from ml.textiles.judge import train_judges
from ml.textiles.losses import LOSSES
from ml.textiles.train import CHECKPOINT, shape_of, train
from ml.training_data import training_data

CATEGORY_RATE = 2e-4  # of the generator: a fine-tune meets a discriminator that has learned to see, so it may hurry


def stages(alone: TrainingSettings, judged: int, last: int) -> dict[str, TrainingSettings]:
    """Folder → settings of what follows once a category's own discriminator has learned to see, with so many steps."""
    hurried = dataclasses.replace(
        alone,
        steps=judged,
        generator_rate=4e-4,
        discriminator_turns=2,
        mismatch=0.5,
        judged_class=1.0,
        judged_match=8.0,
    )
    return {
        "motif": hurried,
        "sight": dataclasses.replace(
            hurried,
            steps=last,
            discriminator_rate=5e-4,
            discriminator_turns=1,
            judged_class=0.5,
            judged_match=4.0,
            projected=True,
            r1=0.0,
            colour_shuffle=0.15,
            ema=0.98,
        ),
    }


def train_all(
    out: Path,
    categories: Sequence[str],
    *,
    base_steps: int,
    category_steps: int,
    judged_steps: int,
    last_steps: int,
    loss: str,
    seed: int,
    device: str,
    data: Path | None,
    shape: GeneratorSettings | None = None,
) -> dict[str, Path]:
    """Train base, judges and a generator for each category; returns each category's averaged generator."""
    base_settings = TrainingSettings(steps=base_steps, loss=loss, seed=seed)
    train(base_settings, out / "base", shape=shape, device=device, data=data)
    judges, sizes = out / "judges.safetensors", base_settings.swatch_sizes
    if not judges.exists():
        train_judges(Swatches(training_data(data) / "textiles", CATEGORIES, sizes, aside=False), judges)
    eyes = out / "eyes.safetensors"
    if not eyes.exists():
        open_eyes(Swatches(training_data(data) / "textiles", CATEGORIES, sizes, aside=False), eyes)
    finished = {}
    for number, category in enumerate(categories, start=1):
        print(f"{category} ({number} of {len(categories)})", file=sys.stderr)
        alone = TrainingSettings(
            categories=(category,), steps=category_steps, generator_rate=CATEGORY_RATE, loss=loss, seed=seed
        )
        train(alone, out / category, base=out / "base" / CHECKPOINT, device=device, data=data)
        start = out / category / CHECKPOINT
        for folder, settings in stages(alone, judged_steps, last_steps).items():
            figures = FIGURES.get(category, ()) if settings.projected else ()
            known = dataclasses.replace(shape_of(start), motifs=MOTIFS[category], figures=figures)
            if settings.projected and not figures:  # it has nothing new to learn: the drawing is only to be refined
                settings = dataclasses.replace(settings, generator_rate=CATEGORY_RATE)
            run = out / folder / category
            finished[category] = train(
                settings, run, shape=known, base=start, judges=judges, eyes=eyes, device=device, data=data
            )
            start = run / CHECKPOINT
    return finished


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.pipeline", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/textiles"))
    parser.add_argument("--category", choices=CATEGORIES, action="append", help="only these; default: all twelve")
    parser.add_argument("--base-steps", type=int, default=400)
    parser.add_argument("--category-steps", type=int, default=250)
    parser.add_argument("--judged-steps", type=int, default=200)
    parser.add_argument("--last-steps", type=int, default=150)
    parser.add_argument("--loss", choices=LOSSES, default="hinge")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--no-export", action="store_true", help="train only; leave the bundled generators as they are")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    finished = train_all(
        given.out,
        given.category or CATEGORIES,
        base_steps=given.base_steps,
        category_steps=given.category_steps,
        judged_steps=given.judged_steps,
        last_steps=given.last_steps,
        loss=given.loss,
        seed=given.seed,
        device=given.device,
        data=given.data,
    )
    for category, weights in {} if given.no_export else finished.items():
        print(f"{category}: version {export(category, weights)}, {bundle_directions(category)} new directions")
        bundle_encoder(category)
    return 0


if __name__ == "__main__":
    sys.exit(main())
