"""What the garment model knows: its nine classes, the data set's 59 labels, and the settings of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from ml.errors import ModelFileError

CLASSES = ("background", "body", "top", "outerwear", "bottom", "skirt", "dress", "shoes", "accessory")
GARMENTS = CLASSES[2:]
IGNORED_CLASS = 255

CHECKPOINT_KIND = "garment-net"
TRAINING_KIND = "garment-training"
MODEL_NAME = "street"

# Photos are held out by id. The last are validation: never trained on, never tuned on, only scored. Those before them
# are for tuning: thresholds and clean-up are chosen on them, and the scores during training are theirs.
VALIDATION_COUNT = 100
TUNING_COUNT = 40

_LABEL_NAMES = {
    "background": "null",
    "body": "skin hair",
    "top": "t-shirt blouse bra shirt top sweater sweatshirt hoodie jumper bodysuit intimate vest cardigan swimwear",
    "outerwear": "blazer cape coat jacket suit",
    "bottom": "jeans leggings pants shorts tights stockings panties",
    "skirt": "skirt",
    "dress": "dress romper",
    "shoes": "boots clogs flats heels loafers pumps sandals shoes sneakers wedges socks",
}


def class_of_label(name: str) -> int:
    """The class index (0-8) of one label name of Clothing Co-Parsing; whatever is not clothing proper is accessory."""
    for class_name, names in _LABEL_NAMES.items():
        if name in names.split():
            return CLASSES.index(class_name)
    return CLASSES.index("accessory")


@dataclass(frozen=True)
class Stage:
    """A part of the training: pictures of ``width`` x 1.5 ``width`` (or the same area) until this share of the run."""

    until: float
    width: int
    batch: int


@dataclass(frozen=True)
class Settings:
    """Everything that shapes a run; saved beside the scores and inside each checkpoint."""

    seed: int = 0
    encoder: str = "tu-tf_efficientnet_lite2"
    encoder_channels: tuple[int, ...] = ()  # of a ResNet made narrower than usual; empty: as the encoder comes
    pretrained: bool = True  # the encoder begins with what it learned on ImageNet
    encoder_rate: float = 0.3  # the encoder's learning rate, as a share of the decoder's
    decoder_channels: tuple[int, ...] = (128, 80, 48, 32)
    stages: tuple[Stage, ...] = (Stage(0.3, 192, 8), Stage(0.75, 256, 6), Stage(1.0, 320, 4))
    minutes: float = 120.0
    steps: int = 0  # when above 0, the run's length in steps instead of minutes
    learning_rate: float = 1.6e-3
    final_learning_rate: float = 2e-5
    warmup: float = 0.02
    weight_decay: float = 0.02
    dice_weight: float = 0.5
    class_weights: tuple[float, ...] = (0.8, 1.0, 1.0, 1.0, 1.0, 2.0, 1.3, 1.2, 1.3)  # in the cross-entropy
    soft_borders: bool = True  # pixels at the border of two classes are asked for neither wholly
    rare_share: float = 1.0  # how much more often photos with rare classes are seen; 0: as often as others
    ema_decay: float = 0.995
    flat_share: float = 0.16
    stock_share: float = 0.08  # photos of single garments with an outline
    empty_share: float = 0.03
    selfie_share: float = 0.28
    street_least: float = 0.6  # of a street photo, what its smallest part shows; 1 shows all of it
    pixel_share: float = 0.5  # how many pictures get other light, colours, blur or noise
    pseudo_weight: float = 0.5  # how often a photo labelled by an earlier net is seen, beside one labelled by people
    pseudo_photos: int = 0  # so many photos labelled by an earlier net were there to learn from
    start: str = ""  # SHA-256 of the weights it went on from; empty: from nothing
    cache_side: int = 640
    evaluate_minutes: float = 8.0
    evaluate_steps: int = 0  # when above 0, evaluate every so many steps instead
    evaluate_photos: int = 40

    @property
    def serving_width(self) -> int:
        """Short side of the portrait 2:3 picture that the net sees when it serves: that of the last stage."""
        return self.stages[-1].width

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Settings:
        """Settings from what :meth:`as_dict` gave. Raises ModelFileError when a name is unknown."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ModelFileError(f"These settings are not known: {', '.join(sorted(unknown))}. Use a matching version.")
        values = {
            "pretrained": False,
            "encoder_rate": 1.0,
            "stock_share": 0.0,
        } | values  # what the first runs did not know
        ready: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        if "stages" in ready:
            ready["stages"] = tuple(stage if isinstance(stage, Stage) else Stage(**stage) for stage in ready["stages"])
        return cls(**ready)


# "first" begins with the encoder; "second" goes on from it with the photos that the first net labelled, nearer to whole streets, and
# ends at the size at which the bundled net serves.
RECIPES: dict[str, Settings] = {
    "first": Settings(),
    "second": Settings(
        seed=1,
        stages=(Stage(0.4, 256, 6), Stage(0.74, 320, 4), Stage(1.0, 384, 3)),
        minutes=92.0,
        learning_rate=9e-4,
        final_learning_rate=1e-5,
        warmup=0.03,
        class_weights=(0.8, 1.0, 1.1, 1.0, 1.0, 1.8, 1.2, 1.2, 1.3),
        ema_decay=0.997,
        flat_share=0.15,
        stock_share=0.09,
        selfie_share=0.24,
        street_least=0.78,
        pseudo_weight=0.35,
    ),
}
