from __future__ import annotations

import pytest
import torch

from ml.errors import ModelFileError
from ml.garments.config import Settings
from ml.garments.model import build_model
from ml.pretrained import imagenet_weights, start_encoder
from tests.ml.garments.conftest import tiny_settings


def test_the_encoder_begins_with_the_published_weights():
    model = build_model(Settings())
    before = {name: value.clone() for name, value in model.decoder.state_dict().items()}
    start_encoder(model.encoder, Settings().encoder)
    published = imagenet_weights()
    inner = model.encoder.model.state_dict()
    assert len(inner) > 250
    assert all(torch.equal(value, published[name]) for name, value in inner.items())
    assert all(torch.equal(value, before[name]) for name, value in model.decoder.state_dict().items())


def test_published_weights_see_what_a_classifier_would():
    """The classifier they come from, built again: its features tell a picture from its mirror less than from another."""
    import timm

    net = timm.create_model("tf_efficientnet_lite2", pretrained=False)
    net.load_state_dict(imagenet_weights())
    net.eval()
    grid = torch.linspace(-1, 1, 128)
    round_shape = ((grid[None] ** 2 + (grid[:, None] - 0.2) ** 2) < 0.3).float().expand(3, 128, 128)
    stripes = (torch.sin(20 * grid + 0.7)).expand(3, 128, 128)
    with torch.inference_mode():
        one, mirrored, other = net(torch.stack([round_shape, round_shape.flip(-1), stripes]))
    assert (one - mirrored).norm() < 0.5 * (one - other).norm()


def test_another_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "efficientnet-lite2.pth"
    path.write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(ModelFileError, match="not the file of encoder weights"):
        imagenet_weights(path)


def test_an_encoder_without_such_weights_says_so():
    model = build_model(tiny_settings())
    with pytest.raises(ModelFileError, match="pretrained"):
        start_encoder(model.encoder, "tu-resnet18d")


def test_settings_of_the_first_runs_are_read_as_what_they_were():
    old = {
        name: value for name, value in tiny_settings().as_dict().items() if name not in ("pretrained", "encoder_rate")
    }
    assert not Settings.from_dict(old).pretrained
    assert Settings.from_dict(old).encoder_rate == 1.0
