"""Import weights people already have: ``python -m ml.garments.import_ternaus FILE.pth --name NAME``.

The file is a checkpoint of ternaus/cloths_segmentation (github.com/ternaus/cloths_segmentation, MIT), for example
Unet_2020-10-30: a dictionary whose "state_dict" holds an smp U-Net with an efficientnet-b3 encoder and one class, every
name beginning with "model.". It is read without running any code of its own, checked against the net, and written as
safetensors and ONNX, each with its SHA-256 in the manifest of ``AIFASHION_MODELS`` (default: ``models``). From then on
it is a segmenter that tells clothes from the rest: ``--model NAME`` of ml.garments.segment, ``GARMENT_MODEL`` of the site.
"""

from __future__ import annotations

import argparse
import io
import json
import pickle
import re
import sys
import warnings
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import bundled_models, load_session, register_model
from ml.checkpoints import save_checkpoint, sha256_of, write_atomically
from ml.errors import MlError, ModelFileError
from ml.garments.names import CLOTHES
from ml.garments.segment import Calibration, models_folder
from ml.garments.serving import STRIDE
from ml.onnx_files import picture_net_as_onnx

CHECKPOINT_KIND = "cloths-segmentation"
SERVING_WIDTH = 384
PARITY_TOLERANCE = 1e-3
# The same net under two implementations of its encoder: the first is that of 2020-10-30.
ENCODERS = {"encoder.conv_stem.weight": "timm-efficientnet-b3", "encoder._conv_stem.weight": "efficientnet-b3"}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PREFIX = re.compile(r"^(module\.|model\.)+")
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what the training pictures were normalised by
_MOST_BYTES = 1 << 30


