"""Train the garment net: ``python -m ml.garments.train --out runs/garments/NAME --minutes 85``.

A run leaves a folder: ``settings.json`` before the first step, ``scores.jsonl`` with a line per evaluation, sample
sheets ``sheet-STEP.png``, ``state.safetensors`` to resume from (``--resume``) and ``model.safetensors``, the averaged
weights. Stopping it at any moment loses at most the steps since the last state was written.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ml.checkpoints import load_checkpoint, save_checkpoint, write_atomically
from ml.descent import follow, learning_rate_at, restore_run, run_tensors
from ml.errors import MlError, told_in_a_sentence
from ml.garments.config import CHECKPOINT_KIND, RECIPES, TRAINING_KIND, Settings, Stage
from ml.garments.data import Pair, TrainingPictures, data_folder, read_pairs, read_swatches, split_ids, to_arrays
from ml.garments.evaluate import draw_sheet, evaluate_pairs, torch_predictor
from ml.garments.losses import segmentation_loss
from ml.garments.model import GarmentNet, build_model
from ml.garments.pseudo import read_pseudo_pairs
from ml.garments.stock import read_stock_pairs
from ml.pretrained import start_encoder

STATE_FILE, MODEL_FILE = "state.safetensors", "model.safetensors"


def choose_device(wanted: str) -> torch.device:
    """ "auto" takes CUDA where there is one, else the CPU."""
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def autocast_for(device: torch.device) -> AbstractContextManager[Any]:
    """bfloat16 on CUDA only: on some virtual CPUs bfloat16 kernels crash, so the CPU stays with float32."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def stage_at(settings: Settings, progress: float) -> Stage:
    """The stage of a run at ``progress``, 0-1."""
    return next((stage for stage in settings.stages if progress < stage.until), settings.stages[-1])


def shape_at(settings: Settings, stage: Stage, step: int) -> tuple[int, int]:
    """Width and height of a step's pictures, multiples of 32: mostly portrait 2:3, some square, some landscape."""
    kind = np.random.default_rng((settings.seed, 1, step)).random()
    width, height = stage.width, stage.width * 3 // 2
    if kind < 0.12:
        return height, width
    if kind < 0.26:
        side = round(math.sqrt(width * height) / 32) * 32
        return side, side
    return width, height


