"""A fabric's recipe: everything that, with a generator version, decides its bytes."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from ml.errors import RecipeError

FORMAT = 1
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Recipe:
    """How to draw one fabric.

    ``seed``: whole number 0 to 4,294,967,295. ``truncation``: 0 to 1.5; how far the style may stray from the category's mean (psi of
    Karras et al. 2019): 0 is always the mean style, 1 the trained spread. ``cells``: noise cells along a side of the tile, 2 to 32;
    more cells hold more motifs before the pattern repeats. Raises RecipeError on anything else.
    """

    seed: int
    truncation: float = 0.85
    cells: int = 8

    def __post_init__(self) -> None:
        _check_whole("seed", self.seed, 0, LARGEST_SEED)
        _check_whole("cells", self.cells, 2, 32)
        value = self.truncation
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or not 0 <= value <= 1.5
        ):
            raise RecipeError("The truncation must be a number from 0 to 1.5.")

    def to_json(self) -> str:
        """One line of JSON with sorted keys: equal recipes give equal text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what :meth:`to_json` wrote. Raises RecipeError on broken JSON, unknown keys or values out of range."""
        try:
            values = json.loads(text)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise RecipeError("This is not a fabric recipe: it is not valid JSON.") from None
        return cls.from_dict(values)

    @classmethod
    def from_dict(cls, values: Any) -> Recipe:
        """The same from a parsed JSON object."""
        if not isinstance(values, dict) or "seed" not in values:
            raise RecipeError("This is not a fabric recipe: it has no seed.")
        known = {key: value for key, value in values.items() if key != "format"}
        if values.get("format", FORMAT) != FORMAT or not known.keys() <= cls.__dataclass_fields__.keys():
            raise RecipeError("This recipe was made by another version of AI Fashion and cannot be read here.")
        return cls(**known)


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RecipeError(f"The {name} must be a whole number from {least} to {most:,}.")
