"""A job's page: it can be closed and opened again, works without script, and follows along where there is some."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from patterns.jobs import queries, services
from patterns.jobs.models import Job
from patterns.ownership import person_of

ORDINALS = {
    1: gettext_lazy("next in the queue"),
    2: gettext_lazy("second in the queue"),
    3: gettext_lazy("third in the queue"),
}


@require_safe
@never_cache
def job_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = _job_or_404(request, public_id)
    panel = {"job": job, "state": job.State, **tell(job), "nobody": queries.why_nobody_comes(job)}
    panel["is_news"] = request.GET.get("said", "") != panel["mark"]
    template = "panel" if request.headers.get("HX-Request") else "job"
    return render(request, f"patterns/jobs/{template}.html", panel)


@require_POST
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = _job_or_404(request, public_id)
    services.cancel(job)
    if request.user.is_staff:  # theirs or not: what staff do is written down
        LogEntry.objects.log_actions(int(request.user.pk), [job], CHANGE, "Cancelled on its page.", single_object=True)
    return redirect(job)


def _job_or_404(request: HttpRequest, public_id: UUID) -> Job:
    try:
        return queries.job_for(public_id, person_of(request), request.user.is_staff)
    except Job.DoesNotExist:
        raise Http404 from None


def tell(job: Job) -> dict[str, Any]:
    """How a job stands, in words and numbers for a page."""
    percent = None if job.progress is None else round(100 * job.progress)
    place = queries.place_in_queue(job)
    left = time_left(job)
    said = _said(job, place, percent)
    mark = hashlib.sha256(said.encode()).hexdigest()[:8]
    return {"percent": percent, "place": place_in_words(place), "left": left, "said": said, "mark": mark}


def _said(job: Job, place: int, percent: int | None) -> str:
    """What a screen reader is told: rarely enough to be listened to."""
    if job.state == job.State.QUEUED:
        return _("Waiting, %(place)s.") % {"place": place_in_words(place)}
    if job.state == job.State.RUNNING and percent is not None:
        return _("Under way, %(percent)s percent.") % {"percent": percent - percent % 25}
    return f"{job.get_state_display()}."


def place_in_words(place: int) -> str:
    if not place:
        return ""
    return str(ORDINALS[place]) if place in ORDINALS else _("number %(place)s in the queue") % {"place": place}


def time_left(job: Job) -> str:
    """A rough, friendly figure; empty when nobody can say."""
    if job.state != job.State.RUNNING:
        return ""
    seconds = job.seconds_left
    if seconds is None and job.progress and job.started:
        seconds = (timezone.now() - job.started).total_seconds() * (1 - job.progress) / job.progress
    return "" if seconds is None else span_in_words(seconds)


def span_in_words(seconds: float) -> str:
    """ "about 3 minutes": as exact as an estimate deserves."""
    if seconds < 50:
        return _("less than a minute")
    minutes = max(1, round(seconds / 60))
    if minutes < 100:
        return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("about %(count)s hour", "about %(count)s hours", hours) % {"count": hours}
    days = round(hours / 24)
    return ngettext("about %(count)s day", "about %(count)s days", days) % {"count": days}
