"""A recipe as a file of its own: with the category and generator version that draw it, so that the site can read it back."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ml.bundle import bundled_models, earlier_models
from ml.errors import RecipeError
from ml.textiles.recipe import Recipe, parse_json

KIND = "ai-fashion-fabric"
FILE_FORMAT = 1
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True)
class RecipeFile:
    """``category`` and ``generator`` (its version, as the manifest names it) and the recipe: together they decide the bytes."""

    category: str
    generator: str
    recipe: Recipe

    def __post_init__(self) -> None:
        for name, value in (("category", self.category), ("generator", self.generator)):
            if not isinstance(value, str) or not _SLUG.fullmatch(value):
                raise RecipeError(f"The {name} in a recipe file must be letters, digits and hyphens.")

    def to_json(self) -> str:
        """Readable JSON; equal recipes give equal text."""
        values = {
            "kind": KIND,
            "format": FILE_FORMAT,
            "category": self.category,
            "generator": self.generator,
            "recipe": self.recipe.to_dict(),
        }
        return json.dumps(values, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> RecipeFile:
        """Read what :meth:`to_json` wrote. Raises RecipeError on anything else."""
        values: Any = parse_json(text)
        if not isinstance(values, dict) or values.get("kind") != KIND:
            raise RecipeError(
                "This is not a recipe file of AI Fashion; choose the recipe.json that came with a fabric."
            )
        if values.get("format") != FILE_FORMAT or values.keys() != {
            "kind",
            "format",
            "category",
            "generator",
            "recipe",
        }:
            raise RecipeError("This recipe file was made by another version of AI Fashion and cannot be read here.")
        return cls(values["category"], values["generator"], Recipe.from_dict(values["recipe"]))

    def check_known(self, generators: Collection[str] | None = None) -> None:
        """Raise RecipeError unless the generator version is one of ``generators`` (default: those bundled for the category).

        Another version would draw another fabric, so there is no nearest match.
        """
        if generators is None:
            there = [*bundled_models("textiles").values(), *earlier_models("textiles")]
            generators = {model.version for model in there if model.name == self.category}
        if self.generator not in generators:
            raise RecipeError(
                f"This fabric was drawn by version {self.generator} of the {self.category} generator, "
                "which is not installed here; only that version can draw it again."
            )
