"""Questions about categories, versions and fabrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet

from patterns.models import Category, Collection, Direction, Fabric, GeneratorVersion
from patterns.ownership import Person, belonging_to

State = GeneratorVersion.State
Row = TypeVar("Row", bound=Model)


def one_by_one(rows: QuerySet[Row]) -> Iterator[Row]:
    """Each row, oldest first, when its turn comes: one no longer among them by then is left out, and no cursor stays open for minutes."""
    for key in list(rows.order_by("pk").values_list("pk", flat=True)):
        row = rows.filter(pk=key).first()
        if row is not None:
            yield row


def offered_categories() -> QuerySet[Category]:
    """Published categories that have a published generator, in their order."""
    published = GeneratorVersion.objects.filter(category=OuterRef("pk"), state=State.PUBLISHED)
    return Category.objects.filter(Exists(published), is_published=True)


def published_version(category_slug: str) -> GeneratorVersion:
    """The version that draws this category now. Raises GeneratorVersion.DoesNotExist."""
    return _drawable(category_slug).get(state=State.PUBLISHED)


def published_versions() -> dict[int, GeneratorVersion]:
    """The versions that draw now, by their category's primary key."""
    return {version.category_id: version for version in GeneratorVersion.objects.filter(state=State.PUBLISHED)}


def past_or_present_version(category_slug: str, version: str) -> GeneratorVersion:
    """A version by its name, drafts left out. Raises GeneratorVersion.DoesNotExist."""
    return _drawable(category_slug).exclude(state=State.DRAFT).get(version=version)


def _drawable(category_slug: str) -> QuerySet[GeneratorVersion]:
    return GeneratorVersion.objects.select_related("category").filter(
        category__slug=category_slug, category__is_published=True
    )


def shown_directions(version: GeneratorVersion) -> QuerySet[Direction]:
    """The sliders of a version that staff do not hide, in their order."""
    return version.directions.filter(is_shown=True)


def fabrics_of(person: Person) -> QuerySet[Fabric]:
    """Every fabric of this person's that has a row, the latest first."""
    return Fabric.objects.filter(belonging_to(person)).select_related("generator_version__category")


def saved_fabrics(person: Person) -> QuerySet[Fabric]:
    """Those on the person's shelf."""
    return fabrics_of(person).filter(is_saved=True)


def collections_of(person: Person) -> QuerySet[Collection]:
    return Collection.objects.filter(belonging_to(person))
