"""What the Studio's pages show, worked out before any template sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import get_format, localize
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ml.errors import RecipeError
from patterns import queries
from patterns.models import Direction, Fabric
from patterns.ownership import Person
from patterns.references import FabricReference
from patterns.studio import services
from patterns.studio.addresses import CLOSENESS, UNITS, VIEWS, Work, recipe_query, write_recipe
from patterns.studio.forms import CELLS, REPEATS, slider_name
from patterns.words import percent, told

if TYPE_CHECKING:
    from ml.textiles.invert import Found
    from ml.textiles.recipe import Recipe

SMALL_PICTURE = 192
SLIDERS_IN_SIGHT = 6


@dataclass(frozen=True)
class Slider:
    """A number to move: its field, what people read, where it stands."""

    field: str
    label: str
    value: str
    least: str
    most: str
    step: str
    hint: str = ""


@dataclass(frozen=True)
class Ink:
    """One swatch of the palette."""

    number: int
    colour: str
    share: str
    is_locked: bool


@dataclass(frozen=True)
class Picture:
    """A fabric to look at and to go to."""

    page: str
    picture: str
    label: str


def studio_page(work: Work) -> dict[str, Any]:
    """The table's context. Raises MlError, Busy."""
    directions = list(queries.shown_directions(work.version))
    swatches = services.swatches_of(work.version, work.recipe)
    undone, redone = work.undone(), work.redone()
    return {
        "work": work,
        "category": work.version.category,
        "categories": queries.offered_categories(),
        "version": work.version,
        "recipe": work.recipe,
        "name": fabric_name(work),
        "token": write_recipe(work.recipe),
        "state": [pair for pair in work.state() if pair[0] in ("h", "others", "of")],
        "preview": preview_address(work),
        "action": work.place("studio"),
        "live_address": work.place("studio-preview"),
        "print_address": print_address(work),
        "mix_address": f"{work.place('studio-mix')}?{urlencode({'a': write_recipe(work.recipe)})}",
        "save_address": work.place("studio-save"),
        "colours_address": work.place("studio-colours"),
        "page_state": [*recipe_query(work.recipe), *work.state()],
        "inks_address": work.picture("studio-inks"),
        "undo": undone.address if undone else "",
        "redo": redone.address if redone else "",
        "sliders": sliders(work, directions[:SLIDERS_IN_SIGHT]),
        "more_sliders": sliders(work, directions[SLIDERS_IN_SIGHT:]),
        "variety": variety_slider(work.recipe),
        "cells": [(value, label, int(value) == work.recipe.cells) for value, label in cells_of(work.recipe)],
        "inks": [Ink(s.ink, s.colour, percent(s.share), s.ink in work.locked) for s in swatches],
        "ink_numbers": ",".join(str(swatch.ink) for swatch in swatches),
        "fewer": range(2, len(swatches)),
        "is_recoloured": bool(work.recipe.palette or work.recipe.merged),
        "colourways": colourways(),
        "repeats": [(value, label, value == work.recipe.repeat) for value, label in REPEATS],
        "units": [(value, label, value == work.unit) for value, label in UNITS],
        "views": [(value, label, value == work.view) for value, label in VIEWS],
        "closenesses": [(value, label, value == work.closeness) for value, label in CLOSENESS],
        "neighbours": neighbours(work),
        "others": work.others + 1,
        "ruler": ruler(work),
        "ground": services.GROUND,
        "tile_size": services.TILE_SIZE,
        "try_on": try_on_address(work),
    }


def preview_address(work: Work) -> str:
    return work.picture("studio-preview", view=work.view)


def print_address(work: Work) -> str:
    sizes = [("width", f"{work.width:g}"), ("unit", work.unit)]
    return f"{work.place('studio-print')}?{urlencode([*recipe_query(work.recipe), *sizes])}"


def try_on_address(work: Work) -> str:
    """The clothes to choose from, with this fabric in hand."""
    fabric = FabricReference(work.version.category.slug, work.recipe, work.version.version)
    return f"{reverse('clothes')}?{urlencode({'fabric': str(fabric)})}"


def fabric_name(work: Work) -> str:
    """A name to tell fabrics apart by: what it is, and the seed or the way it came about."""
    recipe, category = work.recipe, work.version.category
    if recipe.mix:
        return _("%(category)s, a mix") % {"category": category}
    if recipe.latent:
        return _("%(category)s from a picture") % {"category": category}
    return f"{category} {recipe.seed}"


