"""A fabric's recipe: everything that, with a generator version, decides its bytes.

A recipe names an **origin** and what was done to it since, in this order: the origin's style (a seed, a latent found from a picture, or a
mix of two other recipes), drawn towards the mean by ``truncation``; the steps of ``near``; the ``edits``; then the net draws its
separations, whose inks are ``merged`` and coloured by ``palette``. It refers to nothing outside itself but the generator. A recipe that is
no more than a seed is written as format 1, as it always was; anything else as format 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ml.compositing.placement import REPEATS
from ml.errors import RecipeError
from ml.textiles.latents import check_latent

PLAIN_FORMAT, FORMAT = 1, 2
LARGEST_SEED = 2**32 - 1
LARGEST_EDIT = 3.0
MOST_STEPS = 64
MOST_EDITS = 64
MOST_INKS = 16
DEEPEST_MIX = 8
MOST_RECIPES = 32  # in one tree of mixes, the outermost counted
LONGEST_TEXT = 200_000  # characters

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NOT_JSON = "This is not a fabric recipe: it is not valid JSON."
_OTHER_VERSION = "This recipe was made by another version of AI Fashion and cannot be read here."


@dataclass(frozen=True)
class Step:
    """A small step in latent space: towards the style and noise of ``seed``, by ``distance`` in (0, 1]; 1 arrives there."""

    seed: int
    distance: float

    def __post_init__(self) -> None:
        _check_whole("seed of a step", self.seed, 0, LARGEST_SEED)
        _set(self, distance=_number("distance of a step", self.distance, 0.001, 1))


@dataclass(frozen=True)
class Mix:
    """Two parents. ``structure`` (noise and early styles) and ``style`` (late styles and colours) are weights in [0, 1]: at
    0 that half is the first parent's, at 1 the second's."""

    first: Recipe
    second: Recipe
    structure: float
    style: float

    def __post_init__(self) -> None:
        if not isinstance(self.first, Recipe) or not isinstance(self.second, Recipe):
            raise RecipeError("A mix needs two fabric recipes.")
        _set(
            self,
            structure=_number("structure weight of a mix", self.structure, 0, 1),
            style=_number("style weight of a mix", self.style, 0, 1),
        )


@dataclass(frozen=True)
class Recipe:
    """How to draw one fabric. Raises RecipeError on any value out of range.

    ``seed``: whole number 0 to 4,294,967,295; decides style and noise (with a ``latent`` the noise alone; with a ``mix`` nothing).
    ``truncation``: 0 to 1.5; how far the style may stray from the category's mean (psi of Karras et al. 2019): 0 is always the mean
    style, 1 the trained spread. ``cells``: noise cells along a side of the tile, 2 to 32; more cells hold more motifs before the
    pattern repeats. ``motif``: after how many cells the motif repeats inside the tile, a divisor of ``cells``; 0 leaves it to the
    generator and the seed.

    ``latent``: styles found from a picture, as :func:`ml.textiles.latents.encode_latent` writes them. ``mix``: two parents, see
    :func:`mixed`. ``near``: at most 64 steps. ``edits``: (direction, amount) sorted by direction, amounts from -3 to 3, none 0.
    ``merged``: for each ink the ink it is printed with, itself where it stays. ``palette``: (ink, "#rrggbb") sorted by ink, of
    the inks that do not keep their drawn colour. ``repeat``: how tiles follow each other in print, one of REPEATS; drawing a single
    tile does not look at it.
    """

    seed: int
    truncation: float = 0.85
    cells: int = 8
    motif: int = 0
    latent: str = ""
    mix: Mix | None = None
    near: tuple[Step, ...] = ()
    edits: tuple[tuple[str, float], ...] = ()
    merged: tuple[int, ...] = ()
    palette: tuple[tuple[int, str], ...] = ()
    repeat: str = "straight"

    def __post_init__(self) -> None:
        _check_whole("seed", self.seed, 0, LARGEST_SEED)
        _check_whole("cells", self.cells, 2, 32)
        _check_motif(self.motif, self.cells)
        check_latent(self.latent)
        _check_mix(self)
        _check_near(self.near)
        if self.repeat not in REPEATS:
            raise RecipeError(f"The repeat must be one of {', '.join(REPEATS)}.")
        _set(
            self,
            truncation=_number("truncation", self.truncation, 0, 1.5),
            edits=_clean_edits(self.edits),
            merged=_clean_merged(self.merged),
            palette=_clean_palette(self.palette),
        )

    @property
    def is_plain(self) -> bool:
        """Nothing but seed, truncation and cells."""
        return self == Recipe(self.seed, self.truncation, self.cells)

    def edited(self, edits: Mapping[str, float]) -> Recipe:
        """With these amounts of these directions; others stay as they are, 0 takes one away."""
        return replace(self, edits=tuple({**dict(self.edits), **edits}.items()))

    def coloured(self, colours: Mapping[int, str]) -> Recipe:
        """With these inks in these colours ("#rrggbb"); others stay as they are."""
        return replace(self, palette=tuple({**dict(self.palette), **colours}.items()))

    def nearby(self, seed: int, distance: float) -> Recipe:
        """One more like this: a step away."""
        return replace(self, near=(*self.near, Step(seed, distance)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is as usual is left out."""
        return {"format": PLAIN_FORMAT if self.is_plain else FORMAT, **_body(self)}

    def to_json(self) -> str:
        """One line of JSON with sorted keys: equal recipes give equal text."""
        return json.dumps(self.to_dict(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what :meth:`to_json` wrote. Raises RecipeError on broken JSON, unknown keys or values out of range."""
        return cls.from_dict(parse_json(text))

    @classmethod
    def from_dict(cls, values: Any) -> Recipe:
        """The same from a parsed JSON object."""
        if not isinstance(values, dict) or "seed" not in values:
            raise RecipeError("This is not a fabric recipe: it has no seed.")
        if values.get("format", PLAIN_FORMAT) not in (PLAIN_FORMAT, FORMAT):
            raise RecipeError(_OTHER_VERSION)
        return _read_body({key: value for key, value in values.items() if key != "format"}, DEEPEST_MIX)


def mixed(first: Recipe, second: Recipe, structure: float, style: float) -> Recipe:
    """The child of two recipes of one generator. At weights (0, 0) it draws exactly the first parent, at (1, 1) the second.

    Its tile has the cells, merged inks and repeat of the parent that gives more of the structure. Raises RecipeError on weights
    outside [0, 1] and on a family tree too deep or too large.
    """
    mix = Mix(first, second, structure, style)
    nearer = second if mix.structure > 0.5 else first
    return Recipe(first.seed, truncation=1.0, cells=nearer.cells, mix=mix, merged=nearer.merged, repeat=nearer.repeat)


def parse_json(text: str | bytes) -> Any:
    """JSON of at most 200,000 characters. Raises RecipeError when it is longer or not JSON."""
    if len(text) > LONGEST_TEXT:
        raise RecipeError("This is not a fabric recipe: it is too long.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RecipeError(_NOT_JSON) from None


def _body(recipe: Recipe) -> dict[str, Any]:
    written: dict[str, Any] = {"seed": recipe.seed, "truncation": recipe.truncation, "cells": recipe.cells}
    if recipe.motif:
        written["motif"] = recipe.motif
    if recipe.latent:
        written["latent"] = recipe.latent
    if recipe.mix:
        written["mix"] = {
            "first": _body(recipe.mix.first),
            "second": _body(recipe.mix.second),
            "structure": recipe.mix.structure,
            "style": recipe.mix.style,
        }
    if recipe.near:
        written["near"] = [[step.seed, step.distance] for step in recipe.near]
    if recipe.edits:
        written["edits"] = dict(recipe.edits)
    if recipe.merged:
        written["merged"] = list(recipe.merged)
    if recipe.palette:
        written["palette"] = {str(ink): colour for ink, colour in recipe.palette}
    if recipe.repeat != Recipe.repeat:
        written["repeat"] = recipe.repeat
    return written


def _read_body(values: Any, depth: int) -> Recipe:
    if not isinstance(values, dict) or "seed" not in values:
        raise RecipeError("This is not a fabric recipe: it has no seed.")
    if not values.keys() <= Recipe.__dataclass_fields__.keys():
        raise RecipeError(_OTHER_VERSION)
    read = dict(values)
    if "mix" in read:
        read["mix"] = _read_mix(read["mix"], depth)
    if "near" in read:
        read["near"] = tuple(Step(*pair) for pair in _pairs(read["near"], "steps"))
    if "edits" in read:
        read["edits"] = tuple(_object(read["edits"], "edits").items())
    if "merged" in read:
        read["merged"] = tuple(_list(read["merged"], "merged inks"))
    if "palette" in read:
        read["palette"] = tuple((_ink_number(ink), c) for ink, c in _object(read["palette"], "palette").items())
    return Recipe(**read)


def _read_mix(values: Any, depth: int) -> Mix:
    if depth == 0:
        raise RecipeError(_too_deep())
    if not isinstance(values, dict) or values.keys() != {"first", "second", "structure", "style"}:
        raise RecipeError("A mix must have a first and a second recipe, a structure and a style weight.")
    first, second = (_read_body(values[side], depth - 1) for side in ("first", "second"))
    return Mix(first, second, values["structure"], values["style"])


def _check_motif(motif: object, cells: int) -> None:
    _check_whole("motif", motif, 0, 32)
    if isinstance(motif, int) and motif and cells % motif:
        raise RecipeError(f"A motif of {motif} cells does not repeat a whole number of times in a tile of {cells}.")


def _check_mix(recipe: Recipe) -> None:
    if recipe.mix is None:
        return
    if not isinstance(recipe.mix, Mix) or recipe.latent:
        raise RecipeError("A fabric begins with a mix or with a latent, not with both.")
    depth, count = _measure(recipe)
    if depth > DEEPEST_MIX or count > MOST_RECIPES:
        raise RecipeError(_too_deep())


def _too_deep() -> str:
    return (
        f"This fabric has too many ancestors: mixes may go {DEEPEST_MIX} deep and hold {MOST_RECIPES} recipes; "
        "mix with a younger fabric."
    )


def _measure(recipe: Recipe) -> tuple[int, int]:
    """How deep the tree of mixes goes, and how many recipes it holds."""
    if recipe.mix is None:
        return 0, 1
    sides = [_measure(parent) for parent in (recipe.mix.first, recipe.mix.second)]
    return 1 + max(depth for depth, _ in sides), 1 + sum(count for _, count in sides)


def _check_near(near: object) -> None:
    if not isinstance(near, tuple) or not all(isinstance(step, Step) for step in near):
        raise RecipeError("The steps must be pairs of a seed and a distance.")
    if len(near) > MOST_STEPS:
        raise RecipeError(f"This fabric is {MOST_STEPS} steps from its seed already; begin again from another one.")


def _clean_edits(edits: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    amounts: dict[str, float] = {}
    for name, amount in edits:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise RecipeError("The name of an edit must be small letters, digits and hyphens.")
        amounts[name] = _number(f"amount of {name}", amount, -LARGEST_EDIT, LARGEST_EDIT)
    if len(amounts) > MOST_EDITS:
        raise RecipeError(f"A recipe can hold {MOST_EDITS} edits at most.")
    return tuple(sorted((name, amount) for name, amount in amounts.items() if amount))


def _clean_merged(merged: Iterable[int]) -> tuple[int, ...]:
    inks = tuple(merged)
    if len(inks) > MOST_INKS:
        raise RecipeError(f"A recipe can name {MOST_INKS} inks at most.")
    for ink in inks:
        _check_whole("ink that another is merged into", ink, 0, len(inks) - 1)
    if any(inks[ink] != ink for ink in inks):
        raise RecipeError("An ink that others are merged into must stay itself.")
    if inks and len(set(inks)) < 2:
        raise RecipeError("At least 2 inks must remain.")
    return () if inks == tuple(range(len(inks))) else inks


def _clean_palette(palette: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    colours: dict[int, str] = {}
    for ink, colour in palette:
        _check_whole("number of an ink", ink, 0, MOST_INKS - 1)
        colours[ink] = clean_colour(colour)
    return tuple(sorted(colours.items()))


def clean_colour(colour: object) -> str:
    """ "#RRGGBB" in small letters. Raises RecipeError on anything else."""
    lowered = colour.lower() if isinstance(colour, str) else ""
    if not _COLOUR.fullmatch(lowered):
        raise RecipeError("A colour must be written as # and six digits 0-9 or a-f, for example #1f4e79.")
    return lowered


def _ink_number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]?", text):
        raise RecipeError("The palette must name its inks by whole numbers from 0.")
    return int(text)


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecipeError(f"The {name} of a recipe must be a JSON object.")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise RecipeError(f"The {name} of a recipe must be a JSON list.")
    return value


def _pairs(value: object, name: str) -> list[Any]:
    pairs = _list(value, name)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise RecipeError(f"The {name} of a recipe must be pairs.")
    return pairs


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RecipeError(f"The {name} must be a whole number from {least} to {most:,}.")


def _number(name: str, value: object, least: float, most: float) -> float:
    """The value as a float, never -0.0, so that equal recipes give equal text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:  # nor NaN
        raise RecipeError(f"The {name} must be a number from {least:g} to {most:g}.")
    return float(value) + 0.0


def _set(frozen: object, **values: object) -> None:
    """Write tidied values into a frozen dataclass that is being made."""
    for name, value in values.items():
        object.__setattr__(frozen, name, value)