def read_weights(path: Path) -> dict[str, Any]:
    """Names, without their prefix, → torch tensors. No code of the file is run (``weights_only``).

    Raises ModelFileError for a file that is missing, is no checkpoint, or holds more than weights.
    """
    import torch

    if not path.is_file():
        raise ModelFileError(f"There is no file {path}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old pickle protocols, which our own sentence covers
            loaded = torch.load(_opened(path), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelFileError(
            f"{path.name} is no checkpoint, or holds more than weights, which could run code when read. If it is one, "
            "save its weights alone where it came from: torch.save({'state_dict': checkpoint['state_dict']}, FILE)."
        ) from None
    except (RuntimeError, EOFError, ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path.name} could not be read as a checkpoint ({type(error).__name__}).") from None
    weights = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else None
    if (
        not isinstance(weights, dict)
        or not weights
        or not all(isinstance(each, torch.Tensor) for each in weights.values())
    ):
        raise ModelFileError(f"{path.name} holds no weights: a dictionary with a 'state_dict' of tensors is expected.")
    return {_PREFIX.sub("", str(name)): value for name, value in weights.items()}


def _opened(path: Path) -> Path | io.BytesIO:
    """The checkpoint itself, or the one inside a plain zip, as the project publishes it."""
    if not zipfile.is_zipfile(path):
        return path
    with zipfile.ZipFile(path) as archive:
        files = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(files) != 1 or files[0].filename.endswith("data.pkl"):
            return path
        if files[0].file_size > _MOST_BYTES:
            raise ModelFileError(f"{path.name} holds a file of more than 1 GB: that is no checkpoint of this net.")
        return io.BytesIO(archive.read(files[0]))


def build_net(weights: dict[str, Any], name: str = "The file") -> tuple[Any, str]:
    """The U-Net these weights belong to, in evaluation mode, and its encoder's name.

    Raises ModelFileError, naming what does not fit.
    """
    import segmentation_models_pytorch as smp
    import torch

    encoder = next((encoder for key, encoder in ENCODERS.items() if key in weights), None)
    if encoder is None:
        raise ModelFileError(
            f"{name} is no U-Net with an efficientnet-b3 encoder (there is no {next(iter(ENCODERS))})."
        )
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # smp would have another encoder, of another layout
        net = smp.Unet(encoder, encoder_weights=None, classes=1)
    wanted = net.state_dict()
    counters = {key for key in wanted if key.endswith("num_batches_tracked")}
    missing = sorted(wanted.keys() - weights.keys() - counters)
    unknown = sorted(key for key in weights.keys() - wanted.keys() if not key.startswith("encoder."))
    if missing or unknown:
        raise ModelFileError(
            f"{name} does not fit the net: {_listed('it lacks', missing)}{_listed('it has', unknown)}."
        )
    for key in wanted.keys() & weights.keys():
        if weights[key].shape != wanted[key].shape:
            shapes = f"{tuple(weights[key].shape)} instead of {tuple(wanted[key].shape)}"
            raise ModelFileError(f"{name} does not fit the net: {key} is {shapes}.")
        if weights[key].is_floating_point() and not bool(torch.isfinite(weights[key]).all()):
            raise ModelFileError(f"{name} is damaged: {key} holds values that are no numbers.")
    net.load_state_dict({key: weights.get(key, wanted[key]) for key in wanted})
    return net.eval(), encoder


def _listed(words: str, keys: list[str]) -> str:
    more = f" and {len(keys) - 2} more" if len(keys) > 2 else ""
    return f"{words} {', '.join(keys[:2])}{more} " if keys else ""


def export_onnx(net: Any, serving_width: int) -> bytes:
    """ONNX bytes: "picture" float32 (N, 3, H, W) in [0, 1] → "probabilities" (N, 1, H, W), H and W multiples of 32."""
    import torch

    class Serving(torch.nn.Module):
        mean: torch.Tensor
        spread: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
            self.register_buffer("spread", torch.tensor(_SPREAD).view(1, 3, 1, 1))

        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.net((picture - self.mean) / self.spread)
            return found.sigmoid()

    told = {"serving_width": serving_width, "calibration": asdict(Calibration()), "finds": CLOTHES, "flip": False}
    return picture_net_as_onnx(Serving(), {"garments": json.dumps(told)}, shrink=False)


def parity_gap(net: Any, onnx_file: Path) -> float:
    """The largest difference between ONNX Runtime and PyTorch in a probability, over two shapes."""
    import torch

    session = load_session(onnx_file, sha256_of(onnx_file))
    gaps = []
    for height, width in ((96, 64), (64, 160)):
        picture = np.random.default_rng(height).random((1, 3, height, width), dtype=np.float32)
        mean, spread = (np.array(each, dtype=np.float32).reshape(1, 3, 1, 1) for each in (_MEAN, _SPREAD))
        with torch.inference_mode():
            there = net(torch.from_numpy((picture - mean) / spread)).sigmoid().numpy()
        gaps.append(float(np.abs(session.run(None, {"picture": picture})[0] - there).max()))
    return max(gaps)


def import_checkpoint(path: Path, name: str, folder: Path, serving_width: int = SERVING_WIDTH) -> dict[str, Path]:
    """Write the checkpoint's net below ``folder``/garments and into its manifest; returns the files by role.

    Raises ModelFileError for a name that is taken or impossible, a file that does not fit, or an export that differs.
    """
    if not _NAME.fullmatch(name):
        raise ModelFileError(f"'{name}' cannot be a model's name: use small letters, digits and hyphens.")
    if name in bundled_models("garments"):
        raise ModelFileError(f"'{name}' is the name of a model that ships with the project: choose another.")
    if serving_width % STRIDE or not 64 <= serving_width <= 1024:
        raise ModelFileError(f"The width must be a multiple of {STRIDE} from 64 to 1024.")
    net, encoder = build_net(read_weights(path), path.name)
    files = {"weights": folder / "garments" / f"{name}.safetensors", "onnx": folder / "garments" / f"{name}.onnx"}
    settings = {"encoder": encoder, "classes": [CLOTHES], "source_sha256": sha256_of(path)}
    save_checkpoint(files["weights"], net.state_dict(), kind=CHECKPOINT_KIND, settings=settings)
    write_atomically(files["onnx"], export_onnx(net, serving_width))
    gap = parity_gap(net, files["onnx"])
    if gap > PARITY_TOLERANCE:
        raise ModelFileError(f"The ONNX file differs from PyTorch by {gap:.4f} in a probability; it is not registered.")
    register_model("garments", name, sha256_of(files["weights"])[:12], files, {}, folder)
    return files


def main(words: list[str] | None = None) -> int:
    """Run the command; returns 0, or 2 when the file cannot be imported (told on stderr)."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.garments.import_ternaus", description="Import a ternaus/cloths_segmentation checkpoint."
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the checkpoint (.pth, .ckpt, or a zip with one inside)"
    )
    parser.add_argument("--name", required=True, help="what the model is to be called, for example ternaus")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where models are kept (default: AIFASHION_MODELS, else models)"
    )
    parser.add_argument("--width", type=int, default=SERVING_WIDTH, help="short side it is served at (default 384)")
    given = parser.parse_args(words)
    folder = given.out or models_folder()
    try:
        files = import_checkpoint(given.file, given.name, folder, given.width)
    except (MlError, OSError) as error:
        print(error if isinstance(error, MlError) else f"{folder}: {error.strerror or error}.", file=sys.stderr)
        return 2
    for path in files.values():
        print(f"{sha256_of(path)}  {path}")
    print(
        f"Try it: python -m ml.garments.segment PHOTO --out DIR --model {given.name}; for the site: GARMENT_MODEL={given.name}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
