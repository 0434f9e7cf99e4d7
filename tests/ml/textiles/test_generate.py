import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ml.bundle import bundled_model, bundled_models
from ml.checkpoints import load_checkpoint
from ml.errors import ModelFileError, RecipeError
from ml.textiles.config import CATEGORIES
from ml.textiles.generate import STRUCTURE_SCALES, FabricGenerator, load_generator, main
from ml.textiles.latents import blend, encode_latent, turn, wrap_noise
from ml.textiles.recipe import Recipe, mixed
from ml.textiles.separations import ink_shares, print_separations, round_weights

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def plaid() -> FabricGenerator:
    return load_generator("plaid")


def test_every_category_is_bundled_and_small():
    models = bundled_models("textiles")
    assert set(models) == set(CATEGORIES)
    for model in models.values():
        assert all(path.stat().st_size < 5_000_000 for path, _ in model.files.values())


def test_a_recipe_gives_the_same_bytes_alone_or_in_company(plaid):
    files = bundled_model("textiles", "plaid").files
    alone = FabricGenerator.load(files["weights"], files["onnx"]).draw(Recipe(5), 256)
    together = plaid.draw_many([Recipe(4), Recipe(5), Recipe(6, cells=4)], 256)
    assert np.array_equal(alone, together[1])
    assert not np.array_equal(together[0], together[1])


@pytest.mark.parametrize("category", CATEGORIES)
def test_shifting_the_noise_shifts_the_printed_tile(category):
    from ml.textiles.evaluate import shift_error

    assert shift_error(load_generator(category)) <= 1


def test_truncation_zero_is_the_mean_style(plaid):
    assert np.allclose(plaid.style(Recipe(1, truncation=0)), plaid.style(Recipe(2, truncation=0)))


def test_numpy_and_torch_map_a_latent_to_the_same_style(plaid):
    from ml.textiles.export import generator_from

    path, _ = bundled_model("textiles", "plaid").files["weights"]
    net = generator_from(load_checkpoint(path, kind="textile-generator"))
    z, _ = plaid.draw_latent(Recipe(3))
    with torch.no_grad():
        expected = net.mapping(torch.from_numpy(z)[None])[0].numpy()
    assert np.allclose(plaid.style(Recipe(3, truncation=1.0)), expected, atol=1e-5)


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_bundled_onnx_file_draws_what_torch_draws(category):
    from ml.textiles.export import LARGEST_DIFFERENCE, check_parity, generator_from

    files = bundled_model("textiles", category).files
    net = generator_from(load_checkpoint(files["weights"][0], kind="textile-generator"))
    assert check_parity(net, files["onnx"][0]) < LARGEST_DIFFERENCE


FIRST = Recipe(5, cells=5).coloured({0: "#112233"}).nearby(8, 0.2)
SECOND = Recipe(9, 0.5, 9, merged=(0, 1, 0, 3, 4, 5)).nearby(3, 0.4)
CHILD = mixed(FIRST, SECOND, 0.4, 0.7).coloured({2: "#445566"})


@pytest.mark.parametrize(("first", "second"), [(Recipe(1), Recipe(2)), (FIRST, SECOND), (CHILD, FIRST)])
def test_a_mix_at_its_ends_is_exactly_a_parent(plaid, first, second):
    assert np.array_equal(plaid.draw(mixed(first, second, 0, 0), 160), plaid.draw(first, 160))
    assert np.array_equal(plaid.draw(mixed(first, second, 1, 1), 160), plaid.draw(second, 160))


def test_structure_and_style_come_from_the_parent_that_was_asked(plaid):
    first, second = (plaid.separations([Recipe(seed)])[0] for seed in (1, 2))
    child = plaid.separations([mixed(Recipe(1), Recipe(2), 0, 1)])[0]
    assert np.array_equal(child.palette, second.palette)
    styles, noise = plaid.latent(mixed(Recipe(1), Recipe(2), 0, 1))
    own_styles, own_noise = plaid.latent(Recipe(1))
    assert np.array_equal(noise, own_noise)
    assert np.array_equal(styles[:STRUCTURE_SCALES], own_styles[:STRUCTURE_SCALES])
    own, other = (np.abs(ink_shares(child, 128) - ink_shares(parent, 128)).mean() for parent in (first, second))
    assert own < other / 2


