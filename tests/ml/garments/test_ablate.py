import dataclasses
import json

import pytest
import torch

from ml.garments import ablate
from ml.garments.config import Settings, Stage
from ml.garments.data import TrainingPictures, _photo_weight
from ml.garments.losses import soft_targets
from tests.ml.garments.conftest import tiny_settings

SMALL = ("everything", "everything, another seed", "soft borders", "more of rare classes")


@pytest.mark.parametrize("name", [name for name in ablate.VARIANTS if name != "everything"])
def test_each_run_lacks_its_ingredient_and_nothing_else(name):
    whole, without = (ablate.settings_of(each, 10).as_dict() for each in ("everything", name))
    changed = {key for key in whole if whole[key] != without[key]}
    assert changed == set(ablate.VARIANTS[name])


@pytest.fixture
def tiny(monkeypatch):
    def settings_of(name: str, steps: int) -> Settings:
        return dataclasses.replace(
            tiny_settings(steps=steps, evaluate_steps=steps, cache_side=96), **ablate.VARIANTS[name]
        )

    monkeypatch.setattr(ablate, "settings_of", settings_of)
    monkeypatch.setattr(ablate, "VARIANTS", {name: ablate.VARIANTS[name] for name in SMALL})
    monkeypatch.setattr(ablate, "SIDE", 96)
    monkeypatch.setattr(ablate, "LARGE", Stage(1.0, 64, 2))


def test_runs_that_are_done_are_not_done_again(tiny, data_set, tmp_path, monkeypatch, capsys):
    words = ["--out", str(tmp_path / "runs"), "--data", str(data_set), "--steps", "1", "--device", "cpu", "--write"]
    monkeypatch.setattr(ablate, "TABLE", tmp_path / "ablation.md")
    assert ablate.main(words) == 0
    table = (tmp_path / "ablation.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert [row.split(" | ")[0] for row in rows] == [
        "| nothing",
        "| nothing, another seed",
        "| soft borders",
        "| more of rare classes",
    ]
    assert "(" in rows[2]
    assert "(" not in rows[0]
    left = json.loads((tmp_path / "runs" / "soft-borders" / "ablation.json").read_text())
    assert left["settings"]["soft_borders"] is False

    def no_training(*_args, **_more):
        raise AssertionError("trained again")

    monkeypatch.setattr(ablate, "run_training", no_training)
    assert ablate.main(words) == 0
    assert (tmp_path / "ablation.md").read_text() == table


def test_a_run_needs_a_step(data_set, tmp_path, capsys):
    assert ablate.main(["--out", str(tmp_path), "--data", str(data_set), "--steps", "0"]) == 2
    assert "at least one step" in capsys.readouterr().err


def test_hard_borders_are_the_labels_themselves():
    labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    labels[:, :, 3:] = 2
    soft, hard = soft_targets(labels), soft_targets(labels, soft_borders=False)
    assert soft.shape == hard.shape
    assert ((soft > 0) & (soft < 1)).any()
    assert torch.equal(hard, hard.round())


def test_rare_photos_are_seen_more_often_only_where_asked(pairs):
    labels = pairs[0].labels.copy()
    labels[labels == 2] = 5  # a skirt
    assert _photo_weight(labels, 1.0) > 1.5
    assert _photo_weight(labels, 0.0) == 1.0
    even = TrainingPictures(pairs, tiny_settings(rare_share=0.0), [])
    assert even.weights.tolist() == [0.5, 0.5]
