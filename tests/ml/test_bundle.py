import threading
from pathlib import Path

import numpy as np
import pytest

from ml.bench import most_memory
from ml.bundle import (
    BUNDLED,
    bundled_model,
    bundled_models,
    earlier_models,
    let_go_of_memory,
    load_session,
    register_model,
)
from ml.checkpoints import sha256_of
from ml.errors import ModelFileError
from ml.textiles.config import CATEGORIES

FAMILIES = ("textiles", "garments", "cloth")


def test_exports_at_the_same_time_lose_no_entry(tmp_path: Path):
    (tmp_path / "net.onnx").write_bytes(b"net")
    names = [f"model-{number}" for number in range(12)]
    threads = [
        threading.Thread(
            target=register_model, args=("textiles", name, "1", {"onnx": tmp_path / "net.onnx"}, {}, tmp_path)
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(bundled_models("textiles", tmp_path)) == set(names)


def test_every_bundled_file_is_the_one_the_manifest_promises():
    entries = [model for family in FAMILIES for model in bundled_models(family).values()]
    assert len(entries) == 14
    for model in [*entries, *earlier_models("textiles")]:
        for path, digest in model.files.values():
            assert sha256_of(path) == digest, path


def test_nothing_lies_in_the_bundle_that_the_manifest_does_not_name():
    named = {
        path
        for family in FAMILIES
        for m in [*bundled_models(family).values(), *earlier_models(family)]
        for path, _ in m.files.values()
    }
    models = (".onnx", ".safetensors", "-directions.json", ".pt", ".pkl", ".pth")
    lying = {path for path in BUNDLED.rglob("*") if path.name.endswith(models)}
    assert lying == named


def test_a_version_that_is_replaced_stays_as_an_earlier_one(tmp_path: Path):
    for number in (1, 2, 3):
        weights = tmp_path / f"plaid-{number}.safetensors"
        weights.write_bytes(bytes([number]))
        register_model("textiles", "plaid", str(number), {"weights": weights}, {}, tmp_path)
    more = tmp_path / "plaid-3.onnx"
    more.write_bytes(b"more of the same version")
    register_model("textiles", "plaid", "3", {"weights": weights, "onnx": more}, {}, tmp_path)
    assert bundled_model("textiles", "plaid", tmp_path).version == "3"
    assert [model.version for model in earlier_models("textiles", tmp_path)] == ["1", "2"]
    assert earlier_models("textiles", tmp_path)[0].files["weights"][0].read_bytes() == b"\x01"


def test_an_unknown_model_names_those_there_are(tmp_path: Path):
    with pytest.raises(ModelFileError, match="there are: none"):
        bundled_model("textiles", "tartan", tmp_path)


def test_a_broken_manifest_says_what_to_do(tmp_path: Path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ModelFileError, match="restore it from git"):
        bundled_models("textiles", tmp_path)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"not a net")
    with pytest.raises(ModelFileError, match="could not be loaded"):
        load_session(path, sha256_of(path))


DRAW = """
from ml.textiles.generate import load_generator
from ml.textiles.recipe import Recipe
for category in {}:
    load_generator(category).draw(Recipe(1), 256)
"""


def test_twelve_nets_work_in_the_memory_of_one():
    """Each by itself would keep another 17 MB, and all that a block of four times the size once took."""
    one, all_twelve = (most_memory(DRAW.format(each)) for each in (CATEGORIES[:1], CATEGORIES))
    assert all_twelve - one < 12 * 8e6


def held() -> int:
    """Bytes of memory this process holds now."""
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])


def test_what_a_net_worked_in_is_given_back_when_it_is_asked_for_and_taken_anew():
    model = bundled_model("garments", "street")
    session = load_session(*model.files["onnx"])
    picture = {"picture": np.zeros((1, 3, 768, 768), np.float32)}
    first = session.run(None, picture)[0]
    busy = held()
    let_go_of_memory()
    assert busy - held() > 100e6
    assert np.array_equal(session.run(None, picture)[0], first)
