"""Bundle a trained net: ``python -m ml.garments.export runs/garments/NAME`` writes ``ml/bundled/garments``.

With ``--out FOLDER`` the bundle lies elsewhere, and ``manage.py add_garment_model FOLDER`` brings it to a site as a draft.

Safetensors with half-precision weights, an ONNX file that reads them from there (cast to float32 when it loads), a
check that ONNX Runtime gives what PyTorch gives, fresh figures on the held-out photos, and the model card.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import BUNDLED, register_model
from ml.checkpoints import load_checkpoint, save_checkpoint, sha256_of, write_atomically
from ml.errors import ModelFileError, told_in_a_sentence
from ml.garments.calibrate import calibrate
from ml.garments.card import write_card
from ml.garments.config import CHECKPOINT_KIND, MODEL_NAME, Settings
from ml.garments.data import data_folder
from ml.garments.evaluate import evaluate_bundle
from ml.garments.model import GarmentNet, build_model
from ml.garments.segment import Calibration, GarmentSegmenter
from ml.garments.serving import fit_size
from ml.onnx_files import in_half, picture_net_as_onnx, round_to_half, share_weights

# Half-precision weights move a probability by a few thousandths; ONNX against PyTorch on the same weights hardly at all.
PARITY_TOLERANCE = 2e-3


def load_net(path: Path) -> tuple[GarmentNet, Settings, dict[str, Any]]:
    """A trained net with its settings and scores. Raises ModelFileError when the file is not one."""
    saved = load_checkpoint(path, kind=CHECKPOINT_KIND)
    settings = Settings.from_dict(saved.settings)
    net = build_model(settings)
    try:
        net.load_state_dict({name: value.to(net.state_dict()[name].dtype) for name, value in saved.tensors.items()})
    except (RuntimeError, KeyError):
        raise ModelFileError(f"{path.name} does not fit the net its settings describe; train it again.") from None
    return net.eval(), settings, saved.scores


def export_onnx(net: GarmentNet, serving_width: int, calibration: Calibration, weights: dict[str, str]) -> bytes:
    """ONNX bytes: "picture" float32 (N, 3, H, W) in [0, 1] → "probabilities" (N, 9, H, W), H and W multiples of 32.

    ``weights``: name and SHA-256 of the safetensors file that its weights will be read from.
    """
    import torch

    class Serving(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            logits = torch.nn.functional.interpolate(self.net(picture), scale_factor=2.0, mode="bilinear")
            return logits.softmax(dim=1)

    told = {"serving_width": serving_width, "calibration": asdict(calibration), "weights": weights}
    return picture_net_as_onnx(Serving(), {"garments": json.dumps(told)}, shrink=True)


def parity_gap(net: GarmentNet, onnx_path: Path, serving_width: int) -> float:
    """Largest difference of any probability between ONNX Runtime and PyTorch, over three shapes of random pictures."""
    import torch

    from ml.bundle import load_session

    session = load_session(onnx_path, sha256_of(onnx_path))
    rng = np.random.default_rng(0)
    gaps = []
    for shape in ((2, 3), (1, 1), (3, 2)):
        width, height = fit_size(*shape, serving_width)
        pictures = rng.random((2, 3, height, width), dtype=np.float32)
        served = session.run(None, {"picture": pictures})[0]
        with torch.inference_mode():
            logits = net(torch.from_numpy(pictures))
            grown = torch.nn.functional.interpolate(logits, scale_factor=2.0, mode="bilinear")
            gaps.append(float(np.abs(served - grown.softmax(dim=1).numpy()).max()))
    return max(gaps)


def export_model(checkpoint: Path, root: Path, calibration: Calibration) -> tuple[dict[str, Path], str, float]:
    """Write both files below ``root``/garments; returns them by role, the version, and the parity gap.

    A net taken from the middle of its run is served at the size it was learning then.

    Raises ModelFileError when ONNX Runtime and PyTorch differ by more than PARITY_TOLERANCE.
    """
    net, settings, scores = load_net(checkpoint)
    net = round_to_half(net)
    width = int(scores.get("width", settings.serving_width))
    files = {
        "weights": root / "garments" / f"{MODEL_NAME}.safetensors",
        "onnx": root / "garments" / f"{MODEL_NAME}.onnx",
    }
    save_checkpoint(files["weights"], in_half(net), kind=CHECKPOINT_KIND, settings=settings.as_dict(), scores=scores)
    shared = {"name": files["weights"].name, "sha256": sha256_of(files["weights"])}
    write_atomically(files["onnx"], share_weights(export_onnx(net, width, calibration, shared), files["weights"]))
    gap = parity_gap(net, files["onnx"], width)
    if gap > PARITY_TOLERANCE:
        raise ModelFileError(f"The ONNX file differs from PyTorch by {gap:.4f} in a probability; do not bundle it.")
    return files, sha256_of(files["weights"])[:12], gap


def bundle_model(run: Path, data: Path, root: Path = BUNDLED) -> dict[str, Any]:
    """Export a run's averaged net, calibrate and score it on the held-out photos, register it and write its card."""
    checkpoint = run / "model.safetensors"
    files, version, _ = export_model(checkpoint, root, Calibration())
    calibration, reliability = calibrate(GarmentSegmenter.load(files["onnx"], sha256_of(files["onnx"])), data)
    files, version, gap = export_model(checkpoint, root, calibration)
    figures = evaluate_bundle(GarmentSegmenter.load(files["onnx"], sha256_of(files["onnx"])), data)
    figures |= {"reliability": reliability, "parity_gap": gap, "version": version}
    write_atomically(run / "evaluation.json", (json.dumps(figures, indent=1) + "\n").encode())
    short = {name: figures["cleaned"][name] for name in ("mean_iou", "clothing_iou", "pixel_accuracy")}
    short["upper_body_clothing_iou"] = figures["cleaned"]["upper_body"]["clothing_iou"]
    register_model("garments", MODEL_NAME, version, files, short, root)
    _, settings, training = load_net(files["weights"])
    card = write_card(figures, settings, training, files, calibration)
    write_atomically(root / "garments" / "CARD.md", card.encode())
    return figures


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description="Bundle a trained garment net.")
    parser.add_argument("run", type=Path, help="run folder, for example runs/garments/street")
    parser.add_argument("--data", type=Path, help="folder with ccp/ (default: AIFASHION_DATA, else ../shared/data)")
    parser.add_argument("--out", type=Path, default=BUNDLED, help="folder of the bundle (default: the project's own)")
    arguments = parser.parse_args(words)
    (arguments.out / "garments").mkdir(parents=True, exist_ok=True)
    figures = bundle_model(arguments.run, data_folder(arguments.data), arguments.out)
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
