"""Any fabric of ours in a few characters, for the addresses of other rooms."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from ml.errors import RecipeError
from patterns.models import Fabric, GeneratorVersion
from patterns.services import LARGEST_SEED
from patterns.studio.addresses import read_recipe, recipe_query, write_recipe

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe

LONGEST = 6000  # characters
_SEED = re.compile(r"([a-z0-9_-]{1,40}):([0-9]{1,10})")
_RECIPE = re.compile(r"([a-z0-9_-]{1,40}):([A-Za-z0-9_-]{1,80}):([A-Za-z0-9_-]{1,5000})")


@dataclass(frozen=True)
class FabricReference:
    """``plaid:17`` is a seed, drawn by the version published now; ``plaid:VERSION:TOKEN`` any recipe, by that version."""

    category: str
    recipe: Recipe
    version: str = ""

    @classmethod
    def of_seed(cls, category: str, seed: int) -> FabricReference:
        from ml.textiles.recipe import Recipe

        return cls(category, Recipe(seed))

    @classmethod
    def of(cls, fabric: Fabric) -> FabricReference:
        """A seed of the published version stays a seed."""
        from ml.textiles.recipe import Recipe

        version, recipe = fabric.generator_version, fabric.as_recipe()
        is_usual = recipe == Recipe(recipe.seed) and version.state == GeneratorVersion.State.PUBLISHED
        return cls(version.category.slug, recipe, "" if is_usual else version.version)

    @classmethod
    def parse(cls, text: str) -> FabricReference | None:
        if match := _SEED.fullmatch(text):
            return cls.of_seed(match[1], int(match[2])) if int(match[2]) <= LARGEST_SEED else None
        match = _RECIPE.fullmatch(text)
        try:
            return cls(match[1], read_recipe(match[3]), match[2]) if match else None
        except RecipeError:
            return None

    def __str__(self) -> str:
        if not self.version:
            return f"{self.category}:{self.recipe.seed}"
        return f"{self.category}:{self.version}:{write_recipe(self.recipe)}"

    @property
    def label(self) -> str:
        """What people call it."""
        category = _(self.category.capitalize())
        if self.recipe.is_plain:
            return f"{category} {self.recipe.seed}"
        return _("%(category)s from the Studio") % {"category": category}

    def tile(self, version: str = "", size: int = 256) -> str:
        """The address of one tile, exact; ``version``: the one published now, for a fabric that names none."""
        return self._address("tile", version, size)

    def picture(self, version: str = "", size: int = 256) -> str:
        """The same for a page to show."""
        return self._address("shown", version, size)

    def _address(self, kind: str, version: str, size: int) -> str:
        if self.version:
            query = recipe_query(replace(self.recipe, repeat="straight"))
            return (
                f"{reverse(f'studio-{kind}', args=[self.category, self.version])}?{urlencode([*query, ('size', size)])}"
            )
        named = f"&v={version}" if version else ""
        return f"{reverse(f'fabric-{kind}', args=[self.category, self.recipe.seed])}?size={size}{named}"

    @property
    def small_picture(self) -> str:
        return self.picture(size=128)
