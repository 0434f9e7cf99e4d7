"""What the net is punished for: soft-target cross-entropy and Dice, gentle at label borders."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ml.garments.config import CLASSES, IGNORED_CLASS


def soft_targets(labels: Tensor, soft_borders: bool = True) -> Tensor:
    """int64 labels (N, H, W), 0-8 or 255 → float32 targets (N, 9, H/2, W/2) that sum to 1, to less where pixels are ignored.

    The labels of the data set have jagged borders; averaging over a 4x4 window leaves them undecided there. Without
    ``soft_borders`` every second label is taken as it is.
    """
    if not soft_borders:
        labels = labels[:, ::2, ::2]
    ignored = labels == IGNORED_CLASS
    one_hot = F.one_hot(labels.masked_fill(ignored, 0), len(CLASSES)).permute(0, 3, 1, 2).float()
    one_hot = one_hot * ~ignored[:, None]
    if not soft_borders:
        return one_hot
    return F.avg_pool2d(one_hot, kernel_size=4, stride=2, padding=1, count_include_pad=False)


def cross_entropy(
    logits: Tensor, targets: Tensor, class_weights: Tensor | None = None, border_weight: float = 0.4
) -> Tensor:
    """Mean cross-entropy against soft targets (N, 9, h, w), each pixel weighted by its class, float (9,).

    Undecided border pixels count ``border_weight``, ignored ones nothing.
    """
    per_pixel = -(targets * F.log_softmax(logits, dim=1)).sum(dim=1)
    weight = torch.where(targets.amax(dim=1) > 0.99, 1.0, border_weight)
    weight = weight * known_places(targets)
    if class_weights is not None:
        weight = weight * torch.einsum("nchw,c->nhw", targets, class_weights.to(targets))
    return (per_pixel * weight).sum() / weight.sum().clamp(min=1e-6)


def known_places(targets: Tensor) -> Tensor:
    """float32 (N, h, w): 1 where every pixel under the place has a class, else 0."""
    return (targets.sum(dim=1) > 0.999).float()


def dice_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """1 - Dice, averaged over the classes present in the batch (Milletari et al., V-Net, 2016)."""
    known = known_places(targets)[:, None]
    probabilities, targets = logits.softmax(dim=1) * known, targets * known
    overlap = (probabilities * targets).sum(dim=(0, 2, 3))
    total = probabilities.sum(dim=(0, 2, 3)) + targets.sum(dim=(0, 2, 3))
    present = (targets.sum(dim=(0, 2, 3)) > 0).float()
    return ((1 - (2 * overlap + 1) / (total + 1)) * present).sum() / present.sum().clamp(min=1)


def segmentation_loss(
    logits: Tensor,
    labels: Tensor,
    dice_weight: float,
    class_weights: Tensor | None = None,
    soft_borders: bool = True,
) -> Tensor:
    """Scalar loss of logits (N, 9, H/2, W/2) against int64 labels (N, H, W)."""
    logits = logits.float()
    targets = soft_targets(labels, soft_borders)
    return cross_entropy(logits, targets, class_weights) + dice_weight * dice_loss(logits, targets)
