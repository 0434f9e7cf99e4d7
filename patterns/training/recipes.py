"""From what staff choose to what the training code takes. Nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ml.textiles.config import MOTIFS, GeneratorSettings, TrainingSettings
from patterns.model_files import model_path
from patterns.models import GeneratorVersion
from patterns.training.models import TrainingRun

SOME_MOTIFS = (2, 4, 4, 8)


@dataclass(frozen=True)
class Net:
    """``seconds``: of a step on two processor cores, until a run of ours has shown better."""

    shape: GeneratorSettings
    training: TrainingSettings
    seconds: float
    fabrics: int  # measured when it is done
    others: int  # pictures of each other category beside them
    judged: int  # steps of the judge that tells them apart
    encoder: tuple[int, int]  # fabrics that it learns from, and its steps


_USUAL = GeneratorSettings()
_SMALL = GeneratorSettings(latent=32, style=64, noise=8, inks=5, widths=(64, 64, 48, 32, 24))
_TRIAL = GeneratorSettings(latent=8, style=16, noise=4, inks=3, widths=(8, 8, 8, 8, 8), waves=4)
NETS = {
    TrainingRun.Net.USUAL: Net(_USUAL, TrainingSettings(), 3.0, 128, 36, 300, (2304, 500)),
    TrainingRun.Net.SMALL: Net(
        _SMALL, TrainingSettings(discriminator_widths=(24, 48, 80, 128)), 1.2, 96, 36, 200, (1536, 300)
    ),
    TrainingRun.Net.TRIAL: Net(
        _TRIAL,
        TrainingSettings(batch=4, discriminator_widths=(8, 8, 8, 8), discriminator_turns=1),
        0.1,
        32,
        8,
        40,
        (96, 20),
    ),
}


def settings_of(run: TrainingRun) -> tuple[TrainingSettings, GeneratorSettings]:
    """The settings of a run. Raises ModelFileError when its base version's files are not there."""
    net = NETS[TrainingRun.Net(run.net)]
    shape = replace(net.shape, motifs=MOTIFS.get(run.category.slug if run.category else "", SOME_MOTIFS))
    sizes = tuple(max(64, int(run.resolution * share)) for share in (0.75, 0.875, 1.0, 1.125))
    training = replace(
        net.training,
        categories=(run.slug,),
        steps=run.steps,
        seed=run.seed,
        loss=run.loss,
        swatch_sizes=sizes,
    )
    base = base_path(run)
    if base:
        known = _saved_settings(base)
        shape = replace(GeneratorSettings.from_dict(known["generator"]), motifs=shape.motifs)
        training = replace(training, discriminator_widths=tuple(known["training"]["discriminator_widths"]))
    return training, shape


def base_path(run: TrainingRun) -> Path | None:
    """What a run starts from: the whole state of the run that made the base version where it is still there, else its weights."""
    if run.base_version is None:
        return None
    made_by = run_that_made(run.base_version)
    state = made_by.folder / "training.safetensors" if made_by else None
    return state if state and state.is_file() else model_path(run.base_version.weights_name)


def run_that_made(version: GeneratorVersion) -> TrainingRun | None:
    made_by = version.scores.get("run") if isinstance(version.scores, dict) else None
    return TrainingRun.objects.filter(pk=made_by).first() if isinstance(made_by, int) else None


def _saved_settings(path: Path) -> dict[str, Any]:
    from ml.checkpoints import load_checkpoint
    from ml.errors import ModelFileError

    for kind in ("textile-training", "textile-generator"):
        try:
            return load_checkpoint(path, kind=kind, framework="np").settings
        except ModelFileError as error:
            last = error
    raise last


def seconds_a_step(net: str) -> float:
    """From the latest runs with this net, else a rough figure."""
    known = TrainingRun.objects.filter(net=net, step__gte=20, seconds__gt=0).order_by("-pk").first()
    return known.seconds / known.step if known else NETS[TrainingRun.Net(net)].seconds


def afterwards(net: str) -> float:
    """Seconds for directions, encoder, figures and files."""
    return 40.0 if net == TrainingRun.Net.TRIAL else 420.0


def estimate(net: str, steps: int) -> float:
    """Seconds that a run takes, rather roughly."""
    return steps * seconds_a_step(net) + afterwards(net)
