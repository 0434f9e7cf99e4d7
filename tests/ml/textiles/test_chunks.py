"""Runs that are watched, stopped, killed between two steps, and left without room on the disk."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ml.checkpoints import load_checkpoint
from ml.errors import ModelFileError
from ml.textiles.appraise import appraise
from ml.textiles.chunks import BEFORE, shape_in, train_watched
from ml.textiles.run_folder import FIGURES, SCORES, log_tail, read_lines, sample_name, sample_steps
from ml.textiles.train import CHECKPOINT, KIND_GENERATOR, KIND_RUN

from .conftest import SHORT, TINY, full_disk_for


def run(out, data, *, watch=lambda told: True, **changes):
    how = {"base": changes.pop("base", None), "chunk_seconds": changes.pop("chunk_seconds", 60)}
    settings = dataclasses.replace(SHORT, **changes)
    return train_watched(settings, out, root=data / "textiles", shape=TINY, watch=watch, device="cpu", **how)


def weights(path, kind=KIND_GENERATOR):
    return load_checkpoint(path, kind=kind, framework="np").tensors


def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(tmp_path, data):
    whole = run(tmp_path / "whole", data)
    assert run(tmp_path / "parts", data, watch=lambda told: told.step < 2) is None
    parts = run(tmp_path / "parts", data)
    assert all(np.array_equal(tensor, weights(parts)[name]) for name, tensor in weights(whole).items())
    for name in (SCORES, FIGURES):
        steps = [line["step"] for line in read_lines(tmp_path / "parts" / name)]
        assert steps == sorted(set(steps)) == [line["step"] for line in read_lines(tmp_path / "whole" / name)]
    assert sample_steps(tmp_path / "parts") == [0, 1, 2, 3, 4]
    first, again = ((tmp_path / name / sample_name(1)).read_bytes() for name in ("whole", "parts"))
    assert first == again
    assert any("Going on at step 2" in line for line in log_tail(tmp_path / "parts"))


def test_what_was_noted_after_the_last_kept_step_is_noted_once(tmp_path, data):
    class Killed(BaseException):
        pass

    def die(told):
        if told.step == 3:
            raise Killed
        return True

    with pytest.raises(Killed):
        run(tmp_path / "run", data, watch=die, chunk_seconds=0)
    assert [line["step"] for line in read_lines(tmp_path / "run" / SCORES)] == [1, 2, 3]
    run(tmp_path / "run", data)
    assert [line["step"] for line in read_lines(tmp_path / "run" / SCORES)] == [1, 2, 3, 4]


def test_a_full_disk_leaves_the_last_good_state(tmp_path, data, monkeypatch):
    out = tmp_path / "run"
    run(out, data, watch=lambda told: told.step < 2)
    before = (out / CHECKPOINT).read_bytes()

    with monkeypatch.context() as patch:
        patch.setattr("ml.checkpoints.os.fsync", full_disk_for("training.safetensors"))
        with pytest.raises(OSError, match="No space"):
            run(out, data, watch=lambda told: told.step < 3, chunk_seconds=0)
    assert [line["step"] for line in read_lines(out / SCORES)] == [1, 2, 3]  # it was while step 3 was kept
    assert (out / CHECKPOINT).read_bytes() == before
    assert not list(out.glob(".*.part"))
    assert run(out, data) is not None


def test_a_damaged_state_is_replaced_by_the_one_before(tmp_path, data):
    out = tmp_path / "run"
    run(out, data, watch=lambda told: told.step < 3, chunk_seconds=0)
    assert load_checkpoint(out / BEFORE, kind=KIND_RUN).scores["step"] == 2
    (out / CHECKPOINT).write_bytes((out / CHECKPOINT).read_bytes()[:900])
    assert run(out, data) is not None
    assert any("damaged" in line for line in log_tail(out))
    for name in (CHECKPOINT, BEFORE):
        (out / name).write_bytes(b"nothing")
    with pytest.raises(ModelFileError, match="Start a new run"):
        run(out, data, steps=9)


def test_a_run_starts_from_a_versions_weights_alone(tmp_path, data):
    base = run(tmp_path / "base", data)
    assert shape_in(base) == TINY
    tuned = run(tmp_path / "tuned", data, base=base, steps=1)
    before, after = weights(base), weights(tuned)
    assert all(np.abs(after[n].astype(float) - before[n]).max() < 0.1 for n in after if n.startswith("mapping"))
    assert load_checkpoint(tuned, kind=KIND_GENERATOR).scores["lineage"] == [4]


def test_figures_of_few_swatches_say_only_what_can_be_said(monkeypatch):
    class Generator:
        def draw_many(self, recipes, size):
            return np.stack([np.full((size, size, 3), recipe.seed * 9, np.uint8) for recipe in recipes])

    monkeypatch.setattr("ml.textiles.appraise.shift_error", lambda generator: 1)
    stream = np.random.default_rng(0)
    real = stream.integers(0, 255, (24, 128, 128, 3), dtype=np.uint8)
    few = appraise(Generator(), real[:5], {}, number=16)
    assert few.keys() == {"swatches", "number", "shift", "spread", "spread_real"}
    many = appraise(Generator(), real, {"other": real[:8] // 2}, number=16, steps=2)
    assert many["copies"] == 0
    assert 0 <= many["recognised"] <= 1