class Training:
    """One run: the net, its running average, the optimiser and how far they have come."""

    def __init__(self, settings: Settings, pictures: TrainingPictures, device: torch.device) -> None:
        self.settings = settings
        self.pictures = pictures
        self.device = device
        self.model = build_model(settings).to(device)
        self.average = build_model(settings).to(device).eval()
        self.class_weights = torch.tensor(settings.class_weights, device=device)
        self.optimizer = torch.optim.AdamW(_parameter_groups(self.model, settings), settings.learning_rate)
        self.step = 0
        self.drawn = 0
        self.seconds = 0.0
        self.changes: list[dict[str, Any]] = []  # settings that were changed on the way, and at which step

    @property
    def progress(self) -> float:
        """How much of the run is done, 0-1."""
        if self.settings.steps:
            return self.step / self.settings.steps
        return self.seconds / (60 * self.settings.minutes)

    def take_step(self) -> float:
        """Draw a batch, learn from it, and return its loss."""
        started = time.monotonic()
        stage = stage_at(self.settings, self.progress)
        rate = learning_rate_at(self.settings, self.progress)
        width, height = shape_at(self.settings, stage, self.step)
        photos, labels = self.pictures.batch(self.drawn, stage.batch, width, height)
        inputs = torch.from_numpy(to_arrays(photos)).to(self.device, memory_format=torch.channels_last)
        targets = torch.from_numpy(labels.astype(np.int64)).to(self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        self.model.train()
        with autocast_for(self.device):
            logits = self.model(inputs)
        loss = segmentation_loss(
            logits, targets, self.settings.dice_weight, self.class_weights, self.settings.soft_borders
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        follow(self.average, self.model, self.step, self.settings.ema_decay)
        self.step += 1
        self.drawn += stage.batch
        value = float(loss.detach())
        self.seconds += time.monotonic() - started
        return value

    def save_state(self, path: Path) -> None:
        """Everything needed to continue, atomically."""
        tensors = run_tensors(self.model, self.average, self.optimizer)
        where = {"step": self.step, "drawn": self.drawn, "seconds": self.seconds, "changes": self.changes}
        save_checkpoint(path, tensors, kind=TRAINING_KIND, settings=self.settings.as_dict(), scores=where)

    def load_state(self, path: Path) -> None:
        """Continue where :meth:`save_state` stopped. Raises ModelFileError for a file of another kind."""
        saved = load_checkpoint(path, kind=TRAINING_KIND)
        restore_run(saved.tensors, self.model, self.average, self.optimizer)
        self.step, self.drawn = int(saved.scores["step"]), int(saved.scores["drawn"])
        self.seconds = float(saved.scores["seconds"])
        self.changes = [*saved.scores.get("changes", []), *self._changes_since(Settings.from_dict(saved.settings))]

    def start_from(self, path: Path) -> None:
        """Begin with the averaged weights that another run left. Raises ModelFileError for a file of another kind."""
        weights = load_checkpoint(path, kind=CHECKPOINT_KIND).tensors
        for net in (self.model, self.average):
            net.load_state_dict(weights)

    def start_encoder(self) -> None:
        """Begin with an encoder that knows ImageNet. Raises ModelFileError when its weights are not at hand."""
        start_encoder(self.model.encoder, self.settings.encoder)
        self.average.encoder.load_state_dict(self.model.encoder.state_dict())

    def _changes_since(self, before: Settings) -> list[dict[str, Any]]:
        old, new = before.as_dict(), self.settings.as_dict()
        changed = [name for name in new if old[name] != new[name]]
        return [{"step": self.step, "setting": name, "from": old[name], "to": new[name]} for name in changed]

    def save_model(self, path: Path, scores: dict[str, Any]) -> None:
        """The averaged weights with settings and scores."""
        tensors = self.average.state_dict()
        save_checkpoint(path, tensors, kind=CHECKPOINT_KIND, settings=self.settings.as_dict(), scores=scores)


def _parameter_groups(model: GarmentNet, settings: Settings) -> list[dict[str, Any]]:
    """Weight decay on convolutions only, not on biases and normalisation; the encoder learns at its own share of the rate."""
    groups = []
    for net, share in ((model.encoder, settings.encoder_rate), (model.decoder, 1.0), (model.head, 1.0)):
        decayed = [parameter for parameter in net.parameters() if parameter.ndim > 1]
        plain = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
        groups.append({"params": decayed, "share": share, "weight_decay": settings.weight_decay})
        groups.append({"params": plain, "share": share, "weight_decay": 0.0})
    return groups


def run_training(
    training: Training, out: Path, tuning: list[Pair], *, show: bool = True, save_seconds: float = 120.0
) -> dict[str, Any]:
    """Train to the end, leaving scores (on the tuning photos), sheets and states in ``out``; returns the last scores."""
    settings = training.settings
    last_saved = last_evaluated = training.seconds
    scores: dict[str, Any] = {}
    loss = 0.0
    for _ in _with_bar(training, show):
        value = training.take_step()
        loss = value if not loss else 0.98 * loss + 0.02 * value
        if settings.evaluate_steps:
            due = training.step % settings.evaluate_steps == 0
        else:
            due = training.seconds - last_evaluated > 60 * settings.evaluate_minutes
        if due or training.progress >= 1:
            last_evaluated = training.seconds
            scores = _note_scores(training, out, tuning, loss)
            training.save_model(out / MODEL_FILE, scores)
        if due or training.progress >= 1 or training.seconds - last_saved > save_seconds:
            last_saved = training.seconds
            training.save_state(out / STATE_FILE)
    return scores


def _with_bar(training: Training, show: bool) -> Iterator[None]:
    """One turn per step until the run is done, with a bar that knows the time left."""
    from tqdm import tqdm

    with tqdm(total=100.0, disable=not show, bar_format="{l_bar}{bar}| {elapsed}<{remaining} {postfix}") as bar:
        bar.update(min(100.0 * training.progress, 100.0))
        while training.progress < 1:
            yield
            stage = stage_at(training.settings, training.progress)
            bar.set_postfix_str(f"step {training.step}, width {stage.width}", refresh=False)
            bar.update(min(100.0 * training.progress, 100.0) - bar.n)


def _note_scores(training: Training, out: Path, tuning: list[Pair], loss: float) -> dict[str, Any]:
    """Evaluate the averaged net at the size it is learning now, add a line to scores.jsonl and draw a sheet."""
    width = stage_at(training.settings, training.progress).width
    predict = torch_predictor(training.average, width, training.device)
    found = evaluate_pairs(predict, tuning[: training.settings.evaluate_photos])
    line = {
        "step": training.step,
        "minutes": round(training.seconds / 60, 2),
        "progress": round(training.progress, 4),
        "pictures": training.drawn,
        "width": width,
        "changes": training.changes,
        "loss": round(loss, 4),
        **found,
    }
    with open(out / "scores.jsonl", "a") as file:
        file.write(json.dumps(line) + "\n")
    sheet = draw_sheet(predict, tuning[:: max(len(tuning) // 12, 1)][:12])
    write_atomically(out / f"sheet-{training.step:06d}.png", sheet)
    return line


def prepare_settings(arguments: argparse.Namespace) -> Settings:
    """Settings of the folder when resuming, else those of the recipe, with what the command line changes.

    A settings.json edited between two parts of a run is obeyed; what was changed, and when, is kept with the scores.
    """
    file = arguments.out / "settings.json"
    if arguments.resume and file.exists():
        return Settings.from_dict(json.loads(file.read_text()))
    changes = {
        name: getattr(arguments, name) for name in ("seed", "minutes", "steps") if getattr(arguments, name) is not None
    }
    if arguments.start:
        changes["start"] = hashlib.sha256(arguments.start.read_bytes()).hexdigest()
    return dataclasses.replace(RECIPES[arguments.recipe], **changes)


def parse_arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the garment net.")
    parser.add_argument("--out", type=Path, required=True, help="run folder, for example runs/garments/first")
    parser.add_argument("--data", type=Path, help="folder with ccp/ (default: AIFASHION_DATA, else ../shared/data)")
    parser.add_argument(
        "--recipe", choices=RECIPES, default="first", help="settings to begin with (ml/garments/config.py)"
    )
    parser.add_argument("--minutes", type=float, help="length of the run in minutes of training")
    parser.add_argument("--steps", type=int, help="length in steps instead: the run is then the same every time")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--start", type=Path, help="model.safetensors of an earlier run to go on from")
    parser.add_argument("--pseudo", type=Path, help="label maps of the unlabelled photos, from ml.garments.pseudo")
    parser.add_argument("--resume", action="store_true", help="continue the run in this folder")
    return parser.parse_args(words)


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = parse_arguments(words)
    _start(arguments)
    return 0


def _start(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    out: Path = arguments.out
    if (out / STATE_FILE).exists() and not arguments.resume:
        raise MlError(f"{out} holds a run already: pass --resume to continue it, or choose another folder.")
    settings = prepare_settings(arguments)
    folder = data_folder(arguments.data)
    pseudo = read_pseudo_pairs(folder, arguments.pseudo, settings.cache_side) if arguments.pseudo else []
    settings = dataclasses.replace(settings, pseudo_photos=len(pseudo))
    write_atomically(out / "settings.json", (json.dumps(settings.as_dict(), indent=1) + "\n").encode())
    split = split_ids(folder)
    pairs = read_pairs(folder, split.training, settings.cache_side, True)
    stock = read_stock_pairs(folder, settings.cache_side) if settings.stock_share else []
    pictures = TrainingPictures(pairs, settings, read_swatches(folder), pseudo, stock)
    tuning = read_pairs(folder, split.tuning, settings.cache_side)
    training = Training(settings, pictures, choose_device(arguments.device))
    if arguments.resume and (out / STATE_FILE).exists():
        training.load_state(out / STATE_FILE)
    elif arguments.start:
        training.start_from(arguments.start)
    elif settings.pretrained:
        training.start_encoder()
    run_training(training, out, tuning)


if __name__ == "__main__":
    sys.exit(main())
