"""Deleting an account and every byte of it. What staff wrote down about their work stays, without the name."""

from __future__ import annotations

import logging
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q

from patterns.jobs.models import Job
from patterns.jobs.registry import handles
from patterns.jobs.services import enqueue
from patterns.jobs.work import Work
from patterns.ownership import owned_models
from tryon.models import Photo, Result, ShareLink

log = logging.getLogger(__name__)
NOBODY = "removed-account"  # in whose name the log of a removed account's work goes on
REMOVED = "of a removed account"
AT_ONCE = 200  # photos and results that are deleted while the person waits; more are left to a worker


def leave(user: User) -> bool:
    """Delete the account: now, or, when it holds very much, closed now and deleted by a worker. True when it is done."""
    if sum(model._default_manager.filter(owner=user).count() for model in (Photo, Result)) <= AT_ONCE:
        delete_account(user)
        return True
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    end_sessions(user.pk)
    enqueue("delete-account", str(user.pk), {"user": user.pk}, title="Deletion of an account")
    return False


@handles("delete-account")
def finish_leaving(work: Work) -> None:
    """Photo by photo, so that a worker that is killed leaves less to the next."""
    user = User.objects.filter(pk=work.payload["user"]).first()
    if user is None:
        return
    for model in (Result, Photo):
        keys = list(model._default_manager.filter(owner=user).values_list("pk", flat=True))
        for number, key in enumerate(keys, 1):
            model._default_manager.filter(pk=key).delete()
            work.report(f"{model._meta.verbose_name} {number} of {len(keys)}", number / len(keys))
        work.saved()
    delete_account(user)


def delete_account(user: User) -> None:
    """The rows in one transaction; their files, in every version, when it is done; sessions and failed sign-ins too."""
    key, names = user.pk, [name.lower() for name in (user.email, user.get_username()) if name]
    with transaction.atomic():
        _forget_in_log(user)
        if user.is_staff:  # what a curator had begun is the house's work
            Job.objects.filter(owner=user).update(owner=None)
        for model in sorted(owned_models(), key=lambda model: model is not Result):  # results hold on to their fabrics
            model._default_manager.filter(owner=user).delete()
        user.delete()
        for kind in (AccessAttempt, AccessFailureLog, AccessLog):
            kind.objects.filter(username__in=names).delete()
    end_sessions(key)
    log.info("an account was deleted")


def end_sessions(user_id: int) -> None:
    """Wherever this account is signed in, it is no more."""
    mine = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user_id)
    ]
    Session.objects.filter(session_key__in=mine).delete()


def _forget_in_log(user: User) -> None:
    """What they did stays, in nobody's name; what was done to things of theirs stays without saying to which."""
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    for model, rows in _goes_along(user):
        ids = [str(key) for key in rows.values_list("pk", flat=True)]
        about |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    LogEntry.objects.filter(about).update(object_id=None, object_repr=REMOVED, change_message="")
    written = LogEntry.objects.filter(user=user)
    if written.exists():
        nobody, is_new = User.objects.get_or_create(username=NOBODY, defaults={"is_active": False})
        if is_new:
            nobody.set_unusable_password()
            nobody.save(update_fields=["password"])
        written.update(user=nobody)


def _goes_along(user: User) -> list[tuple[type[models.Model], models.QuerySet[Any]]]:
    """Every kind of row that goes with the account, and which of them are this one's."""
    found: list[tuple[type[models.Model], models.QuerySet[Any]]] = [
        (ShareLink, ShareLink.objects.filter(result__owner=user))
    ]
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.CASCADE:
            model = relation.related_model
            if model is not LogEntry:
                found.append((model, model._default_manager.filter(**{relation.field.name: user})))
    return found
