import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from ml import bundle
from ml.bundle import register_model
from ml.checkpoints import sha256_of
from ml.errors import ModelFileError, PictureError
from ml.garments import segment
from ml.garments.export import PARITY_TOLERANCE
from ml.garments.segment import Calibration, FoundGarment, GarmentSegmenter, Steps
from ml.garments.serving import fit_size
from ml.onnx_files import SMALLEST_TO_SHRINK
from tests.ml.garments.conftest import drawn_pair


@pytest.fixture
def segmenter(exported):
    files, _, _ = exported
    return GarmentSegmenter.load(files["onnx"], sha256_of(files["onnx"]))


@pytest.fixture
def bundled(exported, monkeypatch):
    """The tiny model in the place of the bundled one."""
    files, root, _ = exported
    register_model("garments", "street", "1", files, {}, root)
    monkeypatch.setattr(segment, "_loaded", {})
    monkeypatch.setattr(segment, "bundled_model", lambda family, name: bundle.bundled_model(family, name, root))


def test_onnx_runtime_gives_what_pytorch_gives(exported):
    assert exported[2] < PARITY_TOLERANCE


def test_labels_have_the_photos_own_size(segmenter):
    for shape in ((97, 61), (40, 200), (300, 300)):
        result = segmenter.segment(np.zeros((*shape, 3), dtype=np.uint8))
        assert result.labels.shape == shape
        assert result.labels.dtype == np.uint8
        assert result.labels.max() <= 8
        assert result.outcome in ("found", "unsure", "none")


def test_probabilities_sum_to_one(segmenter):
    planes = segmenter.probabilities(drawn_pair().photo)
    assert planes.shape[0] == 9
    assert np.allclose(planes.sum(axis=0), 1, atol=1e-4)


def test_a_photo_and_its_mirror_image_go_through_the_net_one_after_the_other(segmenter, monkeypatch):
    """Half the memory; and the mean of both, turned back."""
    photo = drawn_pair().photo
    both = segmenter.probabilities(photo)
    run, shapes = segmenter._run, []
    monkeypatch.setattr(segmenter, "_run", lambda batch: shapes.append(batch.shape) or run(batch))
    plain, mirrored = (segmenter.probabilities(each, Steps(flip=False)) for each in (photo, photo[:, ::-1]))
    assert np.allclose(both, (plain + mirrored[..., ::-1]) / 2, atol=1e-5)
    assert {shape[0] for shape in shapes} == {1}


def test_threads_share_one_segmenter_and_agree(segmenter):
    photo = drawn_pair().photo
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: segmenter.segment(photo).labels, range(8)))
    assert all(np.array_equal(results[0], other) for other in results)


def test_serving_settings_travel_inside_the_model(segmenter):
    assert segmenter.serving_width == 64
    assert segmenter.calibration == Calibration(sure=0.6)


def test_an_altered_model_is_refused(exported, tmp_path):
    altered = tmp_path / "street.onnx"
    altered.write_bytes(exported[0]["onnx"].read_bytes() + b"x")
    with pytest.raises(ModelFileError, match="SHA-256"):
        GarmentSegmenter.load(altered, sha256_of(exported[0]["onnx"]))


def test_both_files_share_one_copy_of_the_weights(exported, tmp_path):
    files = exported[0]
    weights, onnx = files["weights"].read_bytes(), files["onnx"].read_bytes()
    large = [value for value in load_file(files["weights"]).values() if value.numel() >= SMALLEST_TO_SHRINK]
    assert len(large) > 20
    assert all(value.numpy().tobytes() not in onnx for value in large)
    for name, content in (("street.safetensors", weights[:-1] + b"x"), ("street.onnx", onnx)):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match="SHA-256"):
        GarmentSegmenter.load(tmp_path / "street.onnx", sha256_of(files["onnx"]))
    (tmp_path / "street.safetensors").unlink()
    with pytest.raises(ModelFileError):
        GarmentSegmenter.load(tmp_path / "street.onnx", sha256_of(files["onnx"]))


@pytest.mark.parametrize("shape", [(1, 1, 3), (31, 500, 3), (64, 64), (64, 64, 4)])
def test_photos_that_cannot_be_used_are_refused(segmenter, shape):
    with pytest.raises(PictureError):
        segmenter.segment(np.zeros(shape, dtype=np.uint8))


def test_found_garments_come_largest_first_with_one_entry_for_both_shoes(segmenter):
    labels = np.zeros((60, 60), dtype=np.uint8)
    labels[5:30, 10:50] = 2
    labels[50:58, 10:20] = labels[50:58, 40:50] = 7
    planes = np.full((9, 60, 60), 0.01, dtype=np.float32)
    np.put_along_axis(planes, labels[None].astype(np.int64), 0.92, axis=0)
    found = segmenter._find(planes, labels)
    assert [garment.name for garment in found] == ["top", "shoes"]
    assert found[0].share == pytest.approx(1000 / 3600)


