"""Questions about clothes, photos and results."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from patterns.ownership import Person, belonging_to
from tryon.models import Photo, Result, StockGarment


def stock_garments() -> QuerySet[StockGarment]:
    return StockGarment.objects.filter(is_published=True)


def wardrobe() -> QuerySet[StockGarment]:
    """Each garment once; its other pictures wait in ``views``."""
    return stock_garments().filter(view_of=None).prefetch_related(Prefetch("views", stock_garments()))


def photos_of(person: Person) -> QuerySet[Photo]:
    return Photo.objects.filter(belonging_to(person))


def photos_to_list(person: Person) -> QuerySet[Photo]:
    """The latest few, without their outlines."""
    return photos_of(person).defer("found", "as_found")[:12]


def results_of(person: Person) -> QuerySet[Result]:
    """Newest first, with all that a list or a page says about them."""
    related = Result.objects.filter(belonging_to(person)).select_related(
        "photo", "stock", "fabric__generator_version__category"
    )
    return related.defer("photo__found", "photo__as_found", "stock__found")
