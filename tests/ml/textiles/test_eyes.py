import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from ml.errors import MlError, ModelFileError
from ml.textiles.config import CATEGORIES
from ml.textiles.data import Swatches
from ml.textiles.eyes import CHANNELS, Eyes, ProjectedDiscriminator, load_eyes, open_eyes
from ml.textiles.train import CHECKPOINT, Trainer, load_checkpoint, train

from .conftest import SHORT, TINY

SIGHTED = dataclasses.replace(SHORT, projected=True, r1=0.0, judged_class=1.0, judged_match=4.0, judged_colours=8.0)


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """Striped and dotted swatches, and eyes that have looked at them: (swatches, file)."""
    root = tmp_path_factory.mktemp("swatches")
    rows, columns = np.indices((128, 128))
    for number in range(6):
        colours = (200, 30 * number, 60), (20, 40, 90)
        patterns = {
            "dotted": np.hypot(rows % 16 - 8, columns % 16 - 8) < 3 + number / 3,
            "striped": rows % (6 + number) < 3,
        }
        for name, inside in patterns.items():
            (root / name).mkdir(exist_ok=True)
            picture = np.where(inside[..., None], *colours).astype(np.uint8)
            Image.fromarray(picture).save(root / name / f"{number}.png")
    path = root / "eyes.safetensors"
    swatches = Swatches(root, ("dotted", "striped"), (96,))
    open_eyes(swatches, path, views=4, progress=False)
    return swatches, path


@pytest.fixture(scope="module")
def plain_eyes():
    return Eyes(len(CATEGORIES)).eval().requires_grad_(False)


def test_eyes_read_the_category_of_crops_they_have_not_seen(looked):
    swatches, path = looked
    eyes = load_eyes(path, 2)
    pictures, chosen = swatches.labelled_batch(40, 99, 1)
    read = eyes.read(eyes.statistics(eyes.look(torch.from_numpy(pictures)))).argmax(1).numpy()
    assert (read == swatches.labels[chosen]).mean() > 0.9


def test_what_eyes_saw_of_real_swatches_is_even(looked):
    swatches, path = looked
    eyes = load_eyes(path, 2)
    maps = eyes.even(eyes.look(torch.from_numpy(swatches.batch(32, 5, 0, 1.0))))
    assert [x.shape[1] for x in maps] == list(CHANNELS)
    assert all(abs(float(x.mean())) < 0.3 and 0.5 < float(x.std()) < 2 for x in maps)


def test_a_projected_discriminator_learns_with_its_heads_only(plain_eyes):
    discriminator = ProjectedDiscriminator(plain_eyes)
    fixed = [value.clone() for value in discriminator.mixes[0].parameters()]
    learning = [part for part in discriminator.requires_grad_(True).parameters() if part.requires_grad]
    optimiser = torch.optim.Adam(learning, 2e-3)
    stripes = torch.sin(torch.arange(64) * 0.8).expand(4, 3, 64, 64) * 0.5 + 0.5
    flat = torch.full((4, 3, 64, 64), 0.5)
    for _ in range(12):
        loss = torch.relu(1 - discriminator(stripes)).mean() + torch.relu(1 + discriminator(flat)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert discriminator(stripes).mean() > discriminator(flat).mean() + 0.5
    assert all(torch.equal(a, b) for a, b in zip(fixed, discriminator.mixes[0].parameters(), strict=True))
    assert not any(name.startswith(("_eyes", "eyes")) for name in discriminator.state_dict()), "saved elsewhere"


def test_a_generator_with_new_figures_goes_on_from_one_without(data, tmp_path):
    train(SHORT, tmp_path / "first", shape=TINY, device="cpu", data=data, progress=False)
    eyes = tmp_path / "eyes.safetensors"
    open_eyes(Swatches(data / "textiles", ("striped",) * len(CATEGORIES), (96,)), eyes, views=1, progress=False)
    shape = dataclasses.replace(TINY, figures=("folds along x",))
    words = {"shape": shape, "eyes": eyes, "base": tmp_path / "first" / CHECKPOINT, "device": "cpu", "data": data}
    settings = dataclasses.replace(SIGHTED, steps=2)
    weights = train(settings, tmp_path / "second", progress=False, **words)
    saved = load_checkpoint(weights, kind="textile-generator")
    assert saved.scores == {"step": 2, "lineage": [4]}
    assert any(".figures." in name for name in saved.tensors)
    first = weights.read_bytes()
    weights.unlink()
    train(settings, tmp_path / "second", progress=False, **words)
    assert weights.read_bytes() == first, "a killed run goes on to the same result"


def test_both_judgements_reach_the_generator(data, plain_eyes):
    swatches = Swatches(data / "textiles", ("striped",), (96,))
    trainer = Trainer(SIGHTED, TINY, swatches, torch.device("cpu"), eyes=plain_eyes)
    losses = trainer.train_step()
    assert {"named", "matched"} < set(losses)
    assert all(np.isfinite(value) for value in losses.values())


def test_no_eyes_is_one_sentence(data, tmp_path):
    with pytest.raises(MlError, match="needs eyes"):
        train(SIGHTED, tmp_path / "run", shape=TINY, device="cpu", data=data, progress=False)


def test_another_kind_of_file_is_no_eyes(tmp_path, data):
    weights = train(SHORT, tmp_path / "first", shape=TINY, device="cpu", data=data, progress=False)
    with pytest.raises(ModelFileError):
        load_eyes(weights, len(CATEGORIES))
