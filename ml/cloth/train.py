"""Train the cloth net on rendered garments: ``python -m ml.cloth.train --lessons FOLDER --out runs/cloth/NAME``.

A run leaves ``state.safetensors`` to resume from (``--resume``), ``model.safetensors``, the averaged weights, and
``scores.jsonl``. The first garments (VALIDATION) are only measured. Same lessons, seed and device: same net.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ml.checkpoints import load_checkpoint, save_checkpoint
from ml.cloth.config import CHECKPOINT_KIND, SHEETS, TRAINING_KIND, Settings
from ml.cloth.lessons import Drawn, Lesson, draw, read_lessons
from ml.cloth.model import build_net
from ml.descent import follow, learning_rate_at, restore_run, run_tensors
from ml.errors import MlError, told_in_a_sentence

VALIDATION = 14  # garments
STATE, MODEL = "state.safetensors", "model.safetensors"


def loss_of(logits: Tensor, cm: Tensor, drawn: list[Drawn], settings: Settings) -> Tensor:
    """Cross-entropy of the sheet, distance on the cloth, and of the steps between neighbours on the right sheet."""
    sheet = torch.from_numpy(np.stack([each.sheet for each in drawn]))
    sure = torch.from_numpy(np.stack([each.sure for each in drawn]))
    true = torch.from_numpy(np.stack([each.uv for each in drawn]))
    found = on_sheet(cm, sheet)
    weight = sure.float() / sure.sum().clamp(min=1)
    total = settings.sheet_weight * F.cross_entropy(logits, sheet, ignore_index=-1)
    total = total + (F.smooth_l1_loss(found, true, reduction="none", beta=1.0).sum(1) * weight).sum()
    for axis in (1, 2):
        size = sheet.shape[axis] - 1
        first, second = (partial(torch.narrow, dim=axis - 3, start=start, length=size) for start in (0, 1))
        both = first(sure) & second(sure) & (first(sheet) == second(sheet))
        off = (second(found) - first(found)) - (second(true) - first(true))
        share = both.float() / both.sum().clamp(min=1)
        steps = F.smooth_l1_loss(off, torch.zeros_like(off), reduction="none", beta=0.2).sum(1)
        total = total + settings.slope_weight * (steps * share).sum()
    return total


def on_sheet(cm: Tensor, sheet: Tensor) -> Tensor:
    """u and v, (N, 2, h, w), of each place's own sheet, int64 (N, h, w)."""
    count, _, height, width = cm.shape
    index = sheet.clamp(min=0)[:, None, None].expand(-1, 1, 2, -1, -1)
    return cm.reshape(count, len(SHEETS), 2, height, width).gather(1, index)[:, 0]


class Training:
    """The net, its running average, the optimiser and how far they have come."""

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.net, self.average = build_net(settings), build_net(settings).eval()
        self.average.load_state_dict(self.net.state_dict())
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.step = 0

    def take_step(self, lessons: list[Lesson]) -> float:
        rng = np.random.default_rng((self.settings.seed, 7, self.step))
        chosen = rng.integers(0, len(lessons), self.settings.batch)
        drawn = [draw(lessons[int(each)], rng, self.settings) for each in chosen]
        pictures = torch.from_numpy(np.stack([each.picture for each in drawn]))
        rate = learning_rate_at(self.settings, self.step / self.settings.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.net.train()
        logits, cm = self.net(pictures.to(memory_format=torch.channels_last))
        loss = loss_of(logits, cm, drawn, self.settings)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimizer.step()
        follow(self.average, self.net, self.step, self.settings.ema_decay)
        self.step += 1
        return float(loss.detach())

    def save(self, out: Path, scores: dict[str, Any]) -> None:
        tensors = run_tensors(self.net, self.average, self.optimizer)
        settings = self.settings.as_dict()
        save_checkpoint(out / STATE, tensors, kind=TRAINING_KIND, settings=settings, scores={"step": self.step})
        save_checkpoint(out / MODEL, self.average.state_dict(), kind=CHECKPOINT_KIND, settings=settings, scores=scores)

    def load(self, path: Path) -> None:
        """Raises ModelFileError for a file of another kind."""
        saved = load_checkpoint(path, kind=TRAINING_KIND)
        restore_run(saved.tensors, self.net, self.average, self.optimizer)
        self.step = int(saved.scores["step"])


def measure(net: torch.nn.Module, lessons: list[Lesson], settings: Settings) -> dict[str, float]:
    """On each lesson drawn once, always the same: mean distance on the cloth in cm, median error of the weft's direction in
    degrees, share of places on the right sheet."""
    far, turns, right = [], [], []
    net.eval()
    for number, lesson in enumerate(lessons):
        drawn = draw(lesson, np.random.default_rng((5, number)), settings)
        with torch.inference_mode():
            logits, cm = net(torch.from_numpy(drawn.picture)[None])
        found = on_sheet(cm, torch.from_numpy(drawn.sheet)[None])[0].numpy()
        far.append(float(np.hypot(*(found - drawn.uv))[drawn.sure].mean()))
        lean = [np.arctan2(*np.gradient(each[0]))[drawn.sure] for each in (found, drawn.uv)]
        turns.append(float(np.degrees(np.median(np.abs(np.angle(np.exp(1j * (lean[0] - lean[1]))))))))
        here = drawn.sheet >= 0
        right.append(float((logits[0].argmax(0).numpy() == drawn.sheet)[here].mean()))
    return {name: round(float(np.mean(each)), 4) for name, each in (("cm", far), ("degrees", turns), ("sheet", right))}


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description="Train the cloth net.")
    parser.add_argument("--lessons", type=Path, required=True, help="what python -m wardrobe.lessons rendered")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on with the run in this folder")
    arguments = parser.parse_args(words)
    torch.set_num_threads(arguments.threads)
    settings = Settings(steps=arguments.steps, seed=arguments.seed)
    training = Training(settings)
    if (arguments.out / STATE).exists():
        if not arguments.resume:
            raise MlError(
                f"{arguments.out} holds a run already: pass --resume to go on with it, or choose another folder."
            )
        training.load(arguments.out / STATE)
    paths = sorted(arguments.lessons.glob("[0-9]*.npz"))
    if len(paths) <= VALIDATION:
        raise MlError(f"{arguments.lessons} holds {len(paths)} garments; more than {VALIDATION} are needed.")
    validation, lessons = read_lessons(paths[:VALIDATION]), read_lessons(paths[VALIDATION:])
    arguments.out.mkdir(parents=True, exist_ok=True)
    mean = 0.0
    while training.step < settings.steps:
        loss = training.take_step(lessons)
        mean = loss if not mean else 0.98 * mean + 0.02 * loss
        if training.step % 200 == 0 or training.step == settings.steps:
            scores = {
                "step": training.step,
                "garments": len(paths),
                "loss": round(mean, 4),
                **measure(training.average, validation, settings),
            }
            training.save(arguments.out, scores)
            with open(arguments.out / "scores.jsonl", "a") as file:
                file.write(json.dumps(scores) + "\n")
            print(json.dumps(scores), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
