import json

import numpy as np
import pytest
import torch

from ml.bundle import bundled_models, load_session
from ml.cloth import train
from ml.cloth.config import CANVAS, SHEETS, Settings
from ml.cloth.export import bundle_net
from ml.cloth.lessons import read_lessons
from ml.errors import ModelFileError

TINY = Settings(channels=(4, 4, 6, 6, 8), batch=2, steps=6)


@pytest.fixture
def lessons(lessons_folder):
    return read_lessons(sorted(lessons_folder.glob("*.npz")))


def test_a_resumed_run_equals_an_uninterrupted_one(lessons, tmp_path):
    torch.set_num_threads(1)
    whole = train.Training(TINY)
    losses = [whole.take_step(lessons) for _ in range(4)]
    stopped = train.Training(TINY)
    stopped.take_step(lessons)
    stopped.take_step(lessons)
    stopped.save(tmp_path, {})
    resumed = train.Training(TINY)
    resumed.load(tmp_path / train.STATE)
    assert [resumed.take_step(lessons), resumed.take_step(lessons)] == losses[2:]


def test_only_a_places_own_sheet_is_asked():
    cm = torch.zeros(1, 2 * len(SHEETS), 2, 2)
    cm[0, 4:6] = torch.tensor([7.0, 9.0])[:, None, None]
    sheet = torch.tensor([[[2, 0], [-1, 2]]])
    found = train.on_sheet(cm, sheet)
    assert found[0, :, 0, 0].tolist() == [7.0, 9.0]
    assert found[0, :, 0, 1].tolist() == [0.0, 0.0]


def test_it_learns_what_it_is_shown(lessons):
    torch.manual_seed(0)
    settings = Settings(channels=(6, 8, 8, 8, 12), batch=2, steps=40)
    training = train.Training(settings)
    first = train.measure(training.average, lessons[:2], settings)
    losses = [training.take_step(lessons) for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    assert train.measure(training.average, lessons[:2], settings)["cm"] < first["cm"]


def test_the_command_leaves_a_net_that_can_be_bundled(lessons_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "VALIDATION", 1)
    monkeypatch.setattr(
        train, "Settings", lambda **changes: Settings(**{"channels": TINY.channels, "batch": 2} | changes)
    )
    monkeypatch.setattr(train.Settings, "steps", 2, raising=False)
    out = tmp_path / "run"
    words = ["--lessons", str(lessons_folder), "--out", str(out), "--steps", "2"]
    assert train.main(words) == 0
    line = json.loads((out / "scores.jsonl").read_text().splitlines()[-1])
    assert line["step"] == 2
    assert {"cm", "degrees", "sheet"} <= set(line)
    assert train.main(words) == 2, "a folder with a run in it is not overwritten"
    root = tmp_path / "bundled"
    (root / "cloth").mkdir(parents=True)
    (root / "manifest.json").write_text("{}")
    bundle_net(out, root)
    model = bundled_models("cloth", root)["hang"]
    session = load_session(*model.files["onnx"])
    logits, cm = session.run(None, {"picture": np.zeros((1, 2, CANVAS[1], CANVAS[0]), np.float32)})
    assert logits.shape == (1, 4, 128, 96)
    assert cm.shape == (1, 8, 128, 96)
    assert "cm from the true point" in (root / "cloth" / "CARD.md").read_text().replace("\n", " ")


def test_too_few_garments_are_told(tmp_path, capsys):
    assert train.main(["--lessons", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    assert "holds 0 garments" in capsys.readouterr().err


def test_another_kind_of_file_is_refused(tmp_path, lessons):
    training = train.Training(TINY)
    training.save(tmp_path, {})
    with pytest.raises(ModelFileError):
        train.Training(TINY).load(tmp_path / train.MODEL)
