"""Checkpoints in the layout of ternaus/cloths_segmentation, random, imported and served."""

import json
import pickle
import warnings
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from ml.bundle import bundled_model
from ml.checkpoints import load_checkpoint, sha256_of
from ml.errors import MlError, ModelFileError
from ml.garments import import_ternaus, segment
from ml.garments.import_ternaus import CHECKPOINT_KIND, build_net, import_checkpoint, read_weights
from ml.garments.names import CLOTHES, NAMES
from ml.garments.refine import garment_alpha
from ml.garments.segment import garment_model, load_segmenter
from tests.ml.garments.conftest import drawn_pair


def checkpoint(encoder: str = "timm-efficientnet-b3", **more) -> dict:
    """What pytorch-lightning saved in 2020: the module was called ``model``; without the training's own things."""
    import segmentation_models_pytorch as smp

    torch.manual_seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        net = smp.Unet(encoder, encoder_weights=None, classes=1)
    return {
        "epoch": 67,
        "global_step": 1,
        "state_dict": {f"model.{key}": value for key, value in net.state_dict().items()},
    } | more


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("ternaus") / "Unet_2020-10-30.pth"
    torch.save(checkpoint(), path)
    return path


@pytest.fixture(scope="module")
def folder(saved, tmp_path_factory):
    """A models folder with the checkpoint imported as ``ternaus``."""
    folder = tmp_path_factory.mktemp("models")
    import_checkpoint(saved, "ternaus", folder, serving_width=64)
    return folder


@pytest.fixture
def chosen(folder, monkeypatch):
    monkeypatch.setenv("AIFASHION_MODELS", str(folder))
    monkeypatch.setattr(segment, "_loaded", {})
    return load_segmenter("ternaus")


def changed(saved, tmp_path, change) -> str:
    weights = torch.load(saved, weights_only=True)
    change(weights["state_dict"])
    path = tmp_path / "changed.pth"
    torch.save(weights, path)
    return path


def test_both_files_are_in_the_manifest_with_their_hashes_and_their_source(saved, folder):
    model = bundled_model("garments", "ternaus", folder)
    for path, sha256 in model.files.values():
        assert sha256_of(path) == sha256
    kept = load_checkpoint(model.files["weights"][0], kind=CHECKPOINT_KIND)
    assert kept.settings["source_sha256"] == sha256_of(saved)
    original = torch.load(saved, weights_only=True)["state_dict"]
    assert {f"model.{name}" for name in kept.tensors} == set(original)
    assert all(torch.equal(value, original[f"model.{name}"]) for name, value in kept.tensors.items())


def test_the_onnx_file_gives_what_the_checkpoint_gives(saved, chosen):
    """Through our own serving, against the original's way: normalised picture in, logits out."""
    photo = drawn_pair(height=96, width=64).photo
    net, _ = build_net(read_weights(saved))
    normal = (photo / 255.0 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    with torch.inference_mode():
        logits = net(torch.from_numpy(normal.transpose(2, 0, 1)[None].astype(np.float32)))[0, 0].numpy()
    planes = chosen.probabilities(photo)
    assert planes.shape == (len(NAMES), 96, 64)
    assert np.abs(planes[-1] - 1 / (1 + np.exp(-logits))).max() < 1e-3
    assert np.allclose(planes.sum(axis=0), 1, atol=1e-5)
    assert not planes[1:-1].any()


def test_a_binary_model_finds_one_thing_called_clothes(chosen):
    photo = drawn_pair(height=192, width=128).photo
    chosen.probabilities = lambda *_: segment._as_classes(
        (drawn_pair(height=96, width=64).labels >= 2) * np.float32(0.9)
    )
    seen = chosen.segment(photo)
    assert [garment.name for garment in seen.found] == [CLOTHES]
    assert seen.outcome == "found"
    assert set(np.unique(seen.labels)) == {0, NAMES.index(CLOTHES)}
    alpha = garment_alpha(photo, seen.labels, [CLOTHES])
    assert alpha[60, 64] == 1
    assert alpha[5, 5] == 0


def test_an_altered_import_is_refused(folder, monkeypatch):
    path, _ = bundled_model("garments", "ternaus", folder).files["onnx"]
    content = path.read_bytes()
    monkeypatch.setenv("AIFASHION_MODELS", str(folder))
    monkeypatch.setattr(segment, "_loaded", {})
    try:
        path.write_bytes(content[:-1])
        with pytest.raises(ModelFileError, match="SHA-256"):
            load_segmenter("ternaus")
    finally:
        path.write_bytes(content)


def test_the_segment_command_takes_an_imported_model(chosen, tmp_path, capsys):
    photo = tmp_path / "me.png"
    Image.fromarray(drawn_pair().photo).save(photo)
    assert segment.main([str(photo), "--out", str(tmp_path / "out"), "--model", "ternaus"]) == 0
    assert json.loads((tmp_path / "out" / "me.json").read_text())["outcome"] in ("found", "unsure", "none")
    assert segment.main([str(photo), "--out", str(tmp_path / "out"), "--model", "none-such"]) == 2
    assert "no garments model 'none-such'" in capsys.readouterr().err


def test_an_unknown_model_is_told_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("AIFASHION_MODELS", str(tmp_path))
    with pytest.raises(ModelFileError, match="'mine'"):
        garment_model("mine")
    assert garment_model("street").name == "street"


def test_the_other_implementation_of_the_encoder_fits_too():
    weights = {key.removeprefix("model."): value for key, value in checkpoint("efficientnet-b3")["state_dict"].items()}
    assert build_net(weights)[1] == "efficientnet-b3"


def test_a_checkpoint_inside_a_zip_and_weights_alone_are_read(saved, tmp_path):
    zipped, bare = tmp_path / "weights.zip", tmp_path / "bare.pth"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(saved, "Unet_2020-10-30.pth")
    weights = torch.load(saved, weights_only=True)["state_dict"]
    torch.save(weights, bare, _use_new_zipfile_serialization=False)  # as PyTorch saved before 1.6
    names = set(read_weights(saved))
    assert set(read_weights(zipped)) == set(read_weights(bare)) == names
    assert "encoder.conv_stem.weight" in names


class Harm:
    """What a hostile checkpoint carries."""

    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_no_code_in_a_checkpoint_is_run(tmp_path):
    trace = tmp_path / "trace"
    for name, save in (("new.pth", torch.save), ("old.pkl", lambda what, path: path.write_bytes(pickle.dumps(what)))):
        path = tmp_path / name
        save({"state_dict": {"model.a": torch.zeros(1)}, "hyper_parameters": Harm(trace)}, path)
        with pytest.raises(ModelFileError, match="could run code"):
            read_weights(path)
        assert not trace.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "checkpoint"),
        (b"not a checkpoint at all", "checkpoint"),
        (b"PK\x03\x04torn", "checkpoint"),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=words):
        read_weights(path)


