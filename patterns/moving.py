"""What a browser made without an account becomes the account's."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models, transaction

from patterns.models import Collection, Fabric, Parentage
from patterns.ownership import Person, belonging_to, owned_models


@transaction.atomic
def move_work(visitor: UUID, user_id: int) -> int:
    """Give the account all that this visitor made, of every kind; returns how many things. All of it moves, or nothing.

    A fabric that the account has already is kept once, and collections of one name become one. Doing it twice does no harm.
    """
    get_user_model()._default_manager.select_for_update().get(pk=user_id)  # two browsers signing in follow one another
    left = belonging_to(Person(visitor=visitor))
    moved = _merge_fabrics(left, user_id) + _merge_collections(left, user_id)
    return moved + sum(
        model._default_manager.filter(left).update(owner=user_id, visitor=None) for model in owned_models()
    )


def _merge_fabrics(left: models.Q, user_id: int) -> int:
    merged = 0
    for fabric in Fabric.objects.filter(left):
        known = Fabric.objects.filter(
            owner=user_id, generator_version=fabric.generator_version_id, recipe=fabric.recipe
        ).first()
        if known is not None:
            _merge_fabric(fabric, known)
            merged += 1
    return merged


def _merge_fabric(fabric: Fabric, known: Fabric) -> None:
    """Whatever pointed at the one points at the other; the family the account knew stays as it is."""
    known.is_saved |= fabric.is_saved
    known.is_favourite |= fabric.is_favourite
    known.name = known.name or fabric.name
    known.save(update_fields=["is_saved", "is_favourite", "name"])
    for collection in fabric.collections.all():
        collection.fabrics.add(known)
    for relation in Fabric._meta.related_objects:
        if relation.one_to_many and relation.related_model is not Parentage:
            relation.related_model._default_manager.filter(**{relation.field.name: fabric}).update(
                **{relation.field.name: known}
            )
    Parentage.objects.filter(parent=fabric).exclude(child=known).update(parent=known)
    fabric.delete()


def _merge_collections(left: models.Q, user_id: int) -> int:
    merged = 0
    for collection in Collection.objects.filter(left):
        known = Collection.objects.filter(owner=user_id, name=collection.name).first()
        if known is not None:
            known.fabrics.add(*collection.fabrics.all())
            collection.delete()
            merged += 1
    return merged
