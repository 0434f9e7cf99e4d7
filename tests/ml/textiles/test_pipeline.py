"""The whole way from swatches to a bundle, in miniature."""

import json

import numpy as np
import pytest
from PIL import Image

from ml.bundle import bundled_models
from ml.checkpoints import load_checkpoint
from ml.textiles import pipeline, train
from ml.textiles.config import CATEGORIES, FIGURES
from ml.textiles.export import export
from ml.textiles.generate import FabricGenerator
from ml.textiles.recipe import Recipe
from ml.textiles.waves import motif_of

from .conftest import TINY


@pytest.fixture
def all_swatches(tmp_path):
    """Six small swatches in each of the twelve categories."""
    for index, category in enumerate(CATEGORIES):
        folder = tmp_path / "data" / "textiles" / category
        folder.mkdir(parents=True)
        for number in range(6):
            stripes = np.zeros((144, 144, 3), np.uint8)
            stripes[:: index + 2] = (200, 20 * number, 15 * index)
            Image.fromarray(stripes).save(folder / f"{number}.png")
    return tmp_path / "data"


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_generator_comes_out_of_every_stage_and_a_second_start_repeats_nothing(all_swatches, tmp_path, monkeypatch):
    real = pipeline.train_judges
    monkeypatch.setattr(pipeline, "train_judges", lambda swatches, path: real(swatches, path, steps=2, progress=False))
    look = pipeline.open_eyes
    monkeypatch.setattr(pipeline, "open_eyes", lambda swatches, path: look(swatches, path, views=1, progress=False))
    words = {"base_steps": 1, "category_steps": 1, "judged_steps": 1, "last_steps": 1}

    def go():
        return pipeline.train_all(
            tmp_path / "runs", ["zigzag"], loss="hinge", seed=0, device="cpu", data=all_swatches, shape=TINY, **words
        )

    weights = go()["zigzag"]
    first = weights.read_bytes()
    checkpoint = load_checkpoint(weights, kind=train.KIND_GENERATOR)
    assert checkpoint.scores == {"step": 1, "lineage": [1, 1, 1]}
    assert tuple(checkpoint.settings["generator"]["motifs"]) == pipeline.MOTIFS["zigzag"]
    assert checkpoint.settings["training"]["projected"]
    assert (
        json.loads((tmp_path / "runs" / "motif" / "zigzag" / "settings.json").read_text())["training"]["mismatch"]
        == 0.5
    )
    monkeypatch.setattr(train.Trainer, "train_step", lambda self: pytest.fail("it was trained already"))
    assert go()["zigzag"].read_bytes() == first

    export("zigzag", weights, tmp_path / "bundle")
    files = bundled_models("textiles", tmp_path / "bundle")["zigzag"].files
    generator = FabricGenerator.load(files["weights"], files["onnx"])
    assert {motif_of(generator.latent(Recipe(seed))[1]) for seed in range(24)} == set(pipeline.MOTIFS["zigzag"])
    assert generator.settings.figures == FIGURES["zigzag"]
    assert generator.draw(Recipe(3), 64).shape == (64, 64, 3)
