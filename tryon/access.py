"""May this person see it? What is somebody else's is not found, exactly like what never was."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from patterns.ownership import Person
from tryon import queries, services
from tryon.models import Photo, Result, StockGarment


def photo_or_404(person: Person, public_id: UUID) -> Photo:
    return get_object_or_404(queries.photos_of(person), public_id=public_id)


def photo_in_use(person: Person, public_id: UUID) -> Photo:
    """The same for what dresses, mends or looks at it: from then on it stays another day. Its picture in a list is no use."""
    photo = photo_or_404(person, public_id)
    services.touch(photo)
    return photo


def result_or_404(person: Person, public_id: UUID) -> Result:
    return get_object_or_404(queries.results_of(person), public_id=public_id)


def stock_or_404(slug: str) -> StockGarment:
    return get_object_or_404(queries.stock_garments(), slug=slug)
