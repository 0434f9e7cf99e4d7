import pytest
import torch

from ml.checkpoints import load_checkpoint, save_checkpoint
from ml.errors import ModelFileError
from ml.garments.config import CHECKPOINT_KIND, IGNORED_CLASS, Settings
from ml.garments.export import load_net
from ml.garments.losses import cross_entropy, segmentation_loss, soft_targets
from ml.garments.model import build_model
from tests.ml.garments.conftest import tiny_settings


def test_logits_have_nine_classes_at_half_size():
    assert build_model(tiny_settings())(torch.rand(2, 3, 96, 64)).shape == (2, 9, 48, 32)


def test_every_weight_learns():
    model = build_model(tiny_settings())
    segmentation_loss(model(torch.rand(2, 3, 64, 64)), torch.randint(0, 9, (2, 64, 64)), 0.5).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_net_that_ships_is_small():
    assert sum(parameter.numel() for parameter in build_model(Settings()).parameters()) < 6e6


def test_the_same_seed_starts_the_same_net():
    first, second = build_model(tiny_settings()), build_model(tiny_settings())
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_saved_and_loaded_nets_are_equal(tmp_path):
    settings = tiny_settings(seed=5)
    model = build_model(settings).eval()
    path = tmp_path / "model.safetensors"
    scores = {"mean_iou": 0.5}
    save_checkpoint(path, model.state_dict(), kind=CHECKPOINT_KIND, settings=settings.as_dict(), scores=scores)
    loaded, loaded_settings, loaded_scores = load_net(path)
    picture = torch.rand(1, 3, 64, 64)
    assert torch.equal(model(picture), loaded(picture))
    assert (loaded_settings, loaded_scores) == (settings, scores)
    assert load_checkpoint(path, kind=CHECKPOINT_KIND, framework="np").settings["seed"] == 5


def test_weights_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    wrong = tiny_settings(decoder_channels=(8, 8, 8, 16))
    save_checkpoint(path, build_model(wrong).state_dict(), kind=CHECKPOINT_KIND, settings=tiny_settings().as_dict())
    with pytest.raises(ModelFileError, match="does not fit"):
        load_net(path)


def test_targets_are_sure_inside_and_undecided_at_borders():
    labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    labels[:, :, 4:] = 2
    targets = soft_targets(labels)
    assert targets.shape == (1, 9, 4, 4)
    assert torch.allclose(targets.sum(dim=1), torch.ones(1, 4, 4))
    assert targets[0, 0, 1, 0] == 1
    assert 0 < targets[0, 2, 1, 1] < 1


def test_a_perfect_answer_costs_less_than_a_wrong_one():
    labels = torch.full((1, 16, 16), 2)
    right = torch.full((1, 9, 8, 8), -9.0)
    right[:, 2] = 9.0
    wrong = right.roll(1, dims=1)
    assert segmentation_loss(right, labels, 0.5) < 0.01 < segmentation_loss(wrong, labels, 0.5)


def test_a_class_that_weighs_more_costs_more_when_missed():
    labels = torch.full((1, 16, 16), 5)
    labels[:, :, 8:] = 2
    targets = soft_targets(labels)
    misses_the_fifth = torch.zeros(1, 9, 8, 8)
    misses_the_fifth[:, 2] = 4.0
    weights = torch.ones(9)
    plain = cross_entropy(misses_the_fifth, targets, weights)
    assert torch.isclose(plain, cross_entropy(misses_the_fifth, targets))
    weights[5] = 3.0
    assert cross_entropy(misses_the_fifth, targets, weights) > plain


def test_ignored_pixels_cost_nothing_wherever_they_are():
    labels = torch.full((1, 16, 16), 2)
    labels[:, 8:] = IGNORED_CLASS
    logits = torch.randn(1, 9, 8, 8)
    other = logits.clone()
    other[:, :, 5:] = torch.randn(1, 9, 3, 8)
    weights = torch.ones(9)
    assert torch.isclose(
        segmentation_loss(logits, labels, 0.5, weights), segmentation_loss(other, labels, 0.5, weights)
    )
    everywhere = torch.full((1, 16, 16), IGNORED_CLASS)
    assert cross_entropy(logits, soft_targets(everywhere)) == 0
