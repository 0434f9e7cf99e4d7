"""Questions about clothes, photos and results."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from patterns.ownership import Person, belonging_to
from tryon.models import PHOTO_HOURS, Photo, Result, StockGarment


def stock_garments() -> QuerySet[StockGarment]:
    return StockGarment.objects.filter(is_published=True)


def wardrobe() -> QuerySet[StockGarment]:
    """Each garment once; its other pictures wait in ``views``."""
    return stock_garments().filter(view_of=None).prefetch_related(Prefetch("views", stock_garments()))


def photos_of(person: Person) -> QuerySet[Photo]:
    return Photo.objects.filter(belonging_to(person)).filter(alive())


def alive(prefix: str = "") -> Q:
    """Narrows rows to those whose photo is still there for its owner; ``prefix`` leads to the photo, as in ``"photo__"``.

    What is over is not found from that minute on, whether or not the round that deletes it has come by.
    """
    within = timezone.now() - timedelta(hours=PHOTO_HOURS)
    return Q(**{f"{prefix}is_kept": True}) | Q(**{f"{prefix}last_used_at__gt": within})


def made_of_alive(prefix: str = "") -> Q:
    """The same of results: theirs is no photo, or one that is still there; ``prefix`` leads to the result."""
    return Q(**{f"{prefix}photo": None}) | alive(f"{prefix}photo__")


def photos_over() -> QuerySet[Photo]:
    """Photos whose time has come. A visitor's are over, too, once no browser can hold the way to them any more."""
    unreachable = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return Photo.objects.filter(~alive() | Q(owner=None, last_used_at__lt=unreachable))


def photos_to_list(person: Person) -> QuerySet[Photo]:
    """Newest first, without their outlines."""
    return photos_of(person).defer("found", "as_found")


def results_of(person: Person) -> QuerySet[Result]:
    """Newest first, with all that a list or a page says about them."""
    mine = Result.objects.filter(belonging_to(person)).filter(made_of_alive())
    related = mine.select_related("photo", "stock", "fabric__generator_version__category")
    return related.defer("photo__found", "photo__as_found", "stock__found")
