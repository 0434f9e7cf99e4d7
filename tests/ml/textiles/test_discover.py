import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.bundle import bundled_model, bundled_models, register_model
from ml.errors import ModelFileError
from ml.images import linear_to_oklab, srgb_to_linear
from ml.textiles import discover
from ml.textiles.attributes import ATTRIBUTES, measure
from ml.textiles.config import CATEGORIES
from ml.textiles.discover import MEASURED, bundle_directions, main
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.recipe import Recipe


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_bundled_generator_has_at_least_six_sliders_with_names_of_their_own(category):
    directions = load_generator(category).directions.values()
    assert sum(direction.name.startswith(("pca", "sefa")) for direction in directions) >= 6
    assert len({direction.label for direction in directions}) == len(directions) >= 6


@pytest.mark.parametrize("category", ["floral", "plaid"])
def test_sliders_do_what_their_names_say(category):
    generator = load_generator(category)
    seeds = [Recipe(seed, cells=4) for seed in range(900, 910)]
    for name in (name for names in MEASURED.values() for name in names):
        less, more = (
            np.mean(
                [
                    measure(tile)[ATTRIBUTES.index(name)]
                    for tile in generator.draw_many([r.edited({f"measured-{name}": amount}) for r in seeds], 64)
                ]
            )
            for amount in (-2, 2)
        )
        assert more > less, name


@pytest.mark.parametrize("category", ["floral", "plaid"])
def test_sliders_are_smooth_over_their_range(category):
    generator = load_generator(category)
    amounts = np.linspace(-3, 3, 25).tolist()
    for name in generator.directions:
        tiles = generator.draw_many([Recipe(9, cells=4).edited({name: amount}) for amount in amounts], 64)
        lab = linear_to_oklab(srgb_to_linear(tiles))
        steps = np.sqrt(((lab[1:] - lab[:-1]) ** 2).sum(-1)).mean((1, 2))
        assert steps.max() < 5 * steps.mean(), name
        assert steps.max() < 0.06, name  # 3 times what an eye sees of two colours side by side


def test_colour_sliders_leave_the_drawing_alone():
    generator = load_generator("floral")
    plain, warm = generator.separations([Recipe(3), Recipe(3).edited({"measured-warmth": 2})])
    assert np.array_equal(plain.logits, warm.logits)
    assert not np.array_equal(plain.palette, warm.palette)


@pytest.mark.parametrize("category", ["floral", "plaid"])
def test_directions_of_one_group_are_independent(category):
    generator = load_generator(category)
    space = discover._space(generator, 0)
    by_layers = {}
    for direction in generator.directions.values():
        row = space.coordinates(direction.vector[None])[0]
        by_layers.setdefault(direction.layers, []).append(row / np.linalg.norm(row))
    for rows in by_layers.values():
        likeness = np.abs(np.stack(rows) @ np.stack(rows).T)
        assert np.max(likeness - np.eye(len(rows))) < 0.05


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """The plaid generator without its directions, in a bundle of its own, and a search that takes a moment."""
    model, root = bundled_model("textiles", "plaid"), tmp_path / "bundled"
    (root / "textiles").mkdir(parents=True)
    files = {role: Path(shutil.copy(model.files[role][0], root / "textiles")) for role in ("weights", "onnx")}
    register_model("textiles", "plaid", model.version, files, model.scores, root)
    for name, count in (("FABRICS", 32), ("MOVED", 2), ("USUAL", 4)):
        monkeypatch.setattr(discover, name, count)
    return root


def test_found_directions_enter_the_manifest_once(bundle):
    before = bundled_model("textiles", "plaid", bundle)
    assert bundle_directions("plaid", bundle) >= 6
    after = bundled_models("textiles", bundle)["plaid"]
    assert (after.version, after.files["weights"], after.scores) == (
        before.version,
        before.files["weights"],
        before.scores,
    )
    generator = FabricGenerator.load(after.files["weights"], after.files["onnx"], after.files["directions"])
    assert len(generator.directions) >= 6
    content = after.files["directions"][0].read_bytes()
    assert bundle_directions("plaid", bundle) == 0
    assert after.files["directions"][0].read_bytes() == content


def test_a_stray_file_of_directions_is_not_overwritten(bundle):
    weights, _ = bundled_model("textiles", "plaid", bundle).files["weights"]
    weights.with_name(f"{weights.stem}-directions.json").write_text("mine")
    with pytest.raises(ModelFileError, match="not in the manifest"):
        bundle_directions("plaid", bundle)


def test_the_command_says_when_there_is_nothing_to_do(capsys):
    assert main(["--category", "plaid"]) == 0
    assert capsys.readouterr().out == "plaid: no new directions\n"