def test_half_way_a_mix_is_as_lively_as_its_parents(plaid):
    mean = plaid.style(Recipe(0, truncation=0))
    child, first, second = (
        np.linalg.norm(plaid.latent(recipe)[0][0] - mean)
        for recipe in (mixed(Recipe(1), Recipe(2), 0.5, 0.5), Recipe(1), Recipe(2))
    )
    assert child > 0.9 * min(first, second)


@pytest.mark.parametrize("motifs", [(2, 8), (8, 2), (4, 4)])
def test_a_mix_leaves_its_parents_gently_whatever_their_motifs(plaid, motifs):
    first, second = (Recipe(seed, motif=motif) for seed, motif in zip((1, 2), motifs, strict=True))
    whole = np.abs(plaid.draw(first, 128).astype(int) - plaid.draw(second, 128)).mean()
    for weight, parent in ((0, first), (0.01, first), (0.99, second), (1, second)):
        child = plaid.draw(mixed(first, second, weight, weight), 128).astype(int)
        assert np.abs(child - plaid.draw(parent, 128)).mean() < 0.1 * whole


def test_colours_of_both_parents_meet_half_way(plaid):
    first, second = Recipe(1).coloured({0: "#000000"}), Recipe(2).coloured({0: "#ffffff"})
    grey = plaid.separations([mixed(first, second, 0, 0.5)])[0].palette[0]
    assert np.ptp(grey) < 0.01
    assert 0.3 < grey[0] < 0.6


def test_a_small_step_is_more_like_this_than_a_large_one(plaid):
    here = plaid.draw(Recipe(5), 128).astype(int)
    near, far = (
        np.mean([np.abs(plaid.draw(Recipe(5).nearby(seed, distance), 128) - here).mean() for seed in range(8)])
        for distance in (0.05, 0.6)
    )
    assert 0 < near < far / 2


def test_a_step_of_one_arrives_at_its_seed(plaid):
    start, end = Recipe(5, motif=4), Recipe(8, motif=4)  # a step keeps the motif
    assert np.abs(plaid.draw(start.nearby(8, 1), 128).astype(int) - plaid.draw(end, 128)).max() <= 1


def test_styles_that_travel_as_text_draw_the_same_fabric(plaid):
    styles, _ = plaid.latent(Recipe(5))
    for sent in (styles, styles[0]):
        recipe = Recipe(5, truncation=1, latent=encode_latent(sent))
        assert np.abs(plaid.draw(recipe, 128).astype(int) - plaid.draw(Recipe(5), 128)).mean() < 1.5
        assert np.array_equal(plaid.draw(recipe, 128), plaid.draw(Recipe.from_json(recipe.to_json()), 128))


def test_truncation_draws_a_latent_and_a_mix_to_the_mean(plaid):
    mean = plaid.style(Recipe(0, truncation=0))
    styles, _ = plaid.latent(Recipe(5))
    for recipe in (Recipe(5, 0, latent=encode_latent(styles)), Recipe(5, 0, mix=CHILD.mix)):
        assert np.allclose(plaid.latent(recipe)[0], mean, atol=1e-6)


def test_shifting_the_noise_shifts_a_mix(plaid):
    styles, noise = plaid.latent(CHILD)
    shifted = np.roll(noise, (1, 2), (1, 2))
    here, there = plaid.separations_of(np.stack([styles, styles]), np.stack([noise, shifted]))
    step = 192 // CHILD.cells
    size = step * CHILD.cells
    moved = np.roll(print_separations(here, size).astype(int), (step, 2 * step), (0, 1))
    assert np.abs(moved - print_separations(there, size)).max() <= 1


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(1).coloured({6: "#123456"}),
        Recipe(1, merged=(0, 1, 0)),
        Recipe(1, latent=encode_latent(np.zeros(7))),
        Recipe(1).edited({"unheard-of": 1}),
        mixed(Recipe(1), Recipe(1).edited({"unheard-of": 1}), 0.5, 0.5),
    ],
)
def test_a_recipe_for_another_generator_is_refused_with_a_sentence(plaid, recipe):
    with pytest.raises(RecipeError, match=r"^(This|The) .*\.$"):
        plaid.draw(recipe, 64)


