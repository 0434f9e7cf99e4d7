import numpy as np
import torch

from ml.checkpoints import load_checkpoint, save_checkpoint


def save(path, **scores):
    tensors = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.ones(2, dtype=torch.float16)}
    save_checkpoint(path, tensors, kind="test", settings={"z": 1, "a": "ü"}, scores=scores)
    return path


def test_the_same_content_gives_the_same_bytes_every_time(tmp_path):
    first = save(tmp_path / "first.safetensors", step=3).read_bytes()
    for number in range(6):
        assert save(tmp_path / f"{number}.safetensors", step=3).read_bytes() == first
    assert save(tmp_path / "other.safetensors", step=4).read_bytes() != first


def test_what_was_saved_comes_back_with_and_without_torch(tmp_path):
    path = save(tmp_path / "file.safetensors", step=3)
    for framework in ("pt", "np"):
        read = load_checkpoint(path, kind="test", framework=framework)
        assert np.asarray(read.tensors["b"]).tolist() == [[0, 1, 2], [3, 4, 5]]
        assert (read.settings, read.scores) == ({"z": 1, "a": "ü"}, {"step": 3})
