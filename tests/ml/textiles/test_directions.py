import json

import numpy as np
import pytest

from ml.checkpoints import sha256_of
from ml.errors import ModelFileError
from ml.textiles.directions import Direction, read_directions, write_directions

WEIGHTS = "a" * 64
ONE = Direction("pca-1", "warmth", (0, 5), np.linspace(-1, 1, 8, dtype=np.float32), {"warmth": 1.5})


def test_directions_survive_their_file(tmp_path):
    path = tmp_path / "directions.json"
    write_directions(path, [ONE], WEIGHTS)
    (again,) = read_directions(path, sha256_of(path), WEIGHTS)
    assert (again.name, again.label, again.layers, again.effects) == (ONE.name, ONE.label, ONE.layers, ONE.effects)
    assert np.allclose(again.vector, ONE.vector, atol=1e-3)


def test_an_altered_file_of_directions_is_refused(tmp_path):
    path = tmp_path / "directions.json"
    write_directions(path, [ONE], WEIGHTS)
    promised = sha256_of(path)
    path.write_text(path.read_text().replace("warmth", "Warmth"))
    with pytest.raises(ModelFileError, match="SHA-256"):
        read_directions(path, promised, WEIGHTS)


def test_directions_of_other_weights_are_refused(tmp_path):
    path = tmp_path / "directions.json"
    write_directions(path, [ONE], WEIGHTS)
    with pytest.raises(ModelFileError, match="another generator"):
        read_directions(path, sha256_of(path), "b" * 64)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        json.dumps({"kind": "cake", "format": 1}),
        json.dumps({"kind": "textile-directions", "format": 1, "weights_sha256": WEIGHTS}),
        json.dumps(
            {"kind": "textile-directions", "format": 1, "weights_sha256": WEIGHTS, "directions": [{"name": "x"}]}
        ),
    ],
)
def test_what_is_no_file_of_directions_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "directions.json"
    path.write_text(content)
    with pytest.raises(ModelFileError, match=r"directions.*\.$"):
        read_directions(path, sha256_of(path), WEIGHTS)
