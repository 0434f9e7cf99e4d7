"""What the training runs of the garment net and the cloth net share: their rate, the moving average, the state to go on from."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn


class Rates(Protocol):
    """Settings of a run that say how fast it learns."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def final_learning_rate(self) -> float: ...
    @property
    def warmup(self) -> float: ...


def learning_rate_at(settings: Rates, progress: float) -> float:
    """Linear warm-up, then a cosine down to the final rate."""
    if progress < settings.warmup:
        return settings.learning_rate * (0.05 + 0.95 * progress / settings.warmup)
    along = min((progress - settings.warmup) / (1 - settings.warmup), 1.0)
    low, high = settings.final_learning_rate, settings.learning_rate
    return low + (high - low) * 0.5 * (1 + math.cos(math.pi * along))


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int, longest: float) -> None:
    """Move the running average toward the model; short at first, in the end with decay ``longest``."""
    decay = min(longest, (1 + step) / (10 + step))
    for kept, fresh in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(fresh, 1 - decay)
        else:
            kept.copy_(fresh)


def run_tensors(model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """All tensors that a run needs to go on."""
    tensors: dict[str, Tensor] = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for name, parameter in model.named_parameters():
        for part, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{part}.{name}"] = value
    return tensors


def restore_run(
    tensors: dict[str, Tensor], model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Put back what :func:`run_tensors` gave."""
    model.load_state_dict(_under("model.", tensors))
    average.load_state_dict(_under("average.", tensors))
    for part in ("step", "exp_avg", "exp_avg_sq"):
        kept = _under(f"optimizer.{part}.", tensors)
        for name, parameter in model.named_parameters():
            if name in kept:
                moved = kept[name] if part == "step" else kept[name].to(parameter).contiguous()
                optimizer.state[parameter][part] = moved


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
