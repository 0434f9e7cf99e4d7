"""What a worker does with a run. Each stage leaves its files and is skipped when they are there, so a kill costs one stage at most."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Any

from django.conf import settings
from django.db import Error
from django.db.models import F

from ml.textiles.run_folder import note
from patterns.jobs.registry import handles
from patterns.jobs.work import JobFailed, LeaseLost, Stopped, Work
from patterns.models import Category
from patterns.training import pictures, services
from patterns.training.models import TrainingRun
from patterns.training.publishing import make_draft
from patterns.training.recipes import NETS, base_path, settings_of

TRAINED = 0.85  # of the progress bar
NO_ENCODER = "no-encoder"  # instead of encoder.onnx, where it could not be trained
DELETED = "The category was deleted while this was training. What was trained is kept in the run's folder, but nothing can be published."
NO_TORCH = (
    "Training needs the packages in requirements.txt on the worker: run “make setup”, then start the worker again."
)


@handles(services.KIND, yields=True, trains=True, after=services.settle_run)
def train_and_publish(work: Work) -> dict[str, Any]:
    """Training, export, directions, encoder, figures, draft."""
    if find_spec("torch") is None:
        raise JobFailed(NO_TORCH)
    run = TrainingRun.objects.select_related("category", "base_version").get(pk=work.payload["run"])
    TrainingRun.objects.filter(pk=run.pk, state=TrainingRun.State.QUEUED).update(state=TrainingRun.State.RUNNING)
    run.folder.mkdir(parents=True, exist_ok=True)
    made = run.folder / f"made-{run.steps}"  # what comes of the run when it has so many steps
    _train(work, run)
    _export(work, run, made)
    _find_directions(work, run, made)
    _train_encoder(work, run, made)
    _measure(work, run, made)
    return _publish(work, run, made)


def category_of(run: TrainingRun) -> Category:
    """As it is now, whatever it is called. Raises JobFailed when it was deleted."""
    category = Category.objects.filter(runs=run.pk).first()
    if category is None:
        raise JobFailed(DELETED)
    return category


def _train(work: Work, run: TrainingRun) -> None:
    weights = run.folder / "generator.safetensors"
    if run.step >= run.steps and weights.exists():
        return
    from ml.textiles.chunks import Told, train_watched

    work.report("Collecting the swatches", 0.0)
    root = pictures.collect(category_of(run), run.folder / "swatches", run.slug)
    stop: list[Stopped] = []
    spent = 0.0

    def watch(told: Told) -> bool:
        try:
            work.report(f"Step {told.step:,} of {told.steps:,}", TRAINED * told.step / told.steps, told.seconds_left)
        except LeaseLost:
            raise
        except Stopped as word:
            stop.append(word)
        return not stop

    def kept(step: int, seconds: float) -> None:
        nonlocal spent
        work.saved()
        TrainingRun.objects.filter(pk=run.pk).update(step=step, seconds=F("seconds") + seconds - spent)
        spent = seconds
        category_of(run)

    training, shape = settings_of(run)
    work.report("Loading the training code", 0.0)
    weights.unlink(missing_ok=True)  # of fewer steps
    train_watched(
        training,
        run.folder,
        root=root,
        shape=shape,
        watch=watch,
        kept=kept,
        base=base_path(run),
        device=run.device,
        chunk_seconds=settings.TRAINING_CHUNK_SECONDS,
    )
    if stop:
        raise stop[0]
    run.refresh_from_db()


def _export(work: Work, run: TrainingRun, made: Path) -> None:
    net = made / "net.onnx"
    if net.exists():
        return
    from ml.checkpoints import load_checkpoint
    from ml.textiles.export import check_parity, generator_from, write_onnx

    work.report("Preparing it for the site", 0.86)
    made.mkdir(exist_ok=True)
    generator = generator_from(load_checkpoint(run.folder / "generator.safetensors", kind="textile-generator"))
    half = made / "half.onnx"
    write_onnx(generator, half)
    check_parity(generator, half)
    half.replace(net)
    note(run.folder, "Prepared it for the site.")
    work.saved()


def _find_directions(work: Work, run: TrainingRun, made: Path) -> None:
    if (made / "directions.json").exists():
        return
    from ml.checkpoints import load_checkpoint, sha256_of
    from ml.textiles.directions import write_directions
    from ml.textiles.discover import find_directions

    work.report("Finding what its sliders can change", 0.88)
    weights = run.folder / "generator.safetensors"
    tensors = load_checkpoint(weights, kind="textile-generator", framework="np").tensors
    found = find_directions(_generator(run, made), tensors)
    write_directions(made / "directions.json", found, sha256_of(weights))
    note(run.folder, f"Found {len(found)} sliders.")
    work.saved()


def _train_encoder(work: Work, run: TrainingRun, made: Path) -> None:
    """Without one a fabric like a photo is searched for a little longer, so a run never fails for it."""
    if (made / NO_ENCODER).exists() or (made / "encoder.onnx").exists():
        return
    from ml.checkpoints import sha256_of, write_atomically
    from ml.textiles.encoder import train_encoder

    fabrics, steps = NETS[TrainingRun.Net(run.net)].encoder
    stage = "Learning to read its fabrics off photos"
    work.report(stage, 0.89)
    try:
        net, share = train_encoder(
            _generator(run, made),
            sha256_of(run.folder / "generator.safetensors"),
            fabrics=fabrics,
            aside=fabrics // 12,
            steps=steps,
            tell=lambda done: work.report(stage, 0.89 + 0.03 * done),
        )
    except (Stopped, Error, OSError):  # of the job, the database or the disk: those are met where every stage's are
        raise
    except Exception as error:  # whatever it is that this worker cannot do, the version is as good without
        write_atomically(made / NO_ENCODER, type(error).__name__.encode())
        note(run.folder, f"No encoder was trained ({type(error).__name__}); photos are searched for without one.")
    else:
        write_atomically(made / "encoder.onnx", net)
        note(run.folder, f"Trained an encoder, which tells {share:.0%} of the style from a photo.")
    work.saved()


def _measure(work: Work, run: TrainingRun, made: Path) -> None:
    if (made / "figures.json").exists():
        return
    from ml.checkpoints import write_atomically
    from ml.textiles.appraise import appraise

    net = NETS[TrainingRun.Net(run.net)]
    category = category_of(run)
    work.report("Collecting pictures to measure it beside", 0.92)
    root = pictures.collect(category, run.folder / "swatches", run.slug)
    figures = appraise(
        _generator(run, made),
        pictures.squares(root, run.slug, 600),
        pictures.other_pictures(category, net.others),
        number=net.fabrics,
        steps=net.judged,
        tell=lambda stage, done: work.report(stage, 0.93 + 0.06 * done),
    )
    write_atomically(made / "figures.json", json.dumps(figures).encode())
    note(run.folder, f"Measured {figures['number']} fabrics beside {figures['swatches']} swatches.")
    work.saved()


def _publish(work: Work, run: TrainingRun, made: Path) -> dict[str, Any]:
    work.report("Making a draft version of it", 0.99)
    run.refresh_from_db()
    figures = json.loads((made / "figures.json").read_text())
    files = {
        "weights": run.folder / "generator.safetensors",
        "onnx": made / "net.onnx",
        "directions": made / "directions.json",
        "encoder": made / "encoder.onnx",
    }
    if not files["encoder"].exists():
        del files["encoder"]
    draft = make_draft(category_of(run), files, {**run.facts(), "figures": figures})
    TrainingRun.objects.filter(pk=run.pk).update(version=draft)
    rmtree(run.folder / "swatches", ignore_errors=True)
    note(run.folder, f"Draft version {draft.version} is ready to be judged.")
    return {"version": draft.pk, "said": f"Draft version {draft.version} is ready to be judged."}


def _generator(run: TrainingRun, made: Path) -> Any:
    from ml.checkpoints import sha256_of
    from ml.textiles.generate import FabricGenerator

    weights, net = run.folder / "generator.safetensors", made / "net.onnx"
    return FabricGenerator.load((weights, sha256_of(weights)), (net, sha256_of(net)))
