"""Questions about long work."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patterns.jobs.engine import waiting
from patterns.jobs.models import Job, WorkerPulse
from patterns.jobs.registry import kind_of
from patterns.ownership import Person, belonging_to

SEEN_LATELY = timedelta(minutes=2)


def job_for(public_id: UUID, person: Person, is_staff: bool) -> Job:
    """A job that this person may see: their own; staff see all. Raises Job.DoesNotExist."""
    mine = Q() if is_staff else belonging_to(person)
    return Job.objects.filter(mine).get(public_id=public_id)


def place_in_queue(job: Job) -> int:
    """1 for the job that is taken next; 0 for one that does not wait."""
    if job.state != Job.State.QUEUED:
        return 0
    ahead = Q(yields__lt=job.yields) | Q(yields=job.yields, turn__lt=job.turn)
    ahead |= Q(yields=job.yields, turn=job.turn, pk__lt=job.pk)
    return waiting().filter(ahead).count() + 1


def live_workers() -> QuerySet[WorkerPulse]:
    return WorkerPulse.objects.filter(seen__gte=timezone.now() - SEEN_LATELY)


def why_nobody_comes(job: Job) -> str:
    """A sentence when no worker that is alive could take this job; empty when one could."""
    if job.state != Job.State.QUEUED:
        return ""
    workers = live_workers()
    if not workers.exists():
        return _(
            "No worker is running. “make run” starts one beside the site; on a server, start “manage.py work_jobs”."
        )
    if _trains(job) and not workers.filter(can_train=True).exists():
        return str(NO_TORCH)
    return ""


NO_TORCH = gettext_lazy(
    "Training needs the packages in requirements.txt, and the worker that is running does not have them: "
    "run “make setup”, then start the worker again. Until then this waits, and nothing is lost."
)


def _trains(job: Job) -> bool:
    try:
        return kind_of(job.kind).trains
    except LookupError:
        return False
