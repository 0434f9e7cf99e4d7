"""A tiny category whose pictures lie in a folder, and runs of it that take seconds."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from patterns.jobs import engine
from patterns.models import Category
from patterns.training.models import TrainingRun
from patterns.training.services import start_run
from tests.factories import make_category


def draw_pictures(data: Path, slug: str = "stitch", count: int = 13) -> None:
    folder = data / "textiles" / slug
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        cloth = np.full((128, 128, 3), (240, 230, 210), np.uint8)
        cloth[:: number + 4] = (200, 40 + 9 * number, 90)
        Image.fromarray(cloth).save(folder / f"{number:02d}.png")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs, models and training data in folders of this test's own."""
    settings.TRAINING_ROOT, settings.MODELS_ROOT = tmp_path / "training", tmp_path / "models"
    monkeypatch.setenv("AIFASHION_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def stitch(db: None, folders: Path) -> Category:
    draw_pictures(folders / "data")
    return make_category("stitch")


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Does one job in this process, every stage real; directions are found from a handful of fabrics."""
    import torch

    torch.set_num_threads(1)
    monkeypatch.setattr(engine, "beating_heart", lambda work: nullcontext())
    for name, value in {"STYLES": 256, "FABRICS": 32, "MOVED": 2, "USUAL": 8, "BASES": 2}.items():
        monkeypatch.setattr(f"ml.textiles.discover.{name}", value)
    return engine.work_once


def no_encoder(*given: object, **how: object) -> None:
    raise MemoryError


@pytest.fixture
def quickly(at_work: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, with stand-ins for what is measured and found: real are the steps, the files and the draft."""
    figures = {"swatches": 13, "number": 32, "shift": 0, "spread": 40.0, "spread_real": 50.0}
    monkeypatch.setattr("ml.textiles.chunks.sliced_wasserstein", lambda *pictures: 100.0)
    monkeypatch.setattr("ml.textiles.discover.find_directions", lambda generator, weights: [])
    monkeypatch.setattr("ml.textiles.encoder.train_encoder", no_encoder)
    monkeypatch.setattr("ml.textiles.appraise.appraise", lambda *pictures, **how: figures)
    return at_work


def make_run(category: Category, **choices: Any) -> TrainingRun:
    return start_run(category, None, **{"net": TrainingRun.Net.TRIAL, "steps": 4, **choices})
