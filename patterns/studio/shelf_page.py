"""Saved fabrics in a list, and one of them with its family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from patterns import queries
from patterns.models import Fabric
from patterns.ownership import Person
from patterns.studio import keeping
from patterns.studio.addresses import recipe_query, write_recipe
from patterns.studio.pages import (
    fabric_card,
    preview_address,
    print_address,
    try_on_address,
    work_of,
)

if TYPE_CHECKING:
    pass

MOST_CHILDREN = 24


def shelf_page(person: Person, fabrics: Sequence[Fabric]) -> dict[str, Any]:
    return {
        "cards": [fabric_card(fabric) for fabric in fabrics],
        "collections": queries.collections_of(person).annotate(count=Count("fabrics")),
    }


def fabric_page(person: Person, fabric: Fabric) -> dict[str, Any]:
    work = work_of(fabric)
    collections = queries.collections_of(person)
    within = set(fabric.collections.values_list("pk", flat=True))
    return {
        **fabric_card(fabric),
        "version": fabric.generator_version,
        "category": fabric.generator_version.category,
        "sheet": preview_address(work),
        "print_address": print_address(work),
        "try_on": try_on_address(work),
        "mix_address": f"{work.place('studio-mix')}?{urlencode({'a': write_recipe(work.recipe)})}",
        "recipe_address": f"{reverse('studio-print-file', args=[*work.keys, 'recipe'])}?{urlencode(recipe_query(work.recipe))}",
        "collections": [(each, each.pk in within) for each in collections],
        "family": family_tree(fabric),
        "children": [fabric_card(each) for each in _children(fabric)],
    }


def family_tree(fabric: Fabric) -> list[dict[str, Any]]:
    """Parents, each with its own: nested cards. Who comes twice has parents the first time only."""
    parents = keeping.ancestors(fabric)

    def above(child: Fabric) -> list[dict[str, Any]]:
        return [fabric_card(parent) | {"parents": above(parent)} for parent in parents.pop(child.pk, [])]

    return above(fabric)


def _children(fabric: Fabric) -> QuerySet[Fabric]:
    return Fabric.objects.filter(parents=fabric).select_related("generator_version__category")[:MOST_CHILDREN]
