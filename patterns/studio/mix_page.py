"""Two parents beside their child, and the way from one to the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from patterns import queries
from patterns.models import GeneratorVersion
from patterns.ownership import Person
from patterns.studio.addresses import Work, keys_of, write_recipe
from patterns.studio.pages import (
    SMALL_PICTURE,
    Picture,
    Slider,
    fabric_name,
    preview_address,
    print_address,
    try_on_address,
    work_of,
)

if TYPE_CHECKING:
    from ml.textiles.recipe import Mix, Recipe

STRIP_STEPS, MOST_PARENTS = 7, 12


def mix_address(version: GeneratorVersion, mix: Mix) -> str:
    return f"{reverse('studio-mix', args=keys_of(version))}?{urlencode(mix_query(mix))}"


def mix_query(mix: Mix) -> list[tuple[str, str]]:
    parents = [("a", write_recipe(mix.first)), ("b", write_recipe(mix.second))]
    return [*parents, ("structure", f"{mix.structure:g}"), ("style", f"{mix.style:g}")]


def child_of(mix: Mix) -> Recipe:
    from ml.textiles.recipe import mixed

    return mixed(mix.first, mix.second, mix.structure, mix.style)


def mix_page(version: GeneratorVersion, mix: Mix, person: Person) -> dict[str, Any]:
    from ml.textiles.morph import morph_recipes

    child, parents = Work(version, child_of(mix)), [Work(version, each) for each in (mix.first, mix.second)]
    query = mix_query(mix)
    saved = queries.saved_fabrics(person).filter(generator_version=version)[:MOST_PARENTS]
    return {
        "category": version.category,
        "child": child,
        "child_token": write_recipe(child.recipe),
        "parents": [Picture(each.address, each.picture("studio-preview"), fabric_name(each)) for each in parents],
        "hidden": query[:2],
        "sliders": [
            Slider("structure", _("Structure"), f"{mix.structure:g}", "0", "1", "0.01", _("layout and motifs")),
            Slider("style", _("Style"), f"{mix.style:g}", "0", "1", "0.01", _("colours and line")),
        ],
        "preview": preview_address(child),
        "action": reverse("studio-mix", args=keys_of(version)),
        "live_address": reverse("studio-mix-preview", args=keys_of(version)),
        "strip": [
            Picture(
                each.address,
                each.picture("studio-shown", size=SMALL_PICTURE),
                _("Step %(step)s of %(steps)s") % {"step": place + 1, "steps": STRIP_STEPS},
            )
            for place, each in enumerate(
                Work(version, recipe) for recipe in morph_recipes(mix.first, mix.second, STRIP_STEPS)
            )
        ],
        "loop": f"{reverse('studio-mix-loop', args=keys_of(version))}?{urlencode(query[:2])}",
        "others": [
            Picture(
                mix_address(version, replace(mix, second=each.as_recipe())),
                work_of(each).picture("studio-shown", size=96),
                each.name or fabric_name(work_of(each)),
            )
            for each in saved
        ],
        "print_address": print_address(child),
        "try_on": try_on_address(child),
        "save_address": child.place("studio-save"),
    }
