"""Train a textile generator, from nothing or from a base: ``python -m ml.textiles.train --out FOLDER``.

A run leaves a folder: ``settings.json`` before the first step, a line of JSON per score in ``scores.jsonl``, sample sheets
``step-NNNNNN.png`` of the same seeds throughout, ``training.safetensors`` to go on from and ``generator.safetensors`` (the
averaged generator). It may be killed at any moment: run the same command again and it goes on from the last checkpoint, with the same
result as if it had never stopped. Several GPUs: ``torchrun --nproc-per-node 8 -m ml.textiles.train --out FOLDER``.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ml.checkpoints import load_checkpoint, save_checkpoint, write_atomically
from ml.errors import MlError, ModelFileError, told_in_a_sentence
from ml.textiles.config import CATEGORIES, TRAINING_CELLS, GeneratorSettings, TrainingSettings
from ml.textiles.data import Swatches
from ml.textiles.eyes import Eyes, ProjectedDiscriminator, load_eyes
from ml.textiles.judge import Judges, colour_distance, discrepancy, load_judges
from ml.textiles.losses import LOSSES, discriminator_loss, generated_loss, generator_loss, r1_penalty
from ml.textiles.model import Discriminator, Generator
from ml.textiles.waves import repeat_motif, scaled_waves, wave_angles
from ml.textiles.workers import Workers, joined_workers
from ml.training_data import training_data

KIND_RUN = "textile-training"
KIND_GENERATOR = "textile-generator"
CHECKPOINT, GENERATOR = "training.safetensors", "generator.safetensors"
SHEET_SEEDS = 40
SOFTENED = 0.3


def chosen_device(name: str) -> torch.device:
    """ "auto" takes CUDA when there is one."""
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else "cpu" if name == "auto" else name)


def draw_inputs(settings: GeneratorSettings, number: int, seed: int, step: int, device: torch.device) -> list[Tensor]:
    """Latents, noise and waves for a training step; the same for the same seed and step on every device."""
    rng = np.random.default_rng([seed, step, 1])
    z = rng.standard_normal((number, settings.latent), dtype=np.float32)
    noise = rng.standard_normal((number, settings.noise, TRAINING_CELLS, TRAINING_CELLS), dtype=np.float32)
    waves, angles = scaled_waves(settings.waves, TRAINING_CELLS, settings.figures), wave_angles(noise)
    if settings.motifs:
        motifs = np.minimum(rng.choice(settings.motifs, size=number), TRAINING_CELLS)
        repeated = [repeat_motif(one, waves, int(motif)) for one, motif in zip(noise, motifs, strict=True)]
        noise, waves = (np.stack(parts) for parts in zip(*repeated, strict=True))
        turned = [wave_angles(one[None], int(motif)) for one, motif in zip(noise, motifs, strict=True)]
        angles = np.concatenate([y for y, _ in turned]), np.concatenate([x for _, x in turned])
    return [torch.from_numpy(array).to(device) for array in (z, noise, waves, *angles)]


def roll_on_torus(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift the generated batch cyclically, so that its seams are judged like any other place."""
    down, right = (int(v) for v in rng.integers(pictures.shape[-1], size=2))
    return torch.roll(pictures, (down, right), dims=(2, 3))


