"""Taking a delivery in as long work."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from patterns.jobs.models import Job
from patterns.jobs.registry import handles
from patterns.jobs.services import enqueue
from patterns.jobs.work import JobFailed, Work
from patterns.ownership import Person
from patterns.swatches.models import Delivery
from patterns.swatches.services import run_delivery
from patterns.uploads import UploadError

KIND = "import-swatches"


@handles(KIND)
def import_swatches(work: Work) -> dict[str, Any]:
    delivery = Delivery.objects.filter(pk=work.payload["delivery"]).first()
    if delivery is None:
        raise JobFailed("This delivery was deleted.")

    def report(done: int, total: int) -> None:
        if done:
            work.saved()
        work.report(f"Picture {done:,} of {total:,}", done / total if total else None)

    try:
        return dict(run_delivery(delivery, report))
    except UploadError as error:
        raise JobFailed(str(error)) from None


def ask_to_take_in(delivery: Delivery, by: Person) -> Job:
    """The job that takes this delivery in; asked twice, it is the same one."""
    return enqueue(
        KIND,
        key_of(delivery),
        {"delivery": delivery.pk},
        by,
        title=_title_of(delivery)[:120],
        back=reverse("admin:swatches_delivery_change", args=[delivery.pk]),
    )


def _title_of(delivery: Delivery) -> str:
    """In English, as all that is kept; the job's page translates it."""
    name = delivery.name or delivery.kind
    return f"Swatches for {delivery.category.name}: {name}" if delivery.category else f"Swatches: {name}"


def job_of(delivery: Delivery) -> Job | None:
    """The latest job for it, however it ended."""
    return Job.objects.filter(kind=KIND, key=key_of(delivery)).first()


def key_of(delivery: Delivery) -> str:
    return f"{delivery.pk}.{delivery.times_asked}"