def test_cloth_with_a_doubtful_name_is_listed_and_unsure(segmenter):
    labels = np.full((60, 60), 2, dtype=np.uint8)
    planes = np.zeros((9, 60, 60), dtype=np.float32)
    planes[0], planes[2], planes[5], planes[6] = 0.1, 0.3, 0.3, 0.3
    segmenter.calibration = Calibration(worth_showing=0.4, cloth=0.85)
    found = segmenter._find(planes, labels)
    assert [garment.name for garment in found] == ["top"]
    assert segmenter._outcome(found) == "unsure"
    segmenter.calibration = Calibration(worth_showing=0.4, cloth=0.95)
    assert segmenter._find(planes, labels) == ()


def test_outcomes_follow_the_surest_garment(segmenter):
    doubtful = FoundGarment("top", 2, 0.3, 0.5)
    assert segmenter._outcome(()) == "none"
    assert segmenter._outcome((doubtful,)) == "unsure"
    assert segmenter._outcome((doubtful, FoundGarment("shoes", 7, 0.1, 0.7))) == "found"


def test_confidence_rises_with_probability():
    calibration = Calibration(per_decade=0.5)
    values = [calibration.confidence(p, 0.1) for p in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert values == sorted(values)
    assert 0 <= values[0] < values[-1] <= 1


def test_the_net_sees_every_shape_at_about_the_same_area():
    assert fit_size(2000, 3000, 320) == (320, 480)
    for width, height in ((4000, 3000), (100, 100), (3000, 100), (32, 5000)):
        wide, tall = fit_size(width, height, 320)
        assert wide % 32 == tall % 32 == 0
        assert 0.8 < wide * tall / (320 * 480) < 1.2


def test_the_command_writes_an_index_picture(bundled, tmp_path):
    photo = tmp_path / "me.jpg"
    Image.fromarray(drawn_pair().photo).save(photo)
    assert segment.main([str(photo), "--out", str(tmp_path / "out")]) == 0
    with Image.open(tmp_path / "out" / "me.png") as written:
        assert written.mode == "L"
        assert written.size == (128, 192)
        assert np.asarray(written).max() <= 8


def test_the_picture_written_is_upright(bundled, tmp_path):
    photo = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(drawn_pair().photo).save(photo, exif=exif)
    assert segment.main([str(photo), "--out", str(tmp_path)]) == 0
    with Image.open(tmp_path / "turned.png") as written:
        assert written.size == (192, 128)


def test_one_bad_photo_is_told_in_one_line_and_the_others_are_done(bundled, tmp_path, capsys):
    good, text, dot = tmp_path / "good.png", tmp_path / "text.jpg", tmp_path / "dot.png"
    Image.fromarray(drawn_pair().photo).save(good)
    text.write_text("not a picture")
    Image.new("RGB", (1, 1)).save(dot)
    words = [str(tmp_path / "missing.jpg"), str(text), str(dot), str(good), "--out", str(tmp_path / "out")]
    assert segment.main(words) == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 3
    assert not any("Traceback" in line for line in errors)
    assert (tmp_path / "out" / "good.png").exists()


def test_the_command_exits_with_2_and_never_imports_torch(tmp_path):
    code = (
        "import sys; from ml.garments import outline, refine, segment; status = segment.main(sys.argv[1:]); "
        "assert not any(name in sys.modules for name in ('torch', 'django', 'albumentations')); sys.exit(status)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "missing.jpg"), "--out", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "missing.jpg" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_tells_what_it_found_in_words(bundled, tmp_path):
    photo = tmp_path / "me.jpg"
    Image.fromarray(drawn_pair().photo).save(photo)
    assert segment.main([str(photo), "--out", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "me.json").read_text())
    assert (told["photo"], told["width"], told["height"]) == ("me.jpg", 128, 192)
    assert told["outcome"] in ("found", "unsure", "none")
    with Image.open(tmp_path / "me.png") as written:
        labels = np.asarray(written)
    for garment in told["garments"]:
        assert set(garment) == {"name", "index", "share", "confidence"}
        assert segment.CLASSES[garment["index"]] == garment["name"]
        assert (labels == garment["index"]).mean() == pytest.approx(garment["share"], abs=0.02)


def test_two_photos_of_one_name_do_not_overwrite_each_other(bundled, tmp_path, capsys):
    first, second = tmp_path / "me.png", tmp_path / "me.jpg"
    for path in (first, second):
        Image.fromarray(drawn_pair().photo).save(path)
    assert segment.main([str(first), str(second), "--out", str(tmp_path / "out")]) == 2
    assert "rename one of them" in capsys.readouterr().err
    assert (tmp_path / "out" / "me.png").exists()


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(bundled, tmp_path, capsys):
    photo, blocked = tmp_path / "me.jpg", tmp_path / "file"
    Image.fromarray(drawn_pair().photo).save(photo)
    blocked.write_text("a file where a folder should be")
    assert segment.main([str(photo), "--out", str(blocked / "out")]) == 2
    told = capsys.readouterr().err
    assert str(blocked) in told
    assert "Traceback" not in told


def test_every_refusal_names_its_photo(bundled, tmp_path, capsys):
    dot, folder = tmp_path / "dot.png", tmp_path / "folder"
    Image.new("RGB", (3, 3)).save(dot)
    folder.mkdir()
    assert segment.main([str(dot), str(folder), "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert "dot.png" in lines[0]
    assert "folder" in lines[1]
