"""What the cloth net sees and says, and the settings of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from ml.errors import ModelFileError

CHECKPOINT_KIND = "cloth-net"
TRAINING_KIND = "cloth-training"
MODEL_NAME = "hang"

CANVAS = (192, 256)  # width and height at which a garment is seen
FILL = 0.9  # share of the canvas that the garment's box takes, one way
STEP = 2  # canvas pixels per place of the answer
PLACES = (CANVAS[0] // STEP, CANVAS[1] // STEP)
SHEETS = ("body", "left sleeve", "right sleeve", "bands")  # as one looks at the photo
CM = 20.0  # centimetres of cloth that the net calls 1


@dataclass(frozen=True)
class Settings:
    """Everything that shapes a run; saved inside each checkpoint."""

    seed: int = 0
    channels: tuple[int, ...] = (20, 40, 72, 112, 144)
    batch: int = 8
    steps: int = 3500
    learning_rate: float = 2e-3
    final_learning_rate: float = 2e-5
    warmup: float = 0.02
    weight_decay: float = 0.01
    ema_decay: float = 0.998
    slope_weight: float = 2.0  # of the steps between neighbours, beside the places themselves
    sheet_weight: float = 1.0
    dark_share: float = 0.08  # pictures whose light is not shown
    cut_share: float = 0.2  # pictures that show only a part of the garment
    hidden_share: float = 0.3  # pictures with hands, hair or bags in front

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Settings:
        """Settings from what :meth:`as_dict` gave. Raises ModelFileError when a name is unknown."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ModelFileError(f"These settings are not known: {', '.join(sorted(unknown))}. Use a matching version.")
        ready: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in values.items()}
        return cls(**ready)
