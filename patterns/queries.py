"""Questions about categories, versions and fabrics."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from patterns.models import Category, GeneratorVersion

State = GeneratorVersion.State


def offered_categories() -> QuerySet[Category]:
    """Published categories that have a published generator, in their order."""
    published = GeneratorVersion.objects.filter(category=OuterRef("pk"), state=State.PUBLISHED)
    return Category.objects.filter(Exists(published), is_published=True)


def published_version(category_slug: str) -> GeneratorVersion:
    """The version that draws this category now. Raises GeneratorVersion.DoesNotExist."""
    return _drawable(category_slug).get(state=State.PUBLISHED)


def past_or_present_version(category_slug: str, version: str) -> GeneratorVersion:
    """A version by its name, drafts left out. Raises GeneratorVersion.DoesNotExist."""
    return _drawable(category_slug).exclude(state=State.DRAFT).get(version=version)


def _drawable(category_slug: str) -> QuerySet[GeneratorVersion]:
    return GeneratorVersion.objects.select_related("category").filter(
        category__slug=category_slug, category__is_published=True
    )
