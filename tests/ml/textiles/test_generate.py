import numpy as np
import pytest
import torch
from PIL import Image

from ml.bundle import bundled_model, bundled_models
from ml.checkpoints import load_checkpoint
from ml.errors import ModelFileError, RecipeError
from ml.textiles.config import CATEGORIES
from ml.textiles.generate import FabricGenerator, load_generator, main, round_weights
from ml.textiles.recipe import Recipe


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
@pytest.mark.parametrize(("cells", "size"), [(4, 64), (5, 240), (8, 128), (8, 256), (7, 448)])
def test_shifting_the_noise_shifts_the_printed_tile(category, cells, size):
    from ml.textiles.evaluate import shift_error

    assert shift_error(load_generator(category), size, cells) <= 1


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