def sliders(work: Work, directions: Sequence[Direction]) -> list[Slider]:
    amounts = dict(work.recipe.edits)
    return [
        Slider(slider_name(each), str(each), f"{amounts.get(each.name, 0):g}", "-3", "3", "0.1", effect_words(each))
        for each in directions
    ]


def variety_slider(recipe: Recipe) -> Slider:
    return Slider("truncation", _("Variety"), f"{recipe.truncation:g}", "0", "1.5", "0.05")


def effect_words(direction: Direction) -> str:
    """What the slider's right end does, by measurement, where the name does not say so: "lighter, softer"."""
    from ml.textiles.attributes import WORDS

    said = direction.label.lower()
    if said in WORDS or any(word in said for pair in WORDS.values() for word in pair):
        return ""
    known = [(name, change) for name, change in direction.effects.items() if name in WORDS and abs(change) >= 0.5]
    strongest = sorted(known, key=lambda effect: -abs(effect[1]))[:2]
    return ", ".join(told(WORDS[name][change < 0]) for name, change in strongest)


def cells_of(recipe: Recipe) -> list[tuple[str, Any]]:
    """The usual choices, and this recipe's own where it is another."""
    own = str(recipe.cells)
    return [*CELLS] if own in dict(CELLS) else [*CELLS, (own, _("%(count)s cells") % {"count": own})]


def colourways() -> list[tuple[str, str, tuple[str, ...]]]:
    """(name, what people read, colours)"""
    from ml.textiles.colourways import COLOURWAYS

    return [(name, told(name), colours) for name, colours in COLOURWAYS.items()]


def neighbours(work: Work) -> list[Picture]:
    """Six like it; none when there were too many steps already."""
    try:
        recipes = services.neighbours(work.recipe, float(work.closeness), work.others)
    except RecipeError:
        return []
    works = [work.with_recipe(recipe) for recipe in recipes]
    return [
        Picture(
            each.address,
            each.picture("studio-shown", size=SMALL_PICTURE),
            _("Neighbour %(number)s") % {"number": place + 1},
        )
        for place, each in enumerate(works)
    ]


def ruler(work: Work) -> dict[str, Any]:
    """What the picture measures on cloth."""
    from ml.textiles.repeats import BLOCKS

    across, down = (3, 3) if work.view == "sheet" else BLOCKS[work.recipe.repeat]
    marks = [_shortly(work.width * place) for place in range(across + 1)]
    return {"marks": marks, "across": marks[-1], "down": _shortly(work.width * down), "unit": work.unit}


def _shortly(length: float) -> str:
    """As the reader writes numbers, without idle zeros."""
    return localize(float(f"{length:.6g}")).removesuffix(f"{get_format('DECIMAL_SEPARATOR')}0")


def fabric_card(fabric: Fabric) -> dict[str, Any]:
    """A saved fabric in a list. A row whose recipe cannot be read any more still has its name."""
    work = work_of(fabric)
    return {
        "fabric": fabric,
        "work": work,
        "name": fabric.name or fabric_name(work),
        "picture": work.picture("studio-shown", size=256),
    }


def work_of(fabric: Fabric) -> Work:
    """The Studio's table with a saved fabric on it."""
    return Work(fabric.generator_version, fabric.as_recipe(), source=str(fabric.public_id))


# --- Where it begins -------------------------------------------------------------------------------------------------
def start_page(person: Person) -> dict[str, Any]:
    return {
        "categories": queries.offered_categories(),
        "latest": [fabric_card(fabric) for fabric in queries.saved_fabrics(person)[:6]],
    }


def closeness_words(found: Found) -> str:
    """How much of a picture a generator could find, in words."""
    share = found.distance / max(found.usual, 1e-9)
    how = (
        _("This is the nearest that the generator has, and it is close to your picture.")
        if share < 0.5
        else _("This is the nearest that the generator has, and it is something like your picture.")
        if share < 0.75
        else _("This is the nearest that the generator has, and it is not very like it.")
    )
    what = _(
        "It takes the colours, the ground and the scale, not the motifs. From here on it is a fabric like any other."
    )
    return f"{how} {what}"
