"""The truth about long work: what is to be done, who is at it, how far it is. Messages only wake a worker."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from patterns.ownership import Owned
from patterns.words import told


class Job(Owned):
    """One piece of long work. Commands may ask for some too; such a job has neither owner nor visitor, and staff see it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Under way")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.SlugField(_("kind"), max_length=40)
    key = models.CharField(_("key"), max_length=120)  # the same request asked twice is one job
    title = models.CharField(_("title"), max_length=120, blank=True)
    back = models.CharField(_("back"), max_length=200, blank=True)  # the address of what it is about
    payload: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("payload"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    yields = models.BooleanField(_("yields"), default=False)  # lets shorter work go first, and again while it runs
    turn = models.DateTimeField(_("turn"), default=timezone.now)
    sent = models.DateTimeField(_("sent"), null=True, blank=True)  # when a worker was last told

    worker = models.CharField(_("worker"), max_length=120, blank=True)
    lease = models.UUIDField(
        _("lease"), null=True, blank=True
    )  # of one claim; whoever no longer holds it may write nothing
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)  # since something was last kept
    stop_wanted = models.BooleanField(_("stop wanted"), default=False)

    stage = models.CharField(_("stage"), max_length=200, blank=True)
    progress = models.FloatField(_("progress"), null=True, blank=True)  # 0 to 1; none: nobody can say
    seconds_left = models.FloatField(_("seconds left"), null=True, blank=True)
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("result"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)  # why it failed, for people
    started = models.DateTimeField(_("started"), null=True, blank=True)
    finished = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("state", "yields", "turn"), name="jobs_next"),)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "key"),
                condition=models.Q(state__in=("queued", "running", "finished")),
                name="one_job_per_request",
            ),
        )

    def __str__(self) -> str:
        return told(self.title) or f"{self.kind} {self.key}"

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.public_id])

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)


class Turn(models.Model):
    """When a chore of the house (:mod:`patterns.jobs.chores`) is to be done next."""

    name = models.CharField(max_length=120, primary_key=True)
    next = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class WorkerPulse(models.Model):
    """A worker that is alive, or was: when it was last seen, and whether it has what training needs."""

    name = models.CharField(max_length=120, unique=True)
    seen = models.DateTimeField(default=timezone.now, db_index=True)
    can_train = models.BooleanField(default=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