def test_a_torn_checkpoint_is_refused(saved, tmp_path):
    torn = tmp_path / "torn.pth"
    torn.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    with pytest.raises(ModelFileError):
        read_weights(torn)


@pytest.mark.parametrize(
    "what", [{"state_dict": {}}, {"state_dict": 5}, [1, 2], {"state_dict": {"model.a": "text"}}, {}]
)
def test_a_file_without_weights_is_refused(tmp_path, what):
    path = tmp_path / "odd.pth"
    torch.save(what, path)
    with pytest.raises(ModelFileError, match="holds no weights"):
        read_weights(path)


def test_another_net_is_refused_by_what_does_not_fit(saved, tmp_path):
    import segmentation_models_pytorch as smp

    resnet = smp.Unet("resnet18", encoder_weights=None, classes=1).state_dict()
    with pytest.raises(ModelFileError, match="efficientnet-b3 encoder"):
        build_net(resnet)
    changes = (
        (
            lambda weights: weights.pop("model.decoder.blocks.0.conv1.0.weight"),
            "it lacks decoder.blocks.0.conv1.0.weight",
        ),
        (lambda weights: weights.update({"model.extra.head": torch.zeros(1)}), "it has extra.head"),
        (
            lambda weights: weights.update({"model.segmentation_head.0.bias": torch.zeros(4)}),
            r"\(4,\) instead of \(1,\)",
        ),
        (lambda weights: weights["model.segmentation_head.0.bias"].fill_(float("nan")), "no numbers"),
    )
    for change, words in changes:
        with pytest.raises(ModelFileError, match=words):
            build_net(read_weights(changed(saved, tmp_path, change)))


@pytest.mark.parametrize("name", ["street", "Ternaus", "a/b", "..", "", "a" * 41])
def test_names_that_cannot_be_are_refused(saved, tmp_path, name):
    with pytest.raises(MlError, match="name"):
        import_checkpoint(saved, name, tmp_path)
    assert not list(tmp_path.rglob("*.onnx"))


@pytest.mark.parametrize("width", [0, 100, 2048])
def test_widths_that_cannot_be_are_refused(saved, tmp_path, width):
    with pytest.raises(ModelFileError, match="multiple of 32"):
        import_checkpoint(saved, "ternaus", tmp_path, width)


def test_the_command_tells_hashes_or_what_is_wrong(saved, tmp_path, capsys):
    assert import_ternaus.main([str(saved), "--name", "mine", "--out", str(tmp_path), "--width", "64"]) == 0
    told = capsys.readouterr().out
    assert sha256_of(tmp_path / "garments" / "mine.onnx") in told
    assert "GARMENT_MODEL=mine" in told
    assert import_ternaus.main([str(tmp_path / "missing.pth"), "--name", "mine"]) == 2
    errors = capsys.readouterr().err
    assert "missing.pth" in errors
    assert "Traceback" not in errors
