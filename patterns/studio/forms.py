"""What an address may ask of the Studio, and what a form may change on its table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ml.errors import RecipeError
from patterns.models import Direction, GeneratorVersion
from patterns.services import LARGEST_SEED, fresh_seed
from patterns.studio.addresses import (
    CLOSENESS,
    START_CLOSENESS,
    START_UNIT,
    START_WIDTH,
    UNITS,
    VIEWS,
    Trail,
    Work,
    read_recipe,
)
from patterns.words import told

if TYPE_CHECKING:
    from ml.textiles.recipe import Mix, Recipe

REPEATS = (
    ("straight", _("Straight")),
    ("half-drop", _("Half-drop")),
    ("half-brick", _("Half-brick")),
    ("mirror", _("Mirror")),
)
CELLS = (("4", _("Few")), ("8", _("Usual")), ("12", _("More")), ("16", _("Many")))
STATE_NAMES = {"r", "h", "width", "unit", "view", "closeness", "others", "of", "lock"}
PLAIN_NAMES = {"seed", "truncation", "cells"}
INK_FIELD = re.compile(r"ink-([0-9]|1[0-5])")


class SeedForm(forms.Form):
    """A plain recipe in words."""

    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED)
    truncation = forms.FloatField(min_value=0, max_value=1.5, required=False, label=_("Variety"))
    cells = forms.IntegerField(min_value=2, max_value=32, required=False, label=_("Motifs in a repeat"))

    def recipe(self) -> Recipe:
        """Raises RecipeError when a number is out of range."""
        from ml.textiles.recipe import Recipe

        refuse_errors(self)
        given = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Recipe(**given)


class StateForm(forms.Form):
    """Everything that is not the recipe. Whatever is missing is as at the start."""

    width = forms.FloatField(min_value=0.5, max_value=300, required=False, label=_("Width of a repeat"))
    unit = forms.ChoiceField(choices=UNITS, required=False)
    view = forms.ChoiceField(choices=VIEWS, required=False)
    closeness = forms.ChoiceField(choices=CLOSENESS, required=False)
    others = forms.IntegerField(min_value=0, max_value=100_000, required=False)
    of = forms.UUIDField(required=False)
    h = forms.CharField(max_length=8000, required=False, label=_("History"))
    lock = forms.TypedMultipleChoiceField(
        choices=[(str(ink), str(ink)) for ink in range(16)], coerce=int, required=False, label=_("Locked inks")
    )

    def work(self, version: GeneratorVersion, recipe: Recipe) -> Work:
        """Raises RecipeError."""
        refuse_errors(self)
        given = self.cleaned_data
        return Work(
            version,
            recipe,
            Trail.read(given["h"]),
            frozenset(given["lock"]),
            START_WIDTH if given["width"] is None else given["width"],
            given["unit"] or START_UNIT,
            given["view"] or VIEWS[0][0],
            given["closeness"] or START_CLOSENESS,
            given["others"] or 0,
            str(given["of"] or ""),
        )


class TableForm(forms.Form):
    """What the hand moved: sliders, swatches, the repeat. Fields that did not come along change nothing."""

    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False)
    truncation = forms.FloatField(min_value=0, max_value=1.5, required=False, label=_("Variety"))
    cells = forms.IntegerField(min_value=2, max_value=32, required=False, label=_("Motifs in a repeat"))
    repeat = forms.ChoiceField(choices=REPEATS, required=False)
    degrees = forms.FloatField(min_value=-180, max_value=180, required=False, label=_("Turn of the hues"))
    number = forms.IntegerField(min_value=2, max_value=16, required=False, label=_("Number of inks"))
    do = forms.CharField(max_length=80, required=False)

    def __init__(self, query: QueryDict, work: Work, directions: Sequence[Direction]) -> None:
        super().__init__(query)
        self.work, self.directions = work, directions
        for direction in directions:
            self.fields[slider_name(direction)] = forms.FloatField(
                min_value=-3, max_value=3, required=False, label=str(direction)
            )

    def changed(self) -> Recipe:
        """The recipe after what moved. Raises RecipeError when something is out of range."""
        refuse_errors(self)
        given, recipe = self.cleaned_data, self.work.recipe
        if given["seed"] is not None and given["seed"] != recipe.seed:
            recipe = begun_again(recipe, given["seed"])
        for name in ("truncation", "cells", "repeat"):
            if given[name] not in (None, ""):
                recipe = replace(recipe, **{name: given[name]})
        moved = {each.name: given[slider_name(each)] for each in self.directions}
        recipe = recipe.edited({name: amount for name, amount in moved.items() if amount is not None})
        recipe = recipe.coloured(self._new_colours())
        if recipe != self.work.recipe or given["do"]:
            recipe = recipe.coloured(self._locked_colours())
        return recipe

    def _new_colours(self) -> dict[int, str]:
        """Inks whose swatch is not what the page showed."""
        return {ink: colour for ink, colour in self._colours().items() if colour != self.data.get(f"was-{ink}", "")}

    def _locked_colours(self) -> dict[int, str]:
        return {ink: colour for ink, colour in self._colours().items() if ink in self.work.locked}

    def _colours(self) -> dict[int, str]:
        from ml.textiles.recipe import clean_colour

        return {
            int(match[1]): clean_colour(self.data[name]) for name in self.data if (match := INK_FIELD.fullmatch(name))
        }


class MixForm(forms.Form):
    """Two parents and how much of each. Without a second one, ``seed`` names it, or chance."""

    a = forms.CharField(max_length=8000, label=_("First fabric"))
    b = forms.CharField(max_length=8000, required=False, label=_("Second fabric"))
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False, label=_("Seed of the second fabric"))
    structure = forms.FloatField(min_value=0, max_value=1, required=False)
    style = forms.FloatField(min_value=0, max_value=1, required=False)
    do = forms.ChoiceField(choices=[("swap", "swap"), ("fresh", "fresh"), ("seed", "seed")], required=False)

    SETTLED: ClassVar = {"a", "b", "structure", "style"}
    START: ClassVar = {"structure": 0.5, "style": 0.5}

    def mix(self) -> Mix:
        """Raises RecipeError."""
        from ml.textiles.recipe import Mix, Recipe

        refuse_errors(self)
        given = self.cleaned_data
        weights = {name: start if given[name] is None else given[name] for name, start in self.START.items()}
        first = read_recipe(given["a"])
        if given["do"] == "swap" and given["b"]:
            return Mix(read_recipe(given["b"]), first, **weights)
        if given["b"] and not given["do"]:
            return Mix(first, read_recipe(given["b"]), **weights)
        seed = fresh_seed() if given["do"] == "fresh" or given["seed"] is None else given["seed"]
        return Mix(first, Recipe(seed, cells=first.cells), **weights)


class PrintForm(forms.Form):
    """A print file. The plan itself says which sizes fit."""

    width = forms.FloatField(min_value=0.1, max_value=1_000_000, label=_("Width of a repeat"))
    unit = forms.ChoiceField(choices=UNITS)
    dpi = forms.TypedChoiceField(choices=(("150", "150 DPI"), ("300", "300 DPI")), coerce=int, label=_("Resolution"))


class FileForm(forms.Form):
    """One file of somebody's: a picture, or a recipe."""

    file = forms.FileField(allow_empty_file=True, max_length=None)


