"""The Studio's state as an address: category, generator version, recipe, and the steps that led there.

A recipe that is no more than a seed is written in words (``seed=17``); anything else as a token, which is its JSON, deflated. Undo and redo
are links to other states of the same trail, so they work without JavaScript and without a row in the database.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ml.errors import RecipeError

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe
    from patterns.models import GeneratorVersion

LONGEST_TOKEN = 5000  # characters; our server takes a request line of 8190
LONGEST_TRAIL = 2000
MOST_STEPS = 20
START_WIDTH, START_UNIT = 20.0, "cm"
START_INCHES = 8.0  # for who reads in inches
UNITS = (("cm", gettext_lazy("cm")), ("in", gettext_lazy("inches")))
VIEWS = (("sheet", gettext_lazy("3 × 3 repeats")), ("tile", gettext_lazy("One repeat")))
CLOSENESS = (
    ("0.15", gettext_lazy("Very like it")),
    ("0.3", gettext_lazy("Like it")),
    ("0.55", gettext_lazy("A cousin")),
)
START_CLOSENESS = "0.3"


def write_token(value: Any) -> str:
    """Plain values as text for an address."""
    packed = zlib.compress(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_token(text: str) -> Any:
    """What :func:`write_token` wrote. Raises RecipeError on anything else, without unpacking a bomb."""
    from ml.textiles.recipe import LONGEST_TEXT, parse_json

    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, LONGEST_TEXT + 1)
    except (binascii.Error, zlib.error, ValueError):
        raise _altered() from None
    if not unpacking.eof and len(content) <= LONGEST_TEXT:
        raise _altered()
    return parse_json(content)


def _altered() -> RecipeError:
    return RecipeError(_("This address was cut short or altered on its way. Ask for the whole link again."))


def write_recipe(recipe: Recipe) -> str:
    """Raises RecipeError when the recipe is too long to travel in an address."""
    token = write_token(recipe.to_dict())
    if len(token) > LONGEST_TOKEN:
        raise RecipeError(
            _("This fabric has so many ancestors that its recipe does not fit into an address; mix younger fabrics.")
        )
    return token


def read_recipe(token: str) -> Recipe:
    """Raises RecipeError."""
    from ml.textiles.recipe import Recipe

    return Recipe.from_dict(read_token(token))


@dataclass(frozen=True)
class Trail:
    """Recipes before this one, the latest last, and those that were undone, the next first."""

    past: tuple[Recipe, ...] = ()
    future: tuple[Recipe, ...] = ()

    def step_from(self, recipe: Recipe) -> Trail:
        return Trail((*self.past, recipe)[-MOST_STEPS:])

    def write(self) -> str:
        """As a token of bounded length: the steps that lie furthest back go first."""
        past, future = list(self.past), list(self.future)
        while past or future:
            token = write_token([[each.to_dict() for each in side] for side in (past, future)])
            if len(token) <= LONGEST_TRAIL:
                return token
            (past or future).pop(0 if past else -1)
        return ""

    @classmethod
    def read(cls, token: str) -> Trail:
        """Raises RecipeError."""
        if not token:
            return cls()
        sides = read_token(token)
        if not isinstance(sides, list) or [type(side) for side in sides] != [list, list]:
            raise RecipeError(_("The history in this address cannot be read. Open the fabric without it."))
        return cls(*(_recipes(side[:MOST_STEPS]) for side in sides))


def _recipes(values: Iterable[Any]) -> tuple[Recipe, ...]:
    from ml.textiles.recipe import Recipe

    return tuple(Recipe.from_dict(value) for value in values)


@dataclass(frozen=True)
class Work:
    """What lies on the Studio's table. ``width``: of one repeat, in ``unit``. ``source``: public id of the saved fabric it began with."""

    version: GeneratorVersion
    recipe: Recipe
    trail: Trail = field(default_factory=Trail)
    locked: frozenset[int] = frozenset()
    width: float = START_WIDTH
    unit: str = START_UNIT
    view: str = VIEWS[0][0]
    closeness: str = START_CLOSENESS
    others: int = 0  # which six neighbours are shown
    source: str = ""

    def with_recipe(self, recipe: Recipe) -> Work:
        """Another recipe, the one before to be found by undo."""
        if recipe == self.recipe:
            return self
        return replace(self, recipe=recipe, trail=self.trail.step_from(self.recipe), others=0)

    def undone(self) -> Work | None:
        if not self.trail.past:
            return None
        trail = Trail(self.trail.past[:-1], (self.recipe, *self.trail.future))
        return replace(self, recipe=self.trail.past[-1], trail=trail)

    def redone(self) -> Work | None:
        if not self.trail.future:
            return None
        trail = Trail((*self.trail.past, self.recipe), self.trail.future[1:])
        return replace(self, recipe=self.trail.future[0], trail=trail)

    def state(self) -> list[tuple[str, str]]:
        """Everything but the recipe; what is as at the start is left out."""
        pairs = [
            ("h", self.trail.write()),
            ("width", "" if self.width == START_WIDTH else f"{self.width:g}"),
            ("unit", "" if self.unit == START_UNIT else self.unit),
            ("view", "" if self.view == VIEWS[0][0] else self.view),
            ("closeness", "" if self.closeness == START_CLOSENESS else self.closeness),
            ("others", str(self.others or "")),
            ("of", self.source),
        ]
        return [(name, value) for name, value in pairs if value] + [("lock", str(ink)) for ink in sorted(self.locked)]

    @property
    def address(self) -> str:
        return f"{self.place('studio')}?{urlencode([*recipe_query(self.recipe), *self.state()])}"

    @property
    def keys(self) -> list[str]:
        return keys_of(self.version)

    def place(self, name: str) -> str:
        """The path of a page about this category and version."""
        return reverse(name, args=self.keys)

    def picture(self, name: str, **more: object) -> str:
        """The address of something made from the recipe alone, for ever the same."""
        return f"{self.place(name)}?{urlencode([*recipe_query(self.recipe), *more.items()])}"


def keys_of(version: GeneratorVersion) -> list[str]:
    """What paths name: category and version."""
    return [version.category.slug, version.version]


def recipe_query(recipe: Recipe) -> list[tuple[str, str]]:
    """Words for a plain recipe, a token for any other. Raises RecipeError when that is too long."""
    from ml.textiles.recipe import Recipe

    if not recipe.is_plain:
        return [("r", write_recipe(recipe))]
    pairs = [("seed", str(recipe.seed))]
    if recipe.truncation != Recipe.truncation:
        pairs.append(("truncation", f"{recipe.truncation:g}"))
    if recipe.cells != Recipe.cells:
        pairs.append(("cells", str(recipe.cells)))
    return pairs
