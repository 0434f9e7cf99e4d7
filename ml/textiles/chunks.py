"""A training run that is watched, and may be stopped or killed between any two steps: what the site's workers run.

The nets and the step are those of :mod:`ml.textiles.train`; here is the keeping. The folder holds ``training.safetensors``, written at
least every ``chunk_seconds``, beside it the state before that one in case the last is damaged, ``scores.jsonl`` (losses),
``figures.jsonl`` (what a sample of the same seeds measures), ``step-NNNNNNN.png`` (that sample) and ``log.txt``. A run that goes on drops
what was noted after its last kept step, so nothing stands there twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ml.checkpoints import load_checkpoint, write_atomically
from ml.errors import ModelFileError
from ml.images import Bytes
from ml.textiles.config import GeneratorSettings, TrainingSettings
from ml.textiles.data import Swatches
from ml.textiles.metrics import mean_pairwise_distance, sliced_wasserstein
from ml.textiles.run_folder import FIGURES, SCORES, append_line, note, read_lines, sample_name, sample_steps
from ml.textiles.train import CHECKPOINT, GENERATOR, KIND_GENERATOR, KIND_RUN, Trainer, chosen_device, draw_inputs

BEFORE = "training-before.safetensors"
SAMPLE, ACROSS = 24, 6
CHUNK_SECONDS, SAMPLE_SECONDS = 40.0, 120.0
SAMPLES, POINTS = 6, 200  # of a run, where it has as many steps; a long one leaves more samples


@dataclass(frozen=True)
class Told:
    """What a watcher hears after each step. ``seconds_left`` is an estimate from the steps of this sitting."""

    step: int
    steps: int
    seconds_left: float | None


Watcher = Callable[[Told], bool]  # whether to go on
Kept = Callable[[int, float], None]  # the step, and the seconds since this sitting began


def train_watched(
    settings: TrainingSettings,
    out: Path,
    *,
    root: Path,
    shape: GeneratorSettings,
    watch: Watcher,
    kept: Kept = lambda step, seconds: None,
    base: Path | None = None,
    device: str = "auto",
    chunk_seconds: float = CHUNK_SECONDS,
) -> Path | None:
    """Train until ``settings.steps``; the path of the averaged generator, or None when the watcher said stop (all is kept then).

    ``root`` holds a folder of swatches for each category; ``base`` is another run's ``training.safetensors`` or any version's weights.
    ``kept`` is called each time the state was written. Raises MlError, and OSError when the disk is full.
    """
    out.mkdir(parents=True, exist_ok=True)
    _write_settings(out, settings, shape)
    swatches = Swatches(root, settings.categories, settings.swatch_sizes)
    trainer = Trainer(settings, shape, swatches, chosen_device(device))
    _begin(trainer, out, base)
    _forget_after(out, trainer.step)
    return _run(trainer, out, watch, kept, chunk_seconds)


def _run(trainer: Trainer, out: Path, watch: Watcher, kept: Kept, chunk_seconds: float) -> Path | None:
    steps, first = trainer.settings.steps, trainer.step
    began = saved = sampled = time.monotonic()
    sums: dict[str, float] = {}
    every, sample_every = max(1, steps // POINTS), -(-steps // SAMPLES)
    if first == 0:
        _sample(trainer, out)
    while trainer.step < steps:
        for name, value in trainer.train_step().items():
            sums[name] = sums.get(name, 0.0) + value / every
        now, step = time.monotonic(), trainer.step
        if step % every == 0:
            append_line(out / SCORES, {"step": step, **{name: round(v, 4) for name, v in sums.items()}})
            sums = {}
        if step % sample_every == 0 or step == steps or now - sampled > SAMPLE_SECONDS:
            _sample(trainer, out)
            sampled = now
        a_step = (now - began) / (step - first)
        goes_on = watch(Told(step, steps, a_step * (steps - step)))
        if not goes_on or now + a_step - saved > chunk_seconds or step == steps:
            keep(trainer, out)
            kept(step, now - began)
            saved = now
        if not goes_on:
            note(out, f"Stopped at step {step}; everything up to here is kept.")
            return None
    trainer.save_generator(out / GENERATOR, {"step": trainer.step, "lineage": trainer.lineage})
    note(out, f"Trained {trainer.step} steps.")
    return out / GENERATOR


def keep(trainer: Trainer, out: Path) -> None:
    """Write the state, the one before staying beside it; whatever happens meanwhile, one of the two is whole."""
    last, before = out / CHECKPOINT, out / BEFORE
    if last.exists():
        beside = out / f".{BEFORE}.link"
        beside.unlink(missing_ok=True)
        os.link(last, beside)
        beside.replace(before)
    trainer.save(last)


def _begin(trainer: Trainer, out: Path, base: Path | None) -> None:
    """Go on from the last kept state that is whole, else start from the base, else from nothing."""
    states = [path for path in (out / CHECKPOINT, out / BEFORE) if path.exists()]
    for path in states:
        try:
            trainer.load(path)
        except (ModelFileError, RuntimeError, ValueError, KeyError) as error:
            note(out, f"The saved state {path.name} is damaged ({type(error).__name__}); trying the one before.")
            continue
        note(out, f"Going on at step {trainer.step}.")
        return
    if states:
        raise ModelFileError("Every saved state of this run is damaged, so it cannot go on. Start a new run.")
    if base:
        start_from(trainer, base)
    note(out, f"Beginning with {trainer.swatches.count} pictures, on {trainer.device}.")


def start_from(trainer: Trainer, base: Path) -> None:
    """Start a fine-tune from a run's nets or, where only a version's weights are there, from its generator alone."""
    try:
        trainer.start_from(base)
        return
    except ModelFileError:
        saved = load_checkpoint(base, kind=KIND_GENERATOR)
    tensors = {name: value.float() if value.is_floating_point() else value for name, value in saved.tensors.items()}
    for net in (trainer.generator, trainer.average):
        missing = net.load_state_dict(tensors, strict=False).missing_keys
        if any(not name.endswith("num_batches_tracked") for name in missing):
            raise ModelFileError(f"{base.name} does not hold a whole generator; choose another version to start from.")
    trainer.lineage = [*saved.scores.get("lineage", []), int(saved.scores.get("step", 0))]


def shape_in(base: Path) -> GeneratorSettings:
    """The generator's shape in a run's state or in a version's weights. Raises ModelFileError."""
    try:
        saved = load_checkpoint(base, kind=KIND_RUN, framework="np")
    except ModelFileError:
        saved = load_checkpoint(base, kind=KIND_GENERATOR, framework="np")
    return GeneratorSettings.from_dict(saved.settings["generator"])


