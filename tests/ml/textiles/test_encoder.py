"""The net that reads a style off a picture: learned from a generator's own fabrics, for that generator alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.bundle import bundled_model, bundled_models, load_session, register_model
from ml.checkpoints import sha256_of
from ml.errors import ModelFileError
from ml.textiles import encoder
from ml.textiles.config import CATEGORIES
from ml.textiles.encoder import (
    REMEMBERED,
    as_onnx,
    bundle_encoder,
    draw_fabrics,
    how_much_is_told,
    learn,
    main,
    train_encoder,
    wear,
)
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.guess import FIRST_SEED, LOOKED_AT, Encoder, looks_at, remembered_motif
from ml.textiles.invert import check_swatch
from ml.textiles.recipe import Recipe

pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]
OURS = "a" * 64


@pytest.fixture(scope="module")
def striped():
    return load_generator("striped")


@pytest.fixture(scope="module")
def drawn(striped):
    return draw_fabrics(striped, 288, 7)


@pytest.fixture(scope="module")
def file(striped, tmp_path_factory):
    """An encoder that has learned next to nothing, as a file."""
    path = tmp_path_factory.mktemp("encoder") / "striped-encoder.onnx"
    path.write_bytes(train_encoder(striped, OURS, fabrics=8, steps=1, aside=8)[0])
    return path


def test_it_tells_something_of_fabrics_that_it_never_saw(striped, drawn):
    reader = learn(drawn, steps=40)
    told = how_much_is_told(reader, draw_fabrics(striped, 48, 5000))
    assert told[:2].mean() > 0.1
    untaught = how_much_is_told(learn(drawn, steps=1), draw_fabrics(striped, 48, 5000))
    assert untaught[:2].mean() < told[:2].mean()


def test_the_same_seed_gives_the_same_encoder(drawn):
    first, again, other = (learn(drawn, steps=2, seed=seed) for seed in (3, 3, 4))
    picture = torch.rand(1, 3, LOOKED_AT, LOOKED_AT)
    assert torch.equal(first(picture)[0], again(picture)[0])
    assert not torch.equal(first(picture)[0], other(picture)[0])


def test_learning_leaves_the_dice_of_others_alone(drawn):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    learn(drawn, steps=1)
    assert torch.equal(torch.rand(3), wanted)


def test_worn_fabrics_differ_from_each_other_and_from_the_drawing(drawn):
    worn = wear(drawn.tiles[:1].repeat(3, 1, 1, 1), torch.Generator().manual_seed(1))
    assert worn.shape == (3, 3, encoder.LEARNED_AT, encoder.LEARNED_AT)
    assert worn.std(0).mean() > 0.02
    assert torch.isfinite(worn).all()


def test_the_served_encoder_reads_what_the_trained_one_read(striped, drawn, tmp_path):
    reader = encoder.round_to_half(learn(drawn, steps=3))
    reader.remember(draw_fabrics(striped, 8, FIRST_SEED))
    path = tmp_path / "net.onnx"
    path.write_bytes(as_onnx(reader, OURS))
    swatch = np.random.default_rng(0).integers(0, 256, (LOOKED_AT, LOOKED_AT, 3), dtype=np.uint8)
    served = Encoder.load(path, sha256_of(path), OURS).guess(swatch)
    with torch.no_grad():
        expected = reader(torch.from_numpy(looks_at(swatch.astype(np.float32) / 255)))[0].numpy().mean(0)
    assert served.shape == (128,)
    assert np.abs(served - expected).max() < 1e-3


def test_a_fabric_that_it_learned_from_is_recalled_when_seen_again(striped):
    """Of many stripes, the very one is among the first, though it is in other colours."""
    ranks = []
    for seed in range(FIRST_SEED, FIRST_SEED + 6):
        motif = min(remembered_motif(striped.settings.motifs, seed), 4)
        tile = striped.draw(Recipe(seed, 1.0, cells=4, motif=motif), 64)
        recalled = striped.encoder.recall(np.tile(255 - tile, (2, 2, 1)), REMEMBERED)
        assert len(recalled) == len(set(recalled)) == REMEMBERED
        ranks.append(recalled.index(seed))
    assert np.median(ranks) < 32


def test_the_first_look_is_the_picture_itself():
    picture = np.random.default_rng(0).random((8, 8, 3), dtype=np.float32)
    looks = looks_at(picture)
    assert np.allclose(looks[0], picture.transpose(2, 0, 1), atol=1e-6)
    spreads = (looks - looks.mean((2, 3), keepdims=True)).std((1, 2, 3))
    assert np.allclose(spreads, spreads[0], rtol=1e-3), "colours are turned, not stretched"


def test_a_plain_cloth_is_no_trouble(file):
    plain = check_swatch(np.full((40, 50, 3), 90, np.uint8))
    assert np.isfinite(Encoder.load(file, sha256_of(file), OURS).guess(plain)).all()


def test_an_altered_encoder_is_refused(file, tmp_path):
    altered = tmp_path / "altered.onnx"
    altered.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(ModelFileError, match="SHA-256"):
        Encoder.load(altered, sha256_of(file), OURS)


def test_an_encoder_of_another_generator_is_refused(file):
    with pytest.raises(ModelFileError, match="another generator"):
        Encoder.load(file, sha256_of(file), "b" * 64)


def test_another_net_is_refused():
    net, digest = bundled_model("textiles", "plaid").files["onnx"]
    with pytest.raises(ModelFileError, match="not an encoder"):
        Encoder.load(net, digest, OURS)


def test_whoever_waits_is_told_how_far_it_is_and_may_end_it(striped):
    class Enough(Exception):
        pass

    told: list[float] = []

    def tell(done: float) -> None:
        told.append(done)
        if len(told) > 3:
            raise Enough

    with pytest.raises(Enough):
        train_encoder(striped, OURS, fabrics=48, steps=4, aside=8, tell=tell)
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] < 1


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """The plaid generator without its encoder, in a bundle of its own, and learning that takes a moment."""
    model, root = bundled_model("textiles", "plaid"), tmp_path / "bundled"
    (root / "textiles").mkdir(parents=True)
    files = {role: Path(shutil.copy(model.files[role][0], root / "textiles")) for role in ("weights", "onnx")}
    register_model("textiles", "plaid", model.version, files, model.scores, root)
    monkeypatch.setattr(encoder, "train_encoder", lambda *given: train_encoder(*given, fabrics=8, steps=1, aside=8))
    return root


def test_a_trained_encoder_enters_the_manifest_once(bundle):
    before = bundled_model("textiles", "plaid", bundle)
    assert bundle_encoder("plaid", bundle) is not None
    after = bundled_models("textiles", bundle)["plaid"]
    assert (after.version, after.files["weights"], after.scores) == (
        before.version,
        before.files["weights"],
        before.scores,
    )
    generator = FabricGenerator.load(after.files["weights"], after.files["onnx"], encoder=after.files["encoder"])
    assert generator.encoder is not None
    content = after.files["encoder"][0].read_bytes()
    assert bundle_encoder("plaid", bundle) is None
    assert after.files["encoder"][0].read_bytes() == content


def test_a_stray_encoder_is_not_overwritten(bundle):
    weights, _ = bundled_model("textiles", "plaid", bundle).files["weights"]
    weights.with_name(f"{weights.stem}-encoder.onnx").write_text("mine")
    with pytest.raises(ModelFileError, match="not in the manifest"):
        bundle_encoder("plaid", bundle)


def test_the_command_says_when_there_is_nothing_to_do(capsys):
    assert main(["--category", "plaid"]) == 0
    assert capsys.readouterr().out == "plaid: no new encoder\n"


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_bundled_generator_has_a_small_encoder(category):
    path, digest = bundled_model("textiles", category).files["encoder"]
    assert path.stat().st_size < 700_000
    load_session(path, digest)
    assert load_generator(category).encoder is not None


def test_the_bundled_encoder_knows_its_own_fabrics_apart(striped):
    """Asked about fabrics it never saw, it is nearer to the right style than to another's."""
    recipes = [Recipe(900_000 + seed, truncation=1.0) for seed in range(8)]
    styles = np.stack([striped.style(each) for each in recipes])
    guessed = np.stack([striped.encoder.guess(tile) for tile in striped.draw_many(recipes, LOOKED_AT)])
    styles, guessed = styles - styles.mean(0), guessed - guessed.mean(0)
    likeness = guessed @ styles.T
    assert np.mean(np.diag(likeness)) > np.abs(likeness.mean())
    assert np.mean(likeness.argmax(1) == np.arange(8)) >= 0.4
