import builtins
import threading

import numpy as np
import pytest

from ml.checkpoints import sha256_of
from ml.engines import ENGINE_VARIABLE, OpenVinoSession
from ml.errors import ModelFileError
from ml.garments.segment import GarmentSegmenter
from tests.ml.garments.conftest import drawn_pair


@pytest.fixture
def load(exported):
    path = exported[0]["onnx"]
    return lambda: GarmentSegmenter.load(path, sha256_of(path))


def test_both_engines_believe_the_same(load, monkeypatch):
    photo = drawn_pair().photo
    usual = load()
    monkeypatch.setenv(ENGINE_VARIABLE, "openvino")
    other = load()
    assert isinstance(other.session, OpenVinoSession)
    assert not isinstance(usual.session, OpenVinoSession)
    for shape in (photo, photo[:64], photo[:, :48]):
        assert np.abs(usual.probabilities(shape) - other.probabilities(shape)).max() < 1e-3
    assert np.array_equal(other.segment(photo).labels, other.segment(photo).labels)


def test_threads_of_openvino_do_not_disturb_each_other(load, monkeypatch):
    monkeypatch.setenv(ENGINE_VARIABLE, "openvino")
    segmenter = load()
    photos = [np.random.default_rng(seed).integers(0, 255, (96, 64, 3), dtype=np.uint8) for seed in range(4)]
    alone = [segmenter.probabilities(photo) for photo in photos]
    together: dict[int, list[np.ndarray]] = {}

    def look(number: int) -> None:
        together[number] = [segmenter.probabilities(photos[number]) for _ in range(5)]

    people = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    for number, expected in enumerate(alone):
        assert all(np.array_equal(found, expected) for found in together[number])


def test_an_unknown_engine_names_those_there_are(load, monkeypatch):
    monkeypatch.setenv(ENGINE_VARIABLE, "tensorrt")
    with pytest.raises(ModelFileError, match="choose onnxruntime or openvino"):
        load()


def test_an_engine_that_is_not_installed_says_how_to_get_it(load, monkeypatch):
    real = builtins.__import__

    def without_openvino(name, *rest, **more):
        if name == "openvino":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setenv(ENGINE_VARIABLE, "openvino")
    monkeypatch.setattr(builtins, "__import__", without_openvino)
    with pytest.raises(ModelFileError, match="pip install openvino"):
        load()
