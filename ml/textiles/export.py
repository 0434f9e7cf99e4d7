"""Bundle a trained generator: ``python -m ml.textiles.export CATEGORY RUN/generator.safetensors``.

Copies the half-precision weights, writes the synthesis as ONNX (its weights in half precision too, widened on loading), checks that
both draw the same, and enters version and hashes into the manifest.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ml.bundle import BUNDLED, bundled_models, register_model
from ml.checkpoints import Checkpoint, load_checkpoint, sha256_of
from ml.errors import ModelFileError, told_in_a_sentence
from ml.onnx_files import shrink_weights
from ml.textiles.config import CATEGORIES, GeneratorSettings
from ml.textiles.model import Generator
from ml.textiles.waves import scaled_waves, wave_angles

LARGEST_DIFFERENCE = 2e-3


def generator_from(checkpoint: Checkpoint) -> Generator:
    """The float32 PyTorch generator, in evaluation mode, of a "textile-generator" checkpoint."""
    generator = Generator(GeneratorSettings.from_dict(checkpoint.settings["generator"]))
    tensors = {k: v.float() if v.is_floating_point() else v for k, v in checkpoint.tensors.items()}
    missing = generator.load_state_dict(tensors, strict=False).missing_keys
    if any(not key.endswith("num_batches_tracked") for key in missing):
        raise ModelFileError(f"The generator's weights are incomplete: {', '.join(missing[:3])} is missing.")
    return generator.eval()


def synthesis_inputs(generator: Generator, number: int, cells: int, seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    """Random inputs of the synthesis net, by name."""
    rng = np.random.default_rng(seed)
    settings = generator.settings
    noise = rng.standard_normal((number, settings.noise, cells, cells), dtype=np.float32)
    styles = rng.standard_normal((number, generator.styles_count, settings.style), dtype=np.float32)
    angle_y, angle_x = wave_angles(noise)
    waves = scaled_waves(settings.waves, cells, settings.figures)
    return {"styles": styles, "noise": noise, "waves": waves, "angle_y": angle_y, "angle_x": angle_x}


def write_onnx(generator: Generator, path: Path) -> None:
    """Write the synthesis net as ONNX with free batch and cells."""
    inputs = synthesis_inputs(generator, 2, 5)
    axes = {
        "styles": {0: "n"},
        "noise": {0: "n", 2: "cells", 3: "cells"},
        "angle_y": {0: "n", 1: "places"},
        "angle_x": {0: "n", 1: "places"},
        "logits": {0: "n", 2: "side", 3: "side"},
        "weave": {0: "n", 2: "side", 3: "side"},
        "palette": {0: "n"},
    }
    torch.onnx.export(
        generator.synthesis,
        tuple(torch.from_numpy(array) for array in inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=["logits", "weave", "palette"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    shrink_weights(path)


def check_parity(generator: Generator, path: Path) -> float:
    """The largest difference between PyTorch and ONNX over two sizes. Raises ModelFileError when it is too large."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for number, cells in ((1, 4), (3, 7)):
        inputs = synthesis_inputs(generator, number, cells, seed=cells)
        with torch.no_grad():
            expected = generator.synthesis(*(torch.from_numpy(array) for array in inputs.values()))
        for mine, theirs in zip(expected, session.run(None, inputs), strict=True):
            worst = max(worst, float(np.abs(mine.numpy() - theirs).max() / (1 + np.abs(theirs).max())))
    if worst > LARGEST_DIFFERENCE:
        raise ModelFileError(f"The exported net differs from the trained one by {worst:.1e}; it was not bundled.")
    return worst


def export(category: str, weights: Path, root: Path = BUNDLED) -> str:
    """Bundle ``weights`` as the category's generator and return its version: a running number and the start of the
    weights' SHA-256. Files carry the version, so an earlier one stays for the fabrics that were made with it.
    """
    checkpoint = load_checkpoint(weights, kind="textile-generator")
    generator = generator_from(checkpoint)
    folder = root / "textiles"
    folder.mkdir(parents=True, exist_ok=True)
    known = bundled_models("textiles", root).get(category)
    digest = sha256_of(weights)
    if known and known.files["weights"][1] == digest:
        return known.version
    version = f"{int(known.version.split('-')[0]) + 1 if known else 1}-{digest[:8]}"
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "net.onnx"
        write_onnx(generator, fresh)
        check_parity(generator, fresh)
        shutil.copyfile(fresh, folder / f"{category}-{version}.onnx")
    shutil.copyfile(weights, folder / f"{category}-{version}.safetensors")
    files = {
        role: folder / f"{category}-{version}.{ending}"
        for role, ending in (("weights", "safetensors"), ("onnx", "onnx"))
    }
    register_model("textiles", category, version, files, checkpoint.scores, root)
    return version


@told_in_a_sentence
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.textiles.export", description="Bundle a trained generator.")
    parser.add_argument("category", choices=CATEGORIES)
    parser.add_argument("weights", type=Path)
    given = parser.parse_args(arguments)
    print(f"{given.category}: version {export(given.category, given.weights)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
