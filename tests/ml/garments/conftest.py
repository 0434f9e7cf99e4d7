"""Builders for the garment tests: a tiny random net, a data set drawn on the spot, an exported model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.garments.config import TUNING_COUNT, VALIDATION_COUNT, Settings, Stage
from ml.garments.data import Pair


def tiny_settings(**changes) -> Settings:
    values = {
        "encoder": "tu-resnet18d",
        "encoder_channels": (8, 8, 8, 8),
        "pretrained": False,
        "decoder_channels": (8, 8, 8, 8),
        "stages": (Stage(0.5, 64, 2), Stage(1.0, 64, 2)),
        "steps": 4,
        "evaluate_steps": 100,
        "evaluate_photos": 2,
    }
    return Settings(**(values | changes))


def drawn_pair(name: str = "person", height: int = 192, width: int = 128) -> Pair:
    """A person made of rectangles: head, red top, blue trousers, black shoes on a grey street."""
    rng = np.random.default_rng(len(name))
    photo = rng.integers(150, 170, (height, width, 3)).astype(np.uint8)
    labels = np.zeros((height, width), dtype=np.uint8)
    parts = [
        (1, (0.08, 0.22), (0.4, 0.6), (224, 180, 150)),
        (2, (0.22, 0.5), (0.3, 0.7), (200, 30, 40)),
        (4, (0.5, 0.88), (0.34, 0.66), (30, 50, 150)),
        (7, (0.88, 0.94), (0.3, 0.7), (15, 15, 15)),
    ]
    for value, rows, columns, colour in parts:
        window = (
            slice(int(rows[0] * height), int(rows[1] * height)),
            slice(int(columns[0] * width), int(columns[1] * width)),
        )
        labels[window] = value
        photo[window] = colour
    return Pair(name, photo, labels)


@pytest.fixture
def pairs() -> list[Pair]:
    return [drawn_pair("a"), drawn_pair("bb")]


@pytest.fixture(scope="session")
def data_set(tmp_path_factory) -> Path:
    """A folder laid out like the real data, with just enough photos for every part of the split."""
    folder = tmp_path_factory.mktemp("data")
    for part in ("photos", "labels"):
        (folder / "ccp" / part).mkdir(parents=True)
    (folder / "ccp" / "label_names.json").write_text(json.dumps(["null", "skin", "t-shirt", "jeans", "shoes", "bag"]))
    pair = drawn_pair(height=96, width=64)
    raw = np.select([pair.labels == value for value in (1, 2, 4, 7)], [1, 2, 3, 4], 0).astype(np.uint8)
    for number in range(VALIDATION_COUNT + TUNING_COUNT + 3):
        Image.fromarray(pair.photo).save(folder / "ccp" / "photos" / f"{number:04}.jpg", quality=95)
        Image.fromarray(raw).save(folder / "ccp" / "labels" / f"{number:04}.png")
    return folder


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A tiny random net, saved and exported: (files by role, root, parity gap)."""
    import torch

    from ml.checkpoints import save_checkpoint
    from ml.garments.config import CHECKPOINT_KIND
    from ml.garments.export import export_model
    from ml.garments.model import build_model
    from ml.garments.segment import Calibration

    root = tmp_path_factory.mktemp("bundle")
    torch.set_num_threads(1)
    settings = tiny_settings()
    checkpoint = root / "model.safetensors"
    save_checkpoint(checkpoint, build_model(settings).state_dict(), kind=CHECKPOINT_KIND, settings=settings.as_dict())
    files, _version, gap = export_model(checkpoint, root, Calibration(sure=0.6))
    return files, root, gap
