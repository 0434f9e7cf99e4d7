"""Asking for long work, and taking it back.

To give work of your own to the workers:

1. write a function that does it, in a module that your ``AppConfig.ready`` imports::

        @handles("import-swatches")  # patterns.jobs.registry
        def import_swatches(work: Work) -> dict[str, Any]:
            batch = Batch.objects.get(pk=work.payload["batch"])
            for number, picture in enumerate(pictures, 1):
                work.report(f"Picture {number} of {len(pictures)}", number / len(pictures))  # may raise Stopped: let it pass
                keep(picture)  # something that, done twice, does no harm
                work.saved()  # from here on it has three attempts again
            return {"kept": 12}  # what the job's page and you find in job.result

2. ask for it, inside or outside a transaction: ``job = enqueue("import-swatches", key, {"batch": 7}, person_of(request))``
   and show the way to ``job.get_absolute_url()``, the page where people watch it.

A worker may be killed at any moment; the job is then given to another one, at most three times. So a handler looks for what was done
before and goes on from there. It raises ``MlError`` or ``JobFailed`` with a sentence for people where trying again is no use; any
other exception counts as an attempt.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from patterns.jobs.models import Job
from patterns.jobs.registry import kind_of
from patterns.ownership import Person

log = logging.getLogger(__name__)
State = Job.State
HOUSE = Person()  # commands and the house itself


def enqueue(
    kind: str, key: str, payload: Mapping[str, Any], by: Person = HOUSE, *, title: str = "", back: str = ""
) -> Job:
    """The job that does this work: a new one, or the one that waits, runs or has finished under this kind and key already.

    ``key`` tells one request from another, so that a doubled click makes one job; a failed or cancelled job makes way for a new one.
    ``title`` is what people read, ``back`` the address of what it is about. Raises LookupError on a kind nobody handles.
    """
    yields = kind_of(kind).yields
    known = Job.objects.filter(kind=kind, key=key, state__in=(State.QUEUED, State.RUNNING, State.FINISHED))
    if job := known.first():
        return job
    maker = {"owner_id": by.user_id, "visitor": None if by.user_id else by.visitor}
    fields = {"kind": kind, "key": key, "payload": dict(payload), "title": title, "back": back, "yields": yields}
    try:
        with transaction.atomic():
            job = Job.objects.create(**fields, **maker)
    except IntegrityError:  # the same request, a moment ago
        return known.get()
    transaction.on_commit(lambda: wake_a_worker(job))
    return job


def wake_a_worker(job: Job) -> None:
    """Send one message. If it is lost, or the broker is away for a moment, the sweeper sends another."""
    from patterns.jobs.tasks import work

    try:
        work.enqueue()
    except broker_errors() as error:
        log.warning("no worker could be told of job %s: %s", job.pk, error)
    else:
        Job.objects.filter(pk=job.pk).update(sent=timezone.now())


def broker_errors() -> tuple[type[Exception], ...]:
    """What Celery raises when its broker does not answer."""
    if not settings.JOB_BROKER_URL:
        return (ConnectionError,)
    from kombu.exceptions import OperationalError

    return (ConnectionError, OperationalError)


def cancel(job: Job) -> None:
    """A waiting job is cancelled at once, a running one at its next step; one that is over stays as it is."""
    from patterns.jobs.engine import settle

    job.refresh_from_db()
    if job.state == State.RUNNING or not settle(job, State.CANCELLED, stop_wanted=True):
        Job.objects.filter(pk=job.pk, state=State.RUNNING).update(stop_wanted=True)
