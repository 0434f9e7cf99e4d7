"""The adversarial losses behind one option: BCE (Goodfellow 2014), LSGAN (Mao 2017), hinge (Lim and Ye 2017); R1 (Mescheder 2018)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOSSES = ("hinge", "lsgan", "bce")


def _weighted(values: Tensor) -> Tensor:
    """(N, places + 1) → scalar: the local logits together count as much as the global one."""
    return 0.5 * values[:, :-1].mean() + 0.5 * values[:, -1].mean()


def discriminator_loss(loss: str, real: Tensor, fake: Tensor) -> Tensor:
    """Loss of the discriminator on its logits of real and generated pictures. Raises ValueError on another loss."""
    if loss == "hinge":
        return _weighted(F.relu(1 - real)) + generated_loss(loss, fake)
    if loss == "lsgan":
        return _weighted((real - 1).square()) + generated_loss(loss, fake)
    if loss == "bce":
        return _weighted(F.softplus(-real)) + generated_loss(loss, fake)
    raise ValueError(f"Unknown loss '{loss}'; choose one of {', '.join(LOSSES)}.")


def generated_loss(loss: str, fake: Tensor) -> Tensor:
    """The discriminator's loss on its logits of wrong pictures alone."""
    if loss == "hinge":
        return _weighted(F.relu(1 + fake))
    if loss == "lsgan":
        return _weighted(fake.square())
    if loss == "bce":
        return _weighted(F.softplus(fake))
    raise ValueError(f"Unknown loss '{loss}'; choose one of {', '.join(LOSSES)}.")


def generator_loss(loss: str, fake: Tensor) -> Tensor:
    """Loss of the generator on the discriminator's logits of its pictures."""
    if loss == "hinge":
        return -_weighted(fake)
    if loss == "lsgan":
        return _weighted((fake - 1).square())
    if loss == "bce":
        return _weighted(F.softplus(-fake))
    raise ValueError(f"Unknown loss '{loss}'; choose one of {', '.join(LOSSES)}.")


def r1_penalty(discriminator: nn.Module, real: Tensor) -> Tensor:
    """Squared gradient of the discriminator at real pictures, for pixels counted in [-1, 1], mean over the batch."""
    real = real.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(_weighted(discriminator(real)) * len(real), real, create_graph=True)
    return (gradient / 2).square().sum((1, 2, 3)).mean()