class Trainer:
    """Generator, its average, discriminator and optimisers, one step at a time."""

    def __init__(
        self,
        settings: TrainingSettings,
        shape: GeneratorSettings,
        swatches: Swatches,
        device: torch.device,
        workers: Workers | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.workers = workers or Workers()
        self.seed = self.workers.seed(settings.seed)
        self.settings, self.shape, self.swatches, self.device = settings, shape, swatches, device
        self.generator = Generator(shape).to(device).to(memory_format=torch.channels_last)
        self.sight = ProjectedDiscriminator(eyes) if eyes else None
        self.discriminator = (
            (self.sight or Discriminator(settings.discriminator_widths))
            .to(device)
            .to(memory_format=torch.channels_last)
        )
        self.real_seen: list[Tensor] = []  # by the eyes, in this step
        self.real_shown: Tensor = torch.zeros(0)  # the last real batch
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.optimisers = {
            "generator": torch.optim.Adam(self.generator.parameters(), settings.generator_rate, betas=(0.0, 0.99)),
            "discriminator": torch.optim.Adam(
                [part for part in self.discriminator.parameters() if part.requires_grad],
                settings.discriminator_rate,
                betas=(0.0, 0.99),
            ),
        }
        self.others: Swatches | None = None  # of other categories: real, and wrong
        self.judges: Judges | None = None
        self.step = 0
        self.lineage: list[int] = []  # how many steps each run took that this one builds on

    def train_step(self) -> dict[str, float]:
        """One step of both nets on one batch; the generator's pictures are drawn once for both.

        The discriminator is far cheaper than the generator, so it takes several turns, each with fresh real pictures.
        """
        settings = self.settings
        rolls = np.random.default_rng([self.seed, self.step, 2])
        inputs = draw_inputs(self.shape, settings.batch, self.seed, self.step, self.device)
        with self._mixed_precision():
            fake = self.generator(*inputs)
        self.discriminator.requires_grad_(True)
        for turn in range(settings.discriminator_turns):
            loss_d = self._train_discriminator(roll_on_torus(fake.detach(), rolls), turn)
        self.discriminator.requires_grad_(False)
        shown = roll_on_torus(fake, rolls)
        with self._mixed_precision():
            loss_g = generator_loss(settings.loss, self.discriminator(shown))
        judged = self._judge(shown)
        self._descend("generator", torch.stack([loss_g, *judged.values()]).sum())
        self._update_average()
        self.step += 1
        losses = {"loss_d": loss_d, "loss_g": float(loss_g.detach())}
        return losses | {name: float(value.detach()) for name, value in judged.items()}

    def _judge(self, fake: Tensor) -> dict[str, Tensor]:
        if self.sight:
            return self._judge_by_sight(self.sight, fake)
        return self._judge_by_judges(fake, self.judges) if self.judges else {}

    def _judge_by_judges(self, fake: Tensor, judges: Judges) -> dict[str, Tensor]:
        """What the frozen judges say of the generated batch, beside real swatches of the same category."""
        settings = self.settings
        batch = self.swatches.batch(2 * settings.batch, self.seed + 1, self.step, settings.colour_shuffle)
        with torch.no_grad():
            real = judges.read(torch.from_numpy(batch).to(self.device, memory_format=torch.channels_last))
        target = torch.full((len(fake),), CATEGORIES.index(settings.categories[0]), device=self.device)
        read = judges.read(fake)
        named = torch.stack([F.cross_entropy(logits, target) for logits, _ in read]).mean()
        matched = torch.stack([discrepancy(a[1], b[1]) for a, b in zip(read, real, strict=True)]).mean()
        return {"named": settings.judged_class * named, "matched": settings.judged_match * matched}

    def _judge_by_sight(self, sight: ProjectedDiscriminator, fake: Tensor) -> dict[str, Tensor]:
        """The same by what the eyes saw of the generated batch just now, and of this step's real ones; and its colours."""
        settings = self.settings
        target = torch.full((len(sight.seen),), CATEGORIES.index(settings.categories[0]), device=self.device)
        named = F.cross_entropy(sight.eyes.read(sight.seen), target)
        matched = discrepancy(sight.seen, torch.cat(self.real_seen))
        judged = {"named": settings.judged_class * named, "matched": settings.judged_match * matched}
        if settings.judged_colours:
            ways = np.random.default_rng([self.seed, self.step, 4]).standard_normal((3, 16), dtype=np.float32)
            ways /= np.linalg.norm(ways, axis=0)
            far = colour_distance(fake, self.real_shown, torch.from_numpy(ways).to(self.device))
            judged["colours"] = settings.judged_colours * far
        return judged

    def _train_discriminator(self, fake: Tensor, turn: int) -> float:
        """One step of the discriminator on generated pictures and fresh real ones; its loss without the penalty."""
        settings, number = self.settings, self.step * self.settings.discriminator_turns + turn
        batch = self.swatches.batch(settings.batch, self.seed, number, settings.colour_shuffle)
        real = torch.from_numpy(batch).to(self.device, memory_format=torch.channels_last)
        with self._mixed_precision():
            judged = self.discriminator(real)
            if self.sight:
                self.real_seen = [*(self.real_seen if turn else []), self.sight.seen.detach()]
                self.real_shown = real
            loss = discriminator_loss(settings.loss, judged, self.discriminator(fake))
        total = loss + settings.mismatch * self._mismatch_loss(self.others, number) if self.others else loss
        if settings.r1 and number % settings.r1_every == 0:
            total = total + settings.r1 * settings.r1_every / 2 * r1_penalty(self.discriminator, real)
        self._descend("discriminator", total)
        return float(loss.detach())

    def _mismatch_loss(self, others: Swatches, number: int) -> Tensor:
        """Swatches of other categories are real, and still wrong: so the discriminator learns what makes this category."""
        settings = self.settings
        batch = others.batch(settings.batch // 2, self.seed, number, settings.colour_shuffle)
        wrong = torch.from_numpy(batch).to(self.device, memory_format=torch.channels_last)
        with self._mixed_precision():
            return generated_loss(settings.loss, self.discriminator(wrong))

    def _mixed_precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _descend(self, which: str, loss: Tensor) -> None:
        self.optimisers[which].zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.workers.average_gradients(getattr(self, which).parameters())
        self.optimisers[which].step()

    @torch.no_grad()
    def _update_average(self) -> None:
        """Exponential moving average of weights and batch statistics; short at first, so that early samples are fair."""
        keep = min(self.settings.ema, (1 + self.step) / (10 + self.step))
        for mean, now in zip(_floats(self.average), _floats(self.generator), strict=True):
            mean.lerp_(now, 1 - keep)

    # Going on after a stop ---------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        tensors = {
            f"{name}/{key}": value
            for name in ("generator", "discriminator", "average")
            for key, value in getattr(self, name).state_dict().items()
        }
        for name, optimiser in self.optimisers.items():
            for index, state in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser/{name}/{index}/{key}": torch.as_tensor(value) for key, value in state.items()}
        settings = {"training": dataclasses.asdict(self.settings), "generator": dataclasses.asdict(self.shape)}
        scores = {"step": self.step, "lineage": self.lineage}
        save_checkpoint(path, tensors, kind=KIND_RUN, settings=settings, scores=scores)

    def begin(self, checkpoint: Path, base: Path | None) -> None:
        """Go on from this run's checkpoint, else start from the base's nets, else from nothing; all processes alike."""
        if checkpoint.exists():
            self.load(checkpoint)
        elif base:
            self.start_from(base)
        for net in (self.generator, self.discriminator, self.average):
            self.workers.agree(net.state_dict().values())

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of the same settings. Raises ModelFileError when it is broken."""
        saved = load_checkpoint(path, kind=KIND_RUN)
        for name in ("generator", "discriminator", "average"):
            getattr(self, name).load_state_dict(_below(saved.tensors, f"{name}/"))
        for name, optimiser in self.optimisers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in _below(saved.tensors, f"optimiser/{name}/").items():
                index, part = key.split("/")
                state.setdefault(int(index), {})[part] = value
            optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        self.step, self.lineage = int(saved.scores["step"]), list(saved.scores.get("lineage", []))

    def start_from(self, path: Path) -> None:
        """Start a fine-tune from another run's nets, with fresh optimisers; a projected discriminator begins anew.

        Where the other generator had no figures, they take the lead: its plain waves are softened.
        """
        saved = load_checkpoint(path, kind=KIND_RUN)
        if not self.settings.projected:
            self.discriminator.load_state_dict(_below(saved.tensors, "discriminator/"))
        known = _below(saved.tensors, "average/")
        fresh = {name: value for name, value in self.generator.state_dict().items() if name not in known}
        if any(".figures." in name for name in fresh):
            plain = [name for name in known if ".waves." in name and name.endswith("mix.weight")]
            fresh |= {name: SOFTENED * known.pop(name) for name in plain}
        for net in (self.generator, self.average):
            net.load_state_dict(fresh | known)
        self.lineage = [*saved.scores.get("lineage", []), int(saved.scores["step"])]

    def save_generator(self, path: Path, scores: dict[str, Any]) -> None:
        """The averaged generator in half precision, with the mean style for truncation."""
        with torch.no_grad():
            z = np.random.default_rng(0).standard_normal((8192, self.shape.latent), dtype=np.float32)
            self.average.style_mean.copy_(self.average.mapping(torch.from_numpy(z).to(self.device)).mean(0))
        tensors = {
            key: value.half() if value.is_floating_point() else value
            for key, value in self.average.state_dict().items()
            if not key.endswith("num_batches_tracked")
        }
        settings = {"training": dataclasses.asdict(self.settings), "generator": dataclasses.asdict(self.shape)}
        save_checkpoint(path, tensors, kind=KIND_GENERATOR, settings=settings, scores=scores)

    @torch.no_grad()
    def sample_sheet(self) -> Image.Image:
        """Forty uncurated seeds of the averaged generator, each tile shown 2x2."""
        inputs = draw_inputs(self.shape, SHEET_SEEDS, 0, 0, self.device)
        tiles = self.average(*inputs).clamp(0, 1).mul(255).round().byte().cpu().permute(0, 2, 3, 1).numpy()
        shown = np.tile(tiles, (1, 2, 2, 1))
        shown = np.pad(shown, ((0, 0), (3, 3), (3, 3), (0, 0)), constant_values=255)
        rows = [np.concatenate(list(shown[i : i + 10]), axis=1) for i in range(0, SHEET_SEEDS, 10)]
        return Image.fromarray(np.concatenate(rows))


def _floats(net: nn.Module) -> list[Tensor]:
    return [value for value in net.state_dict().values() if value.is_floating_point()]


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def train(
    settings: TrainingSettings,
    out: Path,
    *,
    shape: GeneratorSettings | None = None,
    base: Path | None = None,
    judges: Path | None = None,
    eyes: Path | None = None,
    device: str = "auto",
    data: Path | None = None,
    checkpoint_seconds: float = 60.0,
    sheet_every: int = 250,
    progress: bool = True,
) -> Path:
    """Train until ``settings.steps`` and return the path of the averaged generator; goes on where a killed run stopped.

    Raises MlError when data is missing, the checkpoint is broken, or ``out`` holds a run with other settings.
    """
    shape = shape or (shape_of(base) if base else GeneratorSettings())
    where = chosen_device(device)
    with joined_workers(where) as workers:
        if workers.leads:
            _claim_folder(out, settings, shape)
        root = training_data(data) / "textiles"
        swatches = Swatches(root, settings.categories, settings.swatch_sizes)
        if settings.projected and eyes is None:
            raise MlError("A projected discriminator needs eyes: see ml.textiles.eyes.open_eyes.")
        seeing = load_eyes(eyes, len(CATEGORIES)).to(where) if settings.projected and eyes else None
        trainer = Trainer(settings, shape, swatches, where, workers, seeing)
        if settings.mismatch and len(settings.categories) == 1:
            others = sorted({folder.name for folder in root.iterdir() if folder.is_dir()} - set(settings.categories))
            trainer.others = Swatches(root, tuple(others), settings.swatch_sizes)
        if judges and not settings.projected:
            trainer.judges = load_judges(judges, len(CATEGORIES)).to(where)
        trainer.begin(out / CHECKPOINT, base)
        _run(trainer, out, checkpoint_seconds, sheet_every, progress and workers.leads)
        workers.wait()
    return out / GENERATOR


def _run(trainer: Trainer, out: Path, checkpoint_seconds: float, sheet_every: int, progress: bool) -> None:
    """Train to the last step; the process that leads leaves scores, sheets, checkpoints and the averaged generator."""
    from tqdm import tqdm

    settings, leads = trainer.settings, trainer.workers.leads
    finished = out / GENERATOR
    if trainer.step >= settings.steps and finished.exists():
        return
    last_save, sums = time.monotonic(), defaultdict[str, float](float)
    bar = tqdm(total=settings.steps, initial=trainer.step, disable=not progress, unit="step", mininterval=5)
    while trainer.step < settings.steps:
        for key, value in trainer.train_step().items():
            sums[key] += value / 50
        bar.update()
        if leads and trainer.step % 50 == 0:
            _append_line(out / "scores.jsonl", {"step": trainer.step, **{k: round(v, 4) for k, v in sums.items()}})
            sums.clear()
        if leads and trainer.step % sheet_every == 0:
            trainer.sample_sheet().save(out / f"step-{trainer.step:06d}.png")
        if leads and time.monotonic() - last_save > checkpoint_seconds:
            trainer.save(out / CHECKPOINT)
            last_save = time.monotonic()
    bar.close()
    if leads:
        trainer.save(out / CHECKPOINT)
        trainer.save_generator(finished, {"step": trainer.step, "lineage": trainer.lineage})
        trainer.sample_sheet().save(out / "final.png")


def shape_of(base: Path) -> GeneratorSettings:
    """The generator's shape in a run's checkpoint."""
    return GeneratorSettings.from_dict(load_checkpoint(base, kind=KIND_RUN).settings["generator"])


def _claim_folder(out: Path, settings: TrainingSettings, shape: GeneratorSettings) -> None:
    """Write settings.json, or check that the run there is the same one (only ``steps`` may grow)."""
    wanted = {"training": dataclasses.asdict(settings), "generator": dataclasses.asdict(shape)}
    wanted = json.loads(json.dumps(wanted))
    path = out / "settings.json"
    if path.exists():
        known = {
            "training": dataclasses.asdict(TrainingSettings()),
            "generator": dataclasses.asdict(GeneratorSettings()),
        }
        known = json.loads(json.dumps(known))
        read = json.loads(path.read_text())
        found = {
            part: known[part] | read[part] for part in known
        }  # runs begun before a setting existed had its default
        differing = {k for k in wanted["training"] if found["training"].get(k) != wanted["training"][k]} - {"steps"}
        if differing or found["generator"] != wanted["generator"]:
            raise ModelFileError(
                f"{out} holds a run with other settings ({', '.join(sorted(differing))}): choose another folder."
            )
    write_atomically(path, json.dumps(wanted, indent=1).encode())


def _append_line(path: Path, scores: dict[str, Any]) -> None:
    with open(path, "a") as file:
        file.write(json.dumps(scores) + "\n")


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    defaults = TrainingSettings()
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    parser.add_argument("--category", choices=CATEGORIES, action="append", help="default: all twelve (a base)")
    parser.add_argument("--base", type=Path, help="training.safetensors of a base run to fine-tune")
    parser.add_argument("--steps", type=int, default=defaults.steps)
    parser.add_argument("--batch", type=int, default=defaults.batch)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--loss", choices=LOSSES, default=defaults.loss)
    parser.add_argument("--r1", type=float, default=defaults.r1)
    parser.add_argument("--generator-rate", type=float, default=defaults.generator_rate)
    parser.add_argument("--discriminator-rate", type=float, default=defaults.discriminator_rate)
    parser.add_argument(
        "--data", type=Path, help="folder that holds textiles/ (default: AIFASHION_DATA or ../shared/data)"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    settings = TrainingSettings(
        categories=tuple(given.category or CATEGORIES),
        **{
            k: getattr(given, k)
            for k in ("steps", "batch", "seed", "loss", "r1", "generator_rate", "discriminator_rate")
        },
    )
    train(settings, given.out, base=given.base, device=given.device, data=given.data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