class PictureForm(FileForm):
    category = forms.SlugField(max_length=40)


class ChangeForm(forms.Form):
    """A button on a saved fabric's page, or a collection's."""

    do = forms.CharField(max_length=20)
    name = forms.CharField(max_length=60, required=False)
    collection = forms.UUIDField(required=False)


def slider_name(direction: Direction) -> str:
    return f"d-{direction.name}"


def begun_again(recipe: Recipe, seed: int) -> Recipe:
    """From another seed. Edits and repeat stay; steps, parents and colours belonged to the fabric before."""
    from ml.textiles.recipe import Recipe

    return Recipe(seed, recipe.truncation, recipe.cells, latent=recipe.latent, edits=recipe.edits, repeat=recipe.repeat)


def read_work(version: GeneratorVersion, query: QueryDict) -> Work:
    """The table as the address describes it. Raises RecipeError."""
    return StateForm(query).work(version, asked_recipe(query))


def asked_recipe(query: QueryDict) -> Recipe:
    """The recipe that the address names, by a token or in words. Raises RecipeError."""
    return read_recipe(str(query["r"])) if query.get("r") else SeedForm(query).recipe()


def is_settled(query: QueryDict) -> bool:
    """Whether the address is a state, not a change of one."""
    return query.keys() <= STATE_NAMES | (set() if query.get("r") else PLAIN_NAMES)


def refuse_errors(form: forms.Form) -> None:
    """Raise RecipeError with the first thing that is wrong, named as the page names it."""
    if form.is_valid():
        return
    name, messages = next(iter(form.errors.items()))
    label: Any = form.fields[name].label or name if name in form.fields else name
    label = told(str(label))
    raise RecipeError(f"{label[:1].upper()}{label[1:]}: {messages[0]}")
