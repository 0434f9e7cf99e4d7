import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from ml.checkpoints import load_checkpoint
from ml.errors import ModelFileError
from ml.textiles import train as training
from ml.textiles.config import CATEGORIES
from ml.textiles.data import Swatches, kept_aside
from ml.textiles.judge import Judges, colour_distance, discrepancy, load_judges, train_judges
from ml.textiles.train import KIND_GENERATOR, KIND_RUN, Trainer, train

from .conftest import SHORT, TINY

JUDGED = {"mismatch": 0.5, "judged_class": 1.0, "judged_match": 8.0}


@pytest.fixture
def data(data):
    """Striped swatches, and six dotted ones beside them."""
    folder = data / "textiles" / "dotted"
    folder.mkdir()
    for number in range(6):
        rows, columns = np.indices((128, 128))
        dots = np.hypot(rows % 16 - 8, columns % 16 - 8) < 3 + number / 3
        Image.fromarray(np.where(dots[..., None], (230, 30 * number, 20), (20, 40, 90)).astype(np.uint8)).save(
            folder / f"{number}.png"
        )
    return data


@pytest.fixture
def judges(tmp_path):
    path = tmp_path / "judges.safetensors"
    torch.manual_seed(0)
    training.save_checkpoint(path, Judges(len(CATEGORIES)).state_dict(), kind="textile-judges", settings={}, scores={})
    return path


def sample(shift: float, number: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(shift, 1.0, (number, 20)).astype(np.float32))


def test_discrepancy_is_small_between_samples_of_one_distribution_only():
    same = np.mean([discrepancy(sample(0, 16, s), sample(0, 32, 100 + s)).item() for s in range(40)])
    other = np.mean([discrepancy(sample(0.7, 16, s), sample(0, 32, 100 + s)).item() for s in range(40)])
    narrow = np.mean([discrepancy(0.2 * sample(0, 16, s), sample(0, 32, 100 + s)).item() for s in range(40)])
    assert abs(same) < 0.02
    assert other > 0.2
    assert narrow > 0.2, "drawing the mean only is not rewarded"


def test_judges_learn_to_tell_swatches_apart(data, tmp_path):
    swatches = Swatches(data / "textiles", ("dotted", "striped"), (96,))
    path = tmp_path / "judges.safetensors"
    train_judges(swatches, path, steps=30, progress=False)
    pictures, chosen = swatches.labelled_batch(64, 1, 1)
    logits = load_judges(path, 2).read(torch.from_numpy(pictures))[0][0]
    assert (logits.argmax(1).numpy() == swatches.labels[chosen]).mean() > 0.8


def test_a_file_of_another_kind_is_no_judge(data, tmp_path):
    other = train(dataclasses.replace(SHORT, steps=1), tmp_path / "run", shape=TINY, data=data, progress=False)
    with pytest.raises(ModelFileError):
        load_judges(other, 12)


def test_every_sixth_swatch_is_kept_from_the_judges(data):
    everything = Swatches(data / "textiles", ("dotted",), (96,))
    learned = Swatches(data / "textiles", ("dotted",), (96,), aside=False)
    assert everything.count - learned.count == kept_aside(everything.count).sum() > 0


def test_a_judged_run_that_stopped_goes_on_as_if_it_had_not(data, tmp_path, judges):
    settings = dataclasses.replace(SHORT, categories=("dotted",), **JUDGED)

    def go_on(folder: str, steps: int):
        return train(
            dataclasses.replace(settings, steps=steps),
            tmp_path / folder,
            shape=TINY,
            judges=judges,
            data=data,
            progress=False,
        )

    whole = go_on("whole", 4)
    go_on("parts", 2)
    parts = load_checkpoint(go_on("parts", 4), kind=KIND_GENERATOR).tensors
    for name, tensor in load_checkpoint(whole, kind=KIND_GENERATOR).tensors.items():
        assert tensor.equal(parts[name]), name


def test_the_judges_move_the_generator_towards_the_real_swatches(data, judges):
    settings = dataclasses.replace(SHORT, categories=("dotted",), **JUDGED)
    trainer = Trainer(settings, TINY, Swatches(data / "textiles", ("dotted",), (96,)), torch.device("cpu"))
    trainer.judges = load_judges(judges, len(CATEGORIES))
    losses = trainer.train_step()
    assert losses.keys() == {"loss_d", "loss_g", "named", "matched"}
    assert all(parameter.grad is None for parameter in trainer.judges.parameters())


def test_the_lineage_of_a_fine_tune_names_every_run_before(data, tmp_path):
    def tune(folder: str, steps: int, base: str | None) -> None:
        start = tmp_path / base / "training.safetensors" if base else None
        shape = None if base else TINY
        settings = dataclasses.replace(SHORT, steps=steps)
        train(settings, tmp_path / folder, shape=shape, base=start, data=data, progress=False)

    tune("base", 3, None)
    tune("alone", 2, "base")
    tune("judged", 1, "alone")
    assert load_checkpoint(tmp_path / "judged" / "training.safetensors", kind=KIND_RUN).scores["lineage"] == [3, 2]


def test_colours_are_far_when_a_batch_is_printed_in_others_wherever_they_lie():
    ways = torch.nn.functional.normalize(torch.randn(3, 16, generator=torch.Generator().manual_seed(4)), dim=0)
    reds = torch.zeros(4, 3, 16, 16)
    reds[:, 0, :8] = 0.9
    moved, blues = reds.flip(2), reds.flip(1).requires_grad_()
    assert colour_distance(reds, moved, ways) < 1e-6
    far = colour_distance(blues, reds, ways)
    assert far > 0.1
    far.backward()
    assert blues.grad is not None
    assert blues.grad.abs().sum() > 0
