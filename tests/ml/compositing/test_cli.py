import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.compositing.cli import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def files(tmp_path):
    """A photo with a red top on grey, a fabric, an index mask and a soft mask."""
    random = np.random.default_rng(0)
    photo = np.full((120, 100, 3), 170, np.uint8)
    photo[30:100, 25:75] = (150, 40, 45)
    labels = np.zeros((120, 100), np.uint8)
    labels[30:100, 25:75] = 2
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(tmp_path / "fabric.png")
    Image.fromarray(labels).save(tmp_path / "labels.png")
    Image.fromarray(((labels == 2) * 255).astype(np.uint8)).save(tmp_path / "alpha.png")
    (tmp_path / "words.jpg").write_text("not a picture")
    return tmp_path


def run(
    files: Path, *extra: str, photo="photo.png", fabric="fabric.png", garment="top", mask="labels.png", out="o.png"
):
    given = [str(files / photo), str(files / fabric), "--garment", garment, "--out", str(files / out)]
    given += ["--mask", str(files / mask)] if mask else []
    try:
        return main([*given, *extra])
    except SystemExit as left:
        return left.code


@pytest.mark.parametrize("mask", ["labels.png", "alpha.png"])
def test_it_dresses_the_garment_and_never_the_background(files, mask):
    assert run(files, mask=mask) == 0
    before, after = (np.asarray(Image.open(files / name)) for name in ("photo.png", "o.png"))
    outside = np.asarray(Image.open(files / "labels.png")) == 0
    assert np.array_equal(before[outside], after[outside])
    assert not np.array_equal(before[~outside], after[~outside])


def test_every_option_is_taken(files):
    options = ["--cm", "8", "--rotation", "-30", "--offset-x", "0.5", "--offset-y", "-0.25", "--repeat", "half-drop"]
    assert run(files, *options, "--strength", "1.5", out="o.jpg") == 0
    with Image.open(files / "o.jpg") as result:
        assert result.format == "JPEG"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"photo": "nowhere.jpg"}, "no file"),
        ({"photo": "words.jpg"}, "picture"),
        ({"fabric": "words.jpg"}, "picture"),
        ({"mask": "words.jpg"}, "picture"),
        ({"mask": "nowhere.png"}, "no file"),
        ({"garment": "skirt"}, "No skirt was found"),
        ({"garment": "hat"}, "invalid choice"),
        ({"out": "o.gif"}, ".png or .jpg"),
        ({"out": "no/folder/o.png"}, "could not be written"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_bad_input_gets_one_line_and_exit_status_2(files, capsys, change, words):
    assert run(files, **change) == 2
    message = capsys.readouterr().err
    assert words in message
    assert len(message.strip().splitlines()) == 1
    assert "Traceback" not in message


@pytest.mark.parametrize(
    "options",
    [
        ["--cm", "nan"],
        ["--cm", "0"],
        ["--cm", "wide"],
        ["--rotation", "181"],
        ["--offset-x", "inf"],
        ["--offset-y", "1.5"],
        ["--repeat", "diagonal"],
        ["--strength", "nan"],
    ],
    ids=" ".join,
)
def test_a_bad_number_gets_one_line_and_exit_status_2(files, capsys, options):
    assert run(files, *options) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (files / "o.png").exists()


def test_a_plain_wall_has_no_garment_to_paint(files, capsys):
    """Uses the bundled garment finder."""
    pytest.importorskip("onnxruntime")
    if not list((ROOT / "ml" / "bundled" / "garments").glob("*.onnx")):
        pytest.skip("no bundled garment model yet")
    Image.fromarray(np.full((320, 240, 3), 128, np.uint8)).save(files / "wall.png")
    assert run(files, photo="wall.png", mask="") == 2
    assert "No top was found" in capsys.readouterr().err


def test_the_module_runs_as_documented(files):
    command = [sys.executable, "-m", "ml.compositing.drape", str(files / "photo.png"), str(files / "fabric.png")]
    command += ["--garment", "top", "--mask", str(files / "labels.png"), "--out", str(files / "o.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (files / "o.png").exists()
