import numpy as np
import pytest
import torch

from ml.bundle import bundled_models, load_session
from ml.checkpoints import save_checkpoint, sha256_of
from ml.errors import ModelFileError
from ml.textiles import encoder as encoders
from ml.textiles.config import CATEGORIES
from ml.textiles.encoder import Encoder, bundled_encoder
from ml.textiles.export import export
from ml.textiles.eyes import KIND_EYES, Eyes, pooled
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.invert import find_fabric
from ml.textiles.train import train
from ml.textiles.train_encoder import drawn_fabrics, fit_reader, train_encoder, write_eyes

from .conftest import SHORT, TINY


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_served_eyes_see_what_the_training_eyes_saw(tmp_path):
    eyes = Eyes(2).eval()
    eyes.centre += 0.2
    write_eyes(eyes, tmp_path / "eyes.onnx")
    pictures = np.random.default_rng(0).integers(0, 256, (3, 128, 128, 3), dtype=np.uint8)
    served = Encoder(load_session(tmp_path / "eyes.onnx", sha256_of(tmp_path / "eyes.onnx")), {}, {}).look(pictures)
    with torch.no_grad():
        shown = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255)
        expected = ((pooled(eyes.features(shown * 2 - 1)) - eyes.centre) / eyes.spread).numpy()
    assert np.abs(served - expected).max() < 0.05 * np.abs(expected).max(), "weights in half precision"


def test_a_reader_tells_styles_that_can_be_told():
    rng = np.random.default_rng(0)
    seen = rng.standard_normal((600, 40)).astype(np.float32)
    styles = seen[:, :6] @ rng.standard_normal((6, 16)).astype(np.float32)
    told = fit_reader(seen, styles)[1]
    blind = fit_reader(rng.standard_normal((600, 40)).astype(np.float32), styles)[1]
    assert told > 0.8
    assert blind < 0.1


@pytest.fixture
def bundle(data, tmp_path):
    """A tiny generator, bundled, and an encoder for it: (root, what it tells)."""
    root = tmp_path / "bundle"
    export("striped", train(SHORT, tmp_path / "run", shape=TINY, device="cpu", data=data, progress=False), root)
    eyes = tmp_path / "eyes.safetensors"
    save_checkpoint(eyes, Eyes(len(CATEGORIES)).state_dict(), kind=KIND_EYES, settings={}, scores={})
    return root, train_encoder(eyes, ["striped"], fabrics=48, root=root, progress=False)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_an_encoder_is_bundled_verified_and_helps_to_start_from_a_picture(bundle):
    root, told = bundle
    assert set(told) == {"striped"}
    files = bundled_models("textiles", root)["striped"].files
    generator = FabricGenerator.load(files["weights"], files["onnx"])
    encoder = bundled_encoder(root)
    assert encoder.knows(generator.digest)
    picture = drawn_fabrics(generator, 24, 5)[0][3]
    assert encoder.guess(encoder.look(picture[None])[0], generator.digest).shape == (TINY.style,)
    found = find_fabric(generator, picture, encoder=encoder)
    assert found == find_fabric(generator, picture, encoder=encoder)
    assert found.distance <= found.usual

    weights = bundled_models(encoders.FAMILY, root)[encoders.NAME].files["weights"][0]
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    bundled_encoder.cache_clear()
    with pytest.raises(ModelFileError):
        bundled_encoder(root)


def test_a_generator_it_does_not_know_is_searched_without_it():
    known = Encoder(None, {}, {"striped": "0" * 64})
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    generator = load_generator("striped")
    assert not known.knows(generator.digest)
    assert find_fabric(generator, picture, encoder=known) == find_fabric(generator, picture)


def test_where_none_was_trained_there_is_none(tmp_path):
    assert bundled_encoder(tmp_path) is None
