import numpy as np
from PIL import Image

from ml.bundle import bundled_models
from ml.textiles import evaluate
from ml.textiles.card import write_card
from ml.textiles.classifier import SIDE, classify, train_classifier
from ml.textiles.config import CATEGORIES
from ml.textiles.data import Swatches
from ml.textiles.generate import load_generator
from ml.textiles.metrics import mean_pairwise_distance, nearest_distance, sliced_wasserstein
from ml.textiles.recipe import Recipe
from ml.textiles.tutorial import draw_tutorial, train_tutorial


def noise(seed: int, number: int = 24, contrast: int = 200) -> np.ndarray:
    rng = np.random.RandomState(seed)
    small = rng.randint(0, contrast, (number, 16, 16, 3))
    return small.repeat(8, 1).repeat(8, 2).astype(np.uint8)


def test_a_copy_is_found_even_when_it_was_shifted():
    bank = noise(1)
    shifted = np.roll(bank[5:6], (32, 64), (1, 2))
    distance, which = nearest_distance(shifted, bank)
    assert distance[0] < 4  # resizing sees the seam, so not quite nothing
    assert which[0] == 5
    assert nearest_distance(noise(2)[:1], bank)[0][0] > 10


def test_equal_pictures_have_no_spread_and_noise_has():
    assert mean_pairwise_distance(noise(1)[:1].repeat(4, 0)) == 0
    assert mean_pairwise_distance(noise(1)) > 30


def test_sliced_wasserstein_tells_like_from_unlike():
    smooth = np.stack([np.full((128, 128, 3), level, np.uint8) for level in range(24)])
    assert sliced_wasserstein(noise(1), noise(1)) == 0
    assert sliced_wasserstein(noise(1), noise(2)) < sliced_wasserstein(noise(1), smooth) / 2


def test_the_classifier_learns_what_is_plainly_different():
    flat = np.stack([np.full((SIDE + 16, SIDE + 16, 3), 10 * i, np.uint8) for i in range(24)])
    rough = noise(3)[:, : SIDE + 16, : SIDE + 16]
    classes = np.repeat([0, 1], 24)
    net = train_classifier(np.concatenate([flat, rough]), classes, epochs=80, progress=False)
    fresh = noise(4)[:, : SIDE + 16, : SIDE + 16]
    assert (classify(net, fresh) == 1).mean() > 0.9
    assert (classify(net, flat) == 0).mean() > 0.9


def test_the_card_says_what_was_measured(tmp_path):
    rows = [
        {
            "category": category,
            "recognised": 0.25,
            "recognised_real": 0.5,
            "seen_as": [category],
            "swd": 2.0,
            "swd_real": 1.0,
        }
        | {"spread": 70.0, "spread_real": 80.0, "nearest": 9.0, "shift": 1}
        for category in CATEGORIES
    ]
    write_card(tmp_path / "CARD.md", rows, bundled_models("textiles"), 8)
    text = (tmp_path / "CARD.md").read_text()
    assert "Overall recognised: 25%, real validation swatches: 50% (ratio 50%)" in text
    assert all(f"| {category} | {bundled_models('textiles')[category].version} |" in text for category in CATEGORIES)


def test_the_tutorials_dcgan_trains_and_draws(tmp_path, data):
    path = tmp_path / "tutorial.safetensors"
    swatches = Swatches(data / "textiles", ("striped",), (96,))
    assert train_tutorial(swatches, path, seconds=60, steps=1) == 1
    drawn = draw_tutorial(path, 3)
    assert drawn.shape == (3, 64, 64, 3)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, draw_tutorial(path, 3))
    assert not np.array_equal(drawn, draw_tutorial(path, 3, seed=1))


def test_the_figures_of_a_category_are_all_measured(tmp_path, monkeypatch):
    """evaluate, on swatches and fabrics of two bundled categories."""
    monkeypatch.setattr(evaluate, "CATEGORIES", ("plaid", "solid"))
    monkeypatch.setattr(evaluate, "SHIFTED", ((4, 64, 2), (3, 48, 3)))
    for category in ("plaid", "solid"):
        folder = tmp_path / "textiles" / category
        folder.mkdir(parents=True)
        for number, tile in enumerate(load_generator(category).draw_many([Recipe(s, cells=4) for s in range(24)], 64)):
            Image.fromarray(tile).save(folder / f"{number}.png")
    rows = evaluate.measure(tmp_path / "textiles", 16, 1, tmp_path / "runs")
    assert [row["category"] for row in rows] == ["plaid", "solid"]
    for row in rows:
        assert 0 <= row["recognised"] <= 1
        assert row["shift"] <= 1
        assert row["spread"] > 0
        assert row["swd"] > 0
        with Image.open(tmp_path / "runs" / f"closest-{row['category']}.png") as pairs:
            assert pairs.size == (16 * 128, 2 * 128)


def test_crops_lie_inside_and_are_the_same_every_time():
    pictures = np.random.default_rng(0).integers(0, 255, (5, 80, 80, 3), dtype=np.uint8)
    crops = evaluate.crops_of(pictures)
    assert crops.shape == (5, 64, 64, 3)
    assert np.array_equal(crops, evaluate.crops_of(pictures))