def test_a_turn_keeps_the_loudness_of_noise():
    one, other = np.random.RandomState(0).standard_normal((2, 16, 8, 8)).astype(np.float32)
    assert turn(one, other, 0.5).std() > 0.95
    assert blend(one, other, 0.5).std() < 0.8
    assert turn(one, other, 0) is one
    assert turn(one, other, 1) is other
    assert np.allclose(turn(one, one, 0.3), one)
    assert np.isfinite(turn(one, -one, 0.5)).all()


def test_noise_of_another_size_is_cut_off_or_repeated():
    noise = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    assert np.array_equal(wrap_noise(noise, 2)[0], [[0, 1], [3, 4]])
    assert np.array_equal(wrap_noise(noise, 4)[0, 0], [0, 1, 2, 0])


def test_seeds_differ(plaid):
    tiles = plaid.draw_many([Recipe(seed) for seed in range(8)], 128).astype(int)
    assert min(np.abs(tiles[i] - tiles[j]).mean() for i in range(8) for j in range(i)) > 4


@pytest.mark.parametrize("size", [0, -1, 15, 8193, 1_000_000, 2.5, True, None])
def test_a_size_out_of_range_is_refused(plaid, size):
    with pytest.raises(RecipeError, match="16 to 8192"):
        plaid.draw(Recipe(1), size)


def test_an_altered_model_file_is_refused(tmp_path):
    model = bundled_model("textiles", "solid")
    path, digest = model.files["onnx"]
    altered = tmp_path / "solid.onnx"
    altered.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelFileError, match="not the one that was published"):
        FabricGenerator.load(model.files["weights"], (altered, digest))


def test_resampling_keeps_a_constant_and_reaches_round_the_edge():
    assert np.allclose(round_weights(20, 33).sum(1), 1)
    assert round_weights(16, 64)[0, -1] != 0


def test_the_command_writes_named_seamless_tiles(tmp_path):
    assert main(["plaid", "--seed", "7", "--count", "2", "--size", "96", "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plaid-7.png", "plaid-8.png"]
    with Image.open(tmp_path / "plaid-7.png") as tile:
        assert (tile.size, tile.mode) == ((96, 96), "RGB")


@pytest.mark.parametrize(
    "words",
    [
        ["tartan", "--seed", "1"],
        ["plaid", "--seed", "-1"],
        ["plaid", "--seed", "4294967296"],
        ["plaid", "--seed", "1", "--size", "0"],
        ["plaid", "--seed", "1", "--size", "1000000"],
        ["plaid", "--seed", "1", "--count", "0"],
        ["plaid", "--seed", "1", "--truncation", "nan"],
    ],
)
def test_the_command_tells_bad_input_in_one_line(tmp_path, capsys, words):
    assert main([*words, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_fabric_has_the_same_bytes_whatever_the_number_of_threads():
    program = (
        "import hashlib; from ml.textiles.generate import load_generator; from ml.textiles.recipe import Recipe;"
        "tiles = [load_generator('plaid').draw(Recipe(5), size) for size in (96, 256, 700)];"
        "print([hashlib.sha256(tile.tobytes()).hexdigest() for tile in tiles])"
    )
    told = set()
    for threads in ("1", "2", "4"):
        names = ("AIFASHION_MODEL_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(names, threads)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        told.add(done.stdout)
    assert len(told) == 1


def test_strips_do_not_show(plaid, monkeypatch):
    drawn = plaid.separations([Recipe(5)])[0]
    whole = print_separations(drawn, 300)
    monkeypatch.setattr("ml.textiles.separations.STRIP", 300 * 7)
    assert np.array_equal(print_separations(drawn, 300), whole)
