"""The network: a segmentation-models-pytorch U-Net, small enough to ship and to serve on CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ml.garments.config import CLASSES, Settings

# Input channels are centred here, inside the net, so that every caller hands over plain [0, 1] pictures.
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_HALF = (0.5, 0.5, 0.5)  # EfficientNet-Lite was trained on [-1, 1]
STRIDE = 32  # height and width of the input must be multiples of this


class GarmentNet(nn.Module):
    """float32 sRGB (N, 3, H, W) in [0, 1] → logits (N, 9, H/2, W/2); H and W are multiples of 32.

    An EfficientNet-Lite2 encoder (or a narrow ResNet-18-D, as the first nets had); the decoder stops at half the input
    size: the last doubling costs as much as the rest of the decoder and is done smoothly afterwards.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, settings: Settings) -> None:
        import segmentation_models_pytorch as smp

        super().__init__()
        channels = settings.decoder_channels
        narrow = {"channels": settings.encoder_channels, "block_args": {"attn_layer": "se"}}
        unet = smp.Unet(
            settings.encoder,
            encoder_weights=None,
            decoder_channels=(*channels, 16),
            classes=len(CLASSES),
            **(narrow if settings.encoder_channels else {}),
        )
        mean, spread = (_HALF, _HALF) if "_lite" in settings.encoder else (_MEAN, _SPREAD)
        self.encoder = unet.encoder
        self.decoder = unet.decoder
        self.decoder.blocks = self.decoder.blocks[: len(channels)]
        self.head = nn.Conv2d(channels[-1], len(CLASSES), kernel_size=1)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(spread).view(1, 3, 1, 1), persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        features = self.encoder((picture - self.mean) / self.spread)
        logits: Tensor = self.head(self.decoder(features))
        return logits


def build_model(settings: Settings) -> GarmentNet:
    """A freshly initialised net, its weights decided by ``settings.seed``."""
    torch.manual_seed(settings.seed)
    return GarmentNet(settings).to(memory_format=torch.channels_last)
