"""Saved fabrics: whose family they are of, what they are called, in which collections they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import ProtectedError

from patterns.models import Collection, Fabric, GeneratorVersion, Parentage
from patterns.ownership import Person, belonging_to, made_by
from patterns.services import keep_fabric, known_fabric

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe


@transaction.atomic
def save_fabric(
    person: Person, version: GeneratorVersion, recipe: Recipe, source: Fabric | None = None, name: str = ""
) -> Fabric:
    """The person's own row of it, with its family. ``source``: the saved fabric of theirs that the work began with."""
    fabric = keep_with_family(person, version, recipe, source)
    fabric.is_saved, fabric.name = True, name or fabric.name
    fabric.save(update_fields=["is_saved", "name"])
    return fabric


def keep_with_family(person: Person, version: GeneratorVersion, recipe: Recipe, source: Fabric | None = None) -> Fabric:
    """A row for the recipe and one for each parent, up to the first seeds. Known rows keep the family they have."""
    known = known_fabric(person, version, recipe)
    if known:
        return known
    fabric = keep_fabric(person, version, recipe)
    origin, parents = family_of(recipe, source.as_recipe() if source else None)
    rows = [
        source if source and parent == source.as_recipe() else keep_with_family(person, version, parent)
        for parent in parents
    ]
    fabric.origin = origin
    fabric.save(update_fields=["origin"])
    Parentage.objects.bulk_create(
        Parentage(child=fabric, parent=parent, place=place) for place, parent in enumerate(rows)
    )
    return fabric


def family_of(recipe: Recipe, source: Recipe | None) -> tuple[str, list[Recipe]]:
    """Where a recipe comes from, and its parents: the fabric one worked on, else what the recipe itself tells."""
    from ml.textiles.recipe import Recipe

    Origin = Fabric.Origin
    parents = [recipe.mix.first, recipe.mix.second] if recipe.mix else []
    if source is not None and source != recipe and source not in parents:
        return (Origin.NEAR if len(recipe.near) > len(source.near) else Origin.EDIT), [source]
    if recipe.near:
        return Origin.NEAR, [replace(recipe, near=())]  # the steps between were looked at, not kept
    if parents:
        return Origin.MIX, parents
    if recipe.latent:
        return Origin.PICTURE, []
    if recipe.is_plain:
        return Origin.SEED, []
    return Origin.EDIT, [Recipe(recipe.seed, recipe.truncation, recipe.cells)]


def forget_fabric(fabric: Fabric) -> None:
    """Off the person's shelf. The row stays while a result or a relative needs it."""
    fabric.collections.clear()
    fabric.is_saved = fabric.is_favourite = False
    fabric.name = ""
    fabric.save(update_fields=["is_saved", "is_favourite", "name"])
    if fabric.childhoods.exists():
        return
    try:
        with transaction.atomic():
            fabric.delete()
    except ProtectedError:
        return


def set_favourite(fabric: Fabric, is_favourite: bool) -> None:
    """A favourite is on the shelf."""
    fabric.is_favourite, fabric.is_saved = is_favourite, True
    fabric.save(update_fields=["is_favourite", "is_saved"])


def name_fabric(fabric: Fabric, name: str) -> None:
    fabric.name = name
    fabric.save(update_fields=["name"])


def put_into(collection: Collection, fabric: Fabric, is_in: bool) -> None:
    """Into a collection or out of it; what is in one is on the shelf too."""
    if not is_in:
        collection.fabrics.remove(fabric)
        return
    collection.fabrics.add(fabric)
    fabric.is_saved = True
    fabric.save(update_fields=["is_saved"])


def make_collection(person: Person, name: str) -> Collection:
    """The person's collection of this name; the same name is the same collection."""
    known = Collection.objects.filter(belonging_to(person), name=name).first()
    return known or Collection.objects.create(name=name, **made_by(person))


def ancestors(fabric: Fabric, generations: int = 9) -> dict[int, list[Fabric]]:
    """Parents by the child's primary key, generation by generation: one query each."""
    found: dict[int, list[Fabric]] = {}
    children: Sequence[int] = [fabric.pk]
    while children and generations:
        links = Parentage.objects.filter(child__in=children).select_related("parent__generator_version__category")
        for link in links:
            found.setdefault(link.child_id, []).append(link.parent)
        children = [link.parent_id for link in links if link.parent_id not in found]
        generations -= 1
    return found