@torch.no_grad()
def draw_sample(trainer: Trainer) -> Bytes:
    """The same seeds throughout: uint8 (24, 64, 64, 3)."""
    inputs = draw_inputs(trainer.shape, SAMPLE, 0, 0, trainer.device)
    drawn = trainer.average(*inputs).clamp(0, 1).mul(255).round().byte()
    return np.asarray(drawn.permute(0, 2, 3, 1).cpu().numpy())


def _sample(trainer: Trainer, out: Path) -> None:
    """Leave the sample as a picture, each tile shown 2x2, and what it measures beside real crops."""
    tiles = draw_sample(trainer)
    shown = np.pad(np.tile(tiles, (1, 2, 2, 1)), ((0, 0), (3, 3), (3, 3), (0, 0)), constant_values=255)
    rows = [np.concatenate(list(shown[i : i + ACROSS]), axis=1) for i in range(0, SAMPLE, ACROSS)]
    path = out / sample_name(trainer.step)
    beside = path.with_suffix(".part")
    Image.fromarray(np.concatenate(rows)).save(beside, "PNG")
    beside.replace(path)
    real = (trainer.swatches.batch(SAMPLE, 0, 0, 0.0).transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)
    found = {"distance": sliced_wasserstein(tiles, real), "variety": mean_pairwise_distance(tiles, pairs=200)}
    found["variety_real"] = mean_pairwise_distance(real, pairs=200)
    append_line(out / FIGURES, {"step": trainer.step, **{name: round(v, 2) for name, v in found.items()}})


def _forget_after(out: Path, step: int) -> None:
    """Drop what was noted after the last kept step; it will be noted again."""
    for name in (SCORES, FIGURES):
        lines = read_lines(out / name)
        kept = [line for line in lines if line["step"] <= step and (step or name == SCORES)]
        if len(kept) != len(lines):
            write_atomically(out / name, "".join(json.dumps(line) + "\n" for line in kept).encode())
    for later in (each for each in sample_steps(out) if each > step):
        (out / sample_name(later)).unlink(missing_ok=True)


def _write_settings(out: Path, settings: TrainingSettings, shape: GeneratorSettings) -> None:
    values = {"training": dataclasses.asdict(settings), "generator": dataclasses.asdict(shape)}
    write_atomically(out / "settings.json", json.dumps(values, indent=1).encode())
