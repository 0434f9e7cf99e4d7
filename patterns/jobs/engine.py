"""Claiming a job, doing it, and settling what became of it. Every change is one conditional UPDATE, so two workers cannot both win."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from ml.errors import MlError
from patterns.away import bucket_is_away, database_is_away, disk_is_full
from patterns.jobs.models import Job, WorkerPulse
from patterns.jobs.registry import after_of, all_kinds, kind_of, kinds_without_training
from patterns.jobs.work import Cancelled, HandedBack, JobFailed, LeaseLost, Work, held, lease_end, stopping
from patterns.tracing import job_id

log = logging.getLogger(__name__)
State = Job.State
MOST_ATTEMPTS = 3
TOLD_AGAIN = timedelta(minutes=10)  # a message may have been lost
GAVE_UP = (
    "This was begun three times and never came to an end: the worker was stopped or ran out of memory each time. "
    "Ask whoever runs the machine to look at the worker's log, then start it again."
)
WENT_WRONG = "Something went wrong that nobody foresaw, three times. The worker's log says what; then start it again."
BREATH = 5.0  # seconds
AWAY = "Waiting for our storage to answer again. Nothing is lost."
DISK_FULL = "The disk is full. Make room on it, then start this again; what was kept before is safe."


def this_worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def can_train() -> bool:
    return find_spec("torch") is not None


def waiting() -> QuerySet[Job]:
    """Jobs that wait, in the order in which they are taken."""
    return Job.objects.filter(state=State.QUEUED).order_by("yields", "turn", "pk")


def work_once() -> bool:
    """Do the next job that waits. False when there was none for this worker."""
    job = claim_next(this_worker())
    if job is None:
        return False
    do(job)
    return True


def claim_next(worker: str) -> Job | None:
    kinds = all_kinds() if can_train() else kinds_without_training()
    while True:
        job = waiting().filter(kind__in=kinds).first()
        if job is None:
            return None
        if claim(job, worker):
            job.refresh_from_db()
            return job


def claim(job: Job, worker: str) -> bool:
    """Take a waiting job; False when somebody else was quicker."""
    fields = {"state": State.RUNNING, "worker": worker, "lease": uuid4(), "lease_until": lease_end()}
    begun = {"attempts": F("attempts") + 1, "started": Coalesce("started", timezone.now())}
    return bool(Job.objects.filter(pk=job.pk, state=State.QUEUED).update(**fields, **begun))


def do(job: Job) -> None:
    """Run the handler of a claimed job and settle it, whatever happens."""
    work = Work(job)
    job_id.set(str(job.pk))
    try:
        with beating_heart(work):
            result = kind_of(job.kind).handler(work)
    except LeaseLost:
        log.warning("job %s went to another worker", job.pk)
    except Cancelled:
        settle(work.job, State.CANCELLED)
    except HandedBack:
        give_back(work.job, attempts=F("attempts") - 1)
    except (MlError, JobFailed) as error:
        settle(work.job, State.FAILED, reason=str(error)[:500])
    except Exception as error:
        log.exception("job %s (%s), attempt %s", job.pk, job.kind, job.attempts)
        if disk_is_full(error):
            settle(work.job, State.FAILED, reason=DISK_FULL)
        elif bucket_is_away(error) or database_is_away(error):
            _wait_for_what_is_away(work.job)
        else:
            _try_again(work.job, WENT_WRONG)
    else:
        settle(work.job, State.FINISHED, result=result or {}, progress=1.0)
    finally:
        job_id.set("-")


def settle(job: Job, state: Job.State, **fields: Any) -> bool:
    """The end of a job: its row, and what its kind does then, in one transaction. False when this claim no longer holds it."""
    with transaction.atomic():
        row = Job.objects.filter(pk=job.pk, state=State.QUEUED) if job.lease is None else held(job.pk, job.lease)
        if not row.update(
            state=state, finished=timezone.now(), lease=None, lease_until=None, seconds_left=None, **fields
        ):
            return False
        after = after_of(job.kind)
        if after is not None:
            job.refresh_from_db()
            after(job)
    return True


def give_back(job: Job, **fields: Any) -> None:
    """Back into the queue, with the place it had."""
    from patterns.jobs.services import wake_a_worker

    if job.lease and held(job.pk, job.lease).update(state=State.QUEUED, lease=None, lease_until=None, **fields):
        wake_a_worker(job)


def _wait_for_what_is_away(job: Job) -> None:
    """Nobody's fault: the job waits for its turn again with all its attempts, and this worker takes a breath first."""
    stopping.wait(BREATH)
    give_back(job, attempts=F("attempts") - 1, stage=AWAY)


def _try_again(job: Job, reason: str) -> None:
    job.attempts = Job.objects.values_list("attempts", flat=True).get(pk=job.pk)
    if job.attempts >= MOST_ATTEMPTS:
        settle(job, State.FAILED, reason=reason)
    else:
        give_back(job)


def sweep() -> int:
    """Return jobs whose worker is gone to the queue, and send again what may have been lost. Returns how many were returned."""
    from patterns.jobs.services import wake_a_worker

    now = timezone.now()
    returned = 0
    # One that ends later than any worker could have asked for was given by a clock that was wrong.
    never = now + 2 * timedelta(seconds=settings.JOB_LEASE_SECONDS)
    left = Job.objects.filter(Q(lease_until__lt=now) | Q(lease_until__gt=never), state=State.RUNNING)
    for job in left:
        returned += 1
        log.warning("job %s (%s) was left by %s", job.pk, job.kind, job.worker)
        if job.stop_wanted:
            settle(job, State.CANCELLED)
        else:
            _try_again(job, GAVE_UP)
    for job in waiting().filter(sent__lt=now - TOLD_AGAIN) | waiting().filter(
        sent=None, created__lt=now - timedelta(seconds=5)
    ):
        wake_a_worker(job)
    return returned


@contextmanager
def beating_heart(work: Work) -> Iterator[None]:
    """While the block runs, a thread keeps renewing the lease."""
    done = threading.Event()

    def beat() -> None:
        try:
            while not done.wait(settings.JOB_LEASE_SECONDS / 4):
                try:
                    if not work.renew():
                        return
                except DatabaseError as error:  # busy for a moment; the next beat may get through
                    log.warning("the lease of job %s was not renewed: %s", work.job.pk, error)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"lease-{work.job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def show_pulse(worker: str) -> None:
    """Say that this worker is alive, and forget those not seen for a day."""
    now = timezone.now()
    WorkerPulse.objects.update_or_create(name=worker, defaults={"seen": now, "can_train": can_train()})
    WorkerPulse.objects.filter(seen__lt=now - timedelta(days=1)).delete()
