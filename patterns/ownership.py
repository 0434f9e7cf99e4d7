"""Whose things are whose: an account, or a browser session that has none yet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

SESSION_KEY = "visitor"


@dataclass(frozen=True)
class Person:
    """Who asks, as plain values: the account's id, if signed in, and the visitor id of the browser, if it has one."""

    user_id: int | None = None
    visitor: uuid.UUID | None = None


def person_of(request: HttpRequest) -> Person:
    """The person behind a request; reads only, so that looking around leaves nothing in the session."""
    return Person(request.user.pk, visitor_of(request))


def new_person_of(request: HttpRequest) -> Person:
    """The same, for someone about to make something: a browser without a visitor id is given one.

    The id stays through signing in; what was made under it moves to the account (:mod:`patterns.moving`).
    """
    if request.user.is_anonymous and visitor_of(request) is None:
        request.session[SESSION_KEY] = str(uuid.uuid4())
    return person_of(request)


def visitor_of(request: HttpRequest) -> uuid.UUID | None:
    """The visitor id of the browser behind a request, if it has one."""
    try:
        return uuid.UUID(request.session.get(SESSION_KEY, ""))
    except (ValueError, AttributeError, TypeError):
        return None


def belonging_to(person: Person) -> models.Q:
    """Narrows rows to this person's: their account's, and what this browser made without an account."""
    mine = models.Q(pk__in=[])
    if person.user_id is not None:
        mine |= models.Q(owner_id=person.user_id)
    if person.visitor is not None:
        mine |= models.Q(owner__isnull=True, visitor=person.visitor)
    return mine


class Owned(models.Model):
    """A thing a person made. It has an owner, or a visitor, never neither."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    visitor = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True, db_index=True)

    class Meta:
        abstract = True
        constraints = [  # noqa: RUF012  (Django's own shape)
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False) | models.Q(visitor__isnull=False),
                name="%(app_label)s_%(class)s_has_a_maker",
            )
        ]


def owned_models() -> list[type[Owned]]:
    """Every kind of thing that people make, whichever app it is in."""
    return [model for model in apps.get_models() if issubclass(model, Owned)]


def made_by(person: Person) -> dict[str, Any]:
    """The fields that make a new row this person's. Raises ValueError for nobody."""
    if person.user_id is None and person.visitor is None:
        raise ValueError("A thing must be made by somebody.")
    return {"owner_id": person.user_id, "visitor": None if person.user_id else person.visitor}
