"""Beginning, pausing, going on and ending training runs. Each is one conditional UPDATE, so that doubled clicks do one thing."""

from __future__ import annotations

import shutil
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patterns.jobs import services as jobs
from patterns.jobs.models import Job
from patterns.models import Category
from patterns.ownership import Person
from patterns.training.models import TrainingRun
from patterns.training.pictures import FEWEST, count_pictures

State = TrainingRun.State
KIND = "training"


class Refused(Exception):
    """What was asked for cannot be done now. The message is a sentence for people."""


def start_run(category: Category, by: int | None, **choices: Any) -> TrainingRun:
    """A new run of a category, on its way to a worker. Raises Refused."""
    count = count_pictures(category)
    if count < FEWEST:
        raise Refused(_too_few(category, count))
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(category=category, category_name=category.name, by_id=by, **choices)
            _send(run)
    except IntegrityError:
        raise Refused(_busy(category.name)) from None
    return run


def pause(run: TrainingRun) -> None:
    """Stop after the step that is being trained; everything is kept. Raises Refused."""
    _stop(run, "paused")


def cancel(run: TrainingRun) -> None:
    """Stop for good. A paused or failed run is simply closed. Raises Refused."""
    if TrainingRun.objects.filter(pk=run.pk, state__in=(State.PAUSED, State.FAILED)).update(state=State.CANCELLED):
        return
    _stop(run, "")


def resume(run: TrainingRun) -> None:
    """Go on where it stopped. Raises Refused."""
    _send_again(run, (State.PAUSED, State.FAILED))


def train_further(run: TrainingRun, more: int) -> None:
    """So many steps more than it was meant to take, or than it took. Raises Refused."""
    if not 1 <= more <= 100_000:
        raise Refused(_("Say how many steps more: a whole number from 1 to 100,000."))
    _send_again(run, (State.FINISHED, State.CANCELLED, State.PAUSED), steps=run.step + more)


def delete_files(run: TrainingRun) -> None:
    """The folder of a run that is over; versions made from it have files of their own."""
    shutil.rmtree(run.folder, ignore_errors=True)


def settle_run(job: Job) -> None:
    """What a job's end means for its run; called in the transaction that ends the job."""
    rows = TrainingRun.objects.filter(job=job)
    run = rows.first()
    if run is None:
        return
    states = {Job.State.FINISHED: State.FINISHED, Job.State.FAILED: State.FAILED}
    stopped = State.PAUSED if run.wish == "paused" else State.CANCELLED
    state = states.get(Job.State(job.state), stopped)
    rows.update(state=state, wish="", reason=job.reason, finished=timezone.now())


def _stop(run: TrainingRun, wish: str) -> None:
    if not TrainingRun.objects.filter(pk=run.pk, state__in=(State.QUEUED, State.RUNNING)).update(wish=wish):
        raise Refused(_("This run is not under way."))
    run.refresh_from_db()
    if run.job:
        jobs.cancel(run.job)
    run.refresh_from_db()


def _send_again(run: TrainingRun, states: tuple[str, ...], **fields: Any) -> None:
    if run.category is None:
        raise Refused(_("The category of this run was deleted, so it cannot go on."))
    try:
        with transaction.atomic():
            rows = TrainingRun.objects.filter(pk=run.pk, state__in=states)
            if not rows.update(state=State.QUEUED, leg=run.leg + 1, wish="", reason="", finished=None, **fields):
                raise Refused(
                    _("This run is under way already.") if run.is_under_way else _("This run cannot go on from here.")
                )
            run.refresh_from_db()
            _send(run)
    except IntegrityError:
        raise Refused(_busy(run.category_name)) from None


def _send(run: TrainingRun) -> None:
    run.job = jobs.enqueue(
        KIND,
        f"{run.public_id}-{run.leg}",
        {"run": run.pk},
        Person(user_id=run.by_id),
        title=f"Training {run.category_name}, {run.steps:,} steps",
        back=run.get_absolute_url(),
    )
    run.save(update_fields=["job"])


def _too_few(category: Category, count: int) -> str:
    said = ngettext(
        "%(category)s has %(count)s accepted swatch.", "%(category)s has %(count)s accepted swatches.", count
    )
    why = _("Training needs at least %(fewest)s; with fewer than 12 the fabrics will hardly differ.")
    said = said if count else _("%(category)s has no accepted swatches.")
    return f"{said % {'category': category, 'count': count}} {why % {'fewest': FEWEST}}"


def _busy(name: str) -> str:
    return _("A run of %(category)s is under way already. Wait for it, or pause or cancel it first.") % {
        "category": _(name)
    }
