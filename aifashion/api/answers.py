"""Rows as the API tells them."""

from __future__ import annotations

from aifashion.api import schemas
from patterns.references import FabricReference
from tryon.models import Photo, Result


def told_photo(photo: Photo) -> schemas.Photo:
    return schemas.Photo(
        id=str(photo.public_id),
        width=photo.width,
        height=photo.height,
        outcome=photo.outcome,  # type: ignore[arg-type]
        found=[schemas.Found(**garment) for garment in photo.found],
        people=photo.people,
        trouble=photo.get_trouble_display() if photo.trouble else "",
        created=photo.created,
    )


def told_result(result: Result) -> schemas.Result:
    return schemas.Result(
        id=str(result.public_id),
        photo=str(result.photo.public_id) if result.photo else None,
        garment=result.stock.slug if result.stock else None,
        garments=result.garments,
        fabric=str(FabricReference.of(result.fabric)),
        placement=result.placement,
        px_per_cm=result.px_per_cm,
        width=result.width,
        height=result.height,
        created=result.created,
    )
