"""Model files are opened in few places, each of which knows the SHA-256 of what it opens, or has just made the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ml import pretrained
from ml.errors import ModelFileError

ROOT = Path(__file__).resolve().parents[1]
OPENS = re.compile(r"InferenceSession\(|torch\.load\(|compile_model\(|torch\.hub|from_pretrained\(|pretrained=True")
DOORS = {
    "ml/bundle.py": "verified first, weights and graph",
    "ml/engines.py": "OpenVINO, of a file that GarmentSegmenter.load verified",
    "ml/pretrained.py": "the ImageNet weights, by their known SHA-256, without running code of the file",
    "ml/textiles/export.py": "the file that was written a line before, to compare it",
    "ml/garments/import_ternaus.py": "a file that its owner names; its SHA-256 is told and kept, no code of it is run",
}


def test_no_other_place_opens_a_model():
    places = {
        path.relative_to(ROOT).as_posix()
        for room in ("ml", "patterns", "tryon", "aifashion")
        for path in (ROOT / room).rglob("*.py")
        if OPENS.search(path.read_text())
    }
    assert places <= DOORS.keys()
    assert "ml/bundle.py" in places


def test_pickles_are_read_without_their_code():
    for name in DOORS:
        for call in re.findall(r"torch\.load\(.*", (ROOT / name).read_text()):
            assert "weights_only=True" in call, name


def test_imagenet_weights_that_are_not_the_known_ones_are_refused(tmp_path):
    other = tmp_path / "weights.pth"
    other.write_bytes(b"other weights")
    with pytest.raises(ModelFileError, match="not the file"):
        pretrained.imagenet_weights(other)
