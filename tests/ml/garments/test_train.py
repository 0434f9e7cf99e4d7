import dataclasses
import hashlib
import json

import pytest
import torch

from ml.checkpoints import load_checkpoint
from ml.garments import train
from ml.garments.config import CHECKPOINT_KIND, Settings
from ml.garments.data import TrainingPictures
from tests.ml.garments.conftest import tiny_settings

CPU = torch.device("cpu")


def new_training(pairs, **changes) -> train.Training:
    settings = tiny_settings(**changes)
    return train.Training(settings, TrainingPictures(pairs, settings, []), CPU)


def test_a_resumed_run_equals_an_uninterrupted_one(pairs, tmp_path):
    torch.set_num_threads(1)
    whole = new_training(pairs)
    losses = [whole.take_step() for _ in range(4)]
    stopped = new_training(pairs)
    stopped.take_step()
    stopped.take_step()
    stopped.save_state(tmp_path / "state.safetensors")
    resumed = new_training(pairs)
    resumed.load_state(tmp_path / "state.safetensors")
    assert [resumed.take_step(), resumed.take_step()] == losses[2:]
    for kept, fresh in zip(whole.average.state_dict().values(), resumed.average.state_dict().values(), strict=True):
        assert torch.equal(kept, fresh)


def test_settings_changed_on_the_way_are_remembered(pairs, tmp_path):
    first = new_training(pairs)
    first.take_step()
    first.save_state(tmp_path / "state.safetensors")
    second = new_training(pairs, ema_decay=0.9)
    second.load_state(tmp_path / "state.safetensors")
    assert second.changes == [{"step": 1, "setting": "ema_decay", "from": 0.995, "to": 0.9}]


def test_a_run_leaves_settings_scores_sheets_and_a_model(data_set, tmp_path, monkeypatch):
    monkeypatch.setitem(train.RECIPES, "first", tiny_settings(steps=2, cache_side=96))
    out = tmp_path / "run"
    words = ["--out", str(out), "--data", str(data_set), "--device", "cpu"]
    assert train.main(words) == 0
    assert json.loads((out / "settings.json").read_text())["steps"] == 2
    line = json.loads((out / "scores.jsonl").read_text().splitlines()[-1])
    assert line["step"] == 2
    assert 0 <= line["upper_body"]["clothing_iou"] <= 1
    assert (out / "sheet-000002.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "model.safetensors").exists()
    assert train.main(words) == 2, "a folder with a run in it is not overwritten"


def test_a_run_goes_on_from_the_weights_of_an_earlier_one(data_set, tmp_path, monkeypatch):
    monkeypatch.setitem(train.RECIPES, "first", tiny_settings(steps=1, cache_side=96, learning_rate=0.0))
    words = ["--data", str(data_set), "--device", "cpu"]
    assert train.main(["--out", str(tmp_path / "first"), "--steps", "2", *words]) == 0
    weights = tmp_path / "first" / "model.safetensors"
    assert train.main(["--out", str(tmp_path / "second"), "--start", str(weights), *words]) == 0
    settings = json.loads((tmp_path / "second" / "settings.json").read_text())
    assert settings["start"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    before, after = (
        load_checkpoint(path, kind=CHECKPOINT_KIND).tensors
        for path in (weights, weights.parent.parent / "second" / "model.safetensors")
    )
    assert torch.equal(before["head.weight"], after["head.weight"])


def test_missing_data_is_one_sentence_and_status_2(tmp_path, capsys):
    assert train.main(["--out", str(tmp_path / "run"), "--data", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_sizes_grow_and_rates_fall():
    settings = Settings()
    assert [train.stage_at(settings, progress).width for progress in (0.0, 0.5, 0.99, 1.0)] == [192, 256, 320, 320]
    rates = [train.learning_rate_at(settings, progress) for progress in (0.02, 0.3, 0.7, 1.0)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(settings.final_learning_rate)


def test_every_picture_size_suits_the_net():
    settings = Settings()
    for stage in settings.stages:
        for step in range(60):
            assert all(side % 32 == 0 for side in train.shape_at(settings, stage, step))


def test_bfloat16_is_for_cuda_only():
    with train.autocast_for(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_a_recipe_gives_the_settings_that_the_command_line_does_not(tmp_path):
    words = ["--out", str(tmp_path), "--recipe", "second", "--minutes", "3"]
    settings = train.prepare_settings(train.parse_arguments(words))
    assert settings == dataclasses.replace(train.RECIPES["second"], minutes=3.0)
