import dataclasses
import json
import subprocess
import sys

import pytest
import torch

from ml.checkpoints import load_checkpoint
from ml.errors import ModelFileError, PictureError
from ml.textiles.train import KIND_GENERATOR, main, train
from ml.textiles.workers import Workers

from .conftest import SHORT, TINY


def run(out, data, **changes):
    settings = dataclasses.replace(SHORT, **changes)
    return train(settings, out, shape=TINY, device="cpu", data=data, progress=False, sheet_every=2)


def test_a_run_leaves_settings_scores_sheets_and_weights(tmp_path, data):
    weights = run(tmp_path / "run", data, steps=50)
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["training"]["steps"] == 50
    assert [json.loads(line)["step"] for line in (tmp_path / "run" / "scores.jsonl").read_text().splitlines()] == [50]
    assert (tmp_path / "run" / "step-000002.png").stat().st_size > 1000
    assert load_checkpoint(weights, kind=KIND_GENERATOR).scores["step"] == 50


def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(tmp_path, data):
    whole = run(tmp_path / "whole", data, steps=4)
    run(tmp_path / "parts", data, steps=2)
    parts = run(tmp_path / "parts", data, steps=4)
    assert (
        load_checkpoint(whole, kind=KIND_GENERATOR).tensors.keys()
        == load_checkpoint(parts, kind=KIND_GENERATOR).tensors.keys()
    )
    for name, tensor in load_checkpoint(whole, kind=KIND_GENERATOR).tensors.items():
        assert tensor.equal(load_checkpoint(parts, kind=KIND_GENERATOR).tensors[name]), name


def test_a_fine_tune_starts_from_its_base(tmp_path, data):
    run(tmp_path / "base", data)
    settings = dataclasses.replace(SHORT, steps=1)
    tuned = train(
        settings, tmp_path / "tuned", base=tmp_path / "base" / "training.safetensors", data=data, progress=False
    )
    near = load_checkpoint(tuned, kind=KIND_GENERATOR).tensors
    base = load_checkpoint(tmp_path / "base" / "generator.safetensors", kind=KIND_GENERATOR).tensors
    assert all(
        (near[name].float() - base[name].float()).abs().max() < 0.1 for name in near if name.startswith("mapping")
    )


def test_another_runs_folder_is_not_overwritten(tmp_path, data):
    run(tmp_path / "run", data)
    with pytest.raises(ModelFileError, match="other settings"):
        run(tmp_path / "run", data, seed=9)


def test_a_torn_checkpoint_is_refused_by_name(tmp_path, data):
    run(tmp_path / "run", data)
    checkpoint = tmp_path / "run" / "training.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:500])
    with pytest.raises(ModelFileError, match=r"training\.safetensors"):
        run(tmp_path / "run", data, steps=9)


def test_missing_swatches_are_named(tmp_path):
    with pytest.raises(PictureError, match="striped"):
        run(tmp_path / "run", tmp_path)


def test_the_command_tells_bad_input_in_one_line(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "run"), "--category", "plaid", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_two_processes_train_one_run(tmp_path, data):
    """torchrun, two processes on the CPU: one set of files, and another run than one process alone."""
    words = [
        "--category",
        "striped",
        "--steps",
        "2",
        "--batch",
        "2",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--data",
        str(data),
    ]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    together = [*launcher, "-m", "ml.textiles.train", "--out", str(tmp_path / "two"), *words]
    done = subprocess.run(together, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert main(["--out", str(tmp_path / "one"), *words]) == 0
    one, two = (
        load_checkpoint(tmp_path / name / "generator.safetensors", kind=KIND_GENERATOR) for name in ("one", "two")
    )
    assert two.scores["step"] == 2
    assert any(not tensor.equal(two.tensors[name]) for name, tensor in one.tensors.items())


def test_gradients_are_averaged_over_the_processes(monkeypatch):
    def sum_with_a_second_process(tensor):
        tensor.add_(tensor * 2)

    monkeypatch.setattr("ml.textiles.workers.dist.all_reduce", sum_with_a_second_process)
    weight, other, frozen = (torch.nn.Parameter(torch.ones(size)) for size in (2, 3, 4))
    weight.grad, other.grad = torch.tensor([1.0, 2.0]), torch.tensor([4.0, 5.0, 6.0])
    Workers(0, 2).average_gradients([weight, frozen, other])
    assert weight.grad.tolist() == [1.5, 3.0]
    assert other.grad.tolist() == [6.0, 7.5, 9.0]
