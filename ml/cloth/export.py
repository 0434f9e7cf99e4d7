"""Bundle a trained cloth net: ``python -m ml.cloth.export runs/cloth/NAME`` writes safetensors, ONNX and the card."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import BUNDLED, load_session, register_model
from ml.checkpoints import load_checkpoint, save_checkpoint, sha256_of, write_atomically
from ml.cloth.config import CANVAS, CHECKPOINT_KIND, MODEL_NAME, Settings
from ml.errors import ModelFileError, told_in_a_sentence
from ml.onnx_files import in_half, picture_net_as_onnx, round_to_half, share_weights

PARITY_TOLERANCE = 0.02  # centimetres of cloth, and logits


def load_net(path: Path) -> tuple[Any, Settings, dict[str, Any]]:
    """A trained net with its settings and scores. Raises ModelFileError when the file is not one."""
    from ml.cloth.model import build_net

    saved = load_checkpoint(path, kind=CHECKPOINT_KIND)
    settings = Settings.from_dict(saved.settings)
    net = build_net(settings)
    try:
        net.load_state_dict({name: value.to(net.state_dict()[name].dtype) for name, value in saved.tensors.items()})
    except (RuntimeError, KeyError):
        raise ModelFileError(f"{path.name} does not fit the net its settings describe; train it again.") from None
    return net.eval(), settings, saved.scores


def bundle_net(run: Path, root: Path = BUNDLED) -> dict[str, Path]:
    """Write both files below ``root``/cloth, register them, write the card. Raises ModelFileError when they differ."""
    net, settings, scores = load_net(run / "model.safetensors")
    net = round_to_half(net)
    files = {"weights": root / "cloth" / f"{MODEL_NAME}.safetensors", "onnx": root / "cloth" / f"{MODEL_NAME}.onnx"}
    save_checkpoint(files["weights"], in_half(net), kind=CHECKPOINT_KIND, settings=settings.as_dict(), scores=scores)
    shape = (2, CANVAS[1], CANVAS[0])
    onnx = picture_net_as_onnx(net, {}, shrink=True, shape=shape, outputs=("logits", "centimetres"))
    write_atomically(files["onnx"], share_weights(onnx, files["weights"]))
    gap = parity_gap(net, files["onnx"])
    if gap > PARITY_TOLERANCE:
        raise ModelFileError(f"The ONNX file differs from PyTorch by {gap:.4f}; do not bundle it.")
    version = sha256_of(files["weights"])[:12]
    register_model("cloth", MODEL_NAME, version, files, scores, root)
    write_atomically(root / "cloth" / "CARD.md", card(settings, scores, version, gap).encode())
    return files


def parity_gap(net: Any, onnx_path: Path) -> float:
    """Largest difference between ONNX Runtime and PyTorch on two random pictures."""
    import torch

    pictures = np.random.default_rng(0).random((2, 2, CANVAS[1], CANVAS[0]), dtype=np.float32)
    served = load_session(onnx_path, sha256_of(onnx_path)).run(None, {"picture": pictures})
    with torch.inference_mode():
        ours = net(torch.from_numpy(pictures))
    return max(float(np.abs(a - b.numpy()).max()) for a, b in zip(served, ours, strict=True))


def card(settings: Settings, scores: dict[str, Any], version: str, gap: float) -> str:
    """What the model card says."""
    channels = ", ".join(map(str, settings.channels))
    right = 100 * float(scores.get("sheet", 0))
    return f"""# Cloth net

Says, from a garment's outline and its folds' light, which point of the cloth each place shows: centimetres from the middle of
the front, below the neck or at the waist, and which piece it is (body, left or right sleeve, bands such as collars). Version {version}.
The drape of photos uses it (`ml/compositing/bend.py`); stock garments have exact maps and do not need it.

## Data
{scores.get("garments", "?")} garments of other cuts than the stock wardrobe's, four views each, made for this project: cut,
sewn and hung in `wardrobe/lessons.py`, rendered in Blender. No photo, no person, nothing of others. The first 14 were only measured.

## Recipe
`python -m wardrobe.lessons`, then `python -m ml.cloth.train` (`make train-cloth`): {settings.steps} steps of
{settings.batch} views, each turned, mirrored, stretched, bent, cut, hidden in part, lit and blurred afresh; AdamW
{settings.learning_rate:g}, moving average. Loss: which piece, distance on the cloth, and steps between neighbours.
A U-Net of channels {channels} over {CANVAS[0]}x{CANVAS[1]} pixels; weights in half precision.

## Figures
On views of garments kept aside, moved and hidden in part as in training: {scores.get("cm", "?")} cm from the true point of
the cloth on average, {scores.get("degrees", "?")} degrees in direction (median), the right piece at
{right:.1f} % of the places. On the stock garments, pattern by pattern: `docs/bench-drape.md`, row (d).
ONNX against PyTorch: {gap:.4f} at most.

## Limits
It has seen tops, dresses, skirts, trousers and bags on a standing form, from the front up to 40 degrees to a side. People who sit, lie or
cross their arms, coats, hoods, ruffles and layered or wrapped cloth are unknown to it; it is not asked about shoes and accessories.

## Licence
MIT, like the code.
"""


@told_in_a_sentence
def main(words: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description="Bundle a trained cloth net.")
    parser.add_argument("run", type=Path, help="run folder of ml.cloth.train")
    arguments = parser.parse_args(words)
    for role, path in bundle_net(arguments.run).items():
        print(f"{role}: {path} ({path.stat().st_size / 1e6:.2f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
