import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from ml.errors import PictureError
from ml.garments import pseudo, train
from ml.garments.config import CLASSES, IGNORED_CLASS
from ml.garments.data import TrainingPictures
from ml.garments.model import build_model
from tests.ml.garments.conftest import drawn_pair, tiny_settings


@pytest.fixture
def data(data_set, tmp_path):
    """The drawn data set with two unlabelled photos beside it."""
    folder = tmp_path / "data"
    shutil.copytree(data_set, folder)
    (folder / "ccp" / "unlabelled").mkdir()
    for name in ("2001", "2002"):
        Image.fromarray(drawn_pair(name).photo).save(folder / "ccp" / "unlabelled" / f"{name}.jpg")
    return folder


@pytest.fixture
def model(data, tmp_path, monkeypatch):
    monkeypatch.setitem(train.RECIPES, "first", tiny_settings(steps=1, cache_side=96))
    assert train.main(["--out", str(tmp_path / "run"), "--data", str(data), "--device", "cpu"]) == 0
    return tmp_path / "run" / "model.safetensors"


def test_unsure_pixels_are_ignored_and_sure_ones_named():
    net, photo = build_model(tiny_settings()).eval(), drawn_pair().photo
    with torch.no_grad():
        net.head.weight[4] *= 60  # some places become very sure of trousers, or very sure of something else
    labels = pseudo.pseudo_labels(net, photo, 64, sure=0.5)
    assert labels.shape == photo.shape[:2]
    assert set(np.unique(labels)) <= {*range(len(CLASSES)), IGNORED_CLASS}
    assert np.all(pseudo.pseudo_labels(net, photo, 64, sure=1.01) == IGNORED_CLASS)
    assert not np.any(pseudo.pseudo_labels(net, photo, 64, sure=0.0) == IGNORED_CLASS)


def test_the_next_net_learns_from_the_labels_of_the_one_before(data, model, tmp_path, capsys):
    out = tmp_path / "labels"
    words = ["--model", str(model), "--out", str(out), "--data", str(data)]
    assert pseudo.main(words) == 0
    assert "2 photos labelled" in capsys.readouterr().out
    assert pseudo.main(words) == 0
    assert "0 photos labelled" in capsys.readouterr().out, "those there are kept"
    again = ["--out", str(tmp_path / "next"), "--data", str(data), "--device", "cpu", "--pseudo", str(out)]
    assert train.main(again) == 0
    read = pseudo.read_pseudo_pairs(data, out, 96)
    assert [pair.name for pair in read] == ["2001", "2002"]
    assert all(pair.photo.shape[:2] == pair.labels.shape and max(pair.labels.shape) == 96 for pair in read)


def test_pseudo_labelled_photos_are_seen_less_often_and_never_cut_out(pairs):
    settings = tiny_settings(pseudo_weight=0.5)
    pictures = TrainingPictures(pairs, settings, [], [drawn_pair("a"), drawn_pair("bb")])
    assert np.allclose(pictures.weights[2:], pictures.weights[:2] / 2)
    assert all(index < len(pairs) for found in pictures.cutouts.values() for index, _, _ in found)


def test_a_folder_without_labels_says_how_to_make_them(data, tmp_path):
    with pytest.raises(PictureError, match=r"ml\.garments\.pseudo"):
        pseudo.read_pseudo_pairs(data, tmp_path / "nothing", 96)
