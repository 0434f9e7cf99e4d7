"""A training run: what was asked for, how far it is, what came of it. Its files lie in a folder of its own."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patterns.jobs.models import Job
from patterns.models import Category, GeneratorVersion


class TrainingRun(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Under way")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")
        FINISHED = "finished", _("Finished")

    class Loss(models.TextChoices):
        HINGE = "hinge", _("Hinge (usual)")
        LSGAN = "lsgan", _("Least squares")
        BCE = "bce", _("Cross-entropy")

    class Net(models.TextChoices):
        USUAL = "usual", _("Usual")
        SMALL = "small", _("Small: several times as fast, draws coarser")
        TRIAL = "trial", _("Trial: only to see how this works")

    class Resolution(models.IntegerChoices):
        COARSE = 64, _("64 px: large motifs, quick to learn")
        LOW = 96, _("96 px")
        USUAL = 128, _("128 px (usual)")
        FINE = 192, _("192 px: fine detail, slower to learn")

    class Device(models.TextChoices):
        AUTO = "auto", _("A graphics card where there is one")
        CPU = "cpu", _("The processor")
        CUDA = "cuda", _("A graphics card")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    category = models.ForeignKey(
        Category, on_delete=models.SET_NULL, null=True, related_name="runs", verbose_name=_("category")
    )
    category_name = models.CharField(max_length=60)  # as it was called when this began
    base_version = models.ForeignKey(
        GeneratorVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    steps = models.PositiveIntegerField(_("steps"), default=300)
    seed = models.PositiveIntegerField(_("seed"), default=0)
    loss = models.CharField(_("loss"), max_length=10, choices=Loss, default=Loss.HINGE)
    net = models.CharField(max_length=10, choices=Net, default=Net.USUAL)
    resolution = models.PositiveSmallIntegerField(choices=Resolution, default=Resolution.USUAL)
    device = models.CharField(max_length=10, choices=Device, default=Device.AUTO)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED, db_index=True)
    wish = models.CharField(max_length=10, blank=True)  # "paused": what stopping is for; none: to cancel
    leg = models.PositiveIntegerField(default=1)  # how often it was sent on its way
    step = models.PositiveIntegerField(default=0)  # kept so far
    seconds = models.FloatField(default=0)  # spent on them
    reason = models.CharField(max_length=500, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.ForeignKey(
        GeneratorVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("version"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("category",),
                condition=models.Q(state__in=("queued", "running")),
                name="one_run_per_category",
            ),
        )

    def __str__(self) -> str:
        if not self.pk:
            return gettext("New run")
        return gettext("Run %(number)s: %(category)s") % {"number": self.pk, "category": gettext(self.category_name)}

    def get_absolute_url(self) -> str:
        return reverse("admin:training_trainingrun_change", args=[self.pk])

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def folder(self) -> Path:
        return Path(settings.TRAINING_ROOT) / f"run-{self.public_id}"

    @property
    def slug(self) -> str:
        """The name under which its pictures lie in its folder; the category's own may change meanwhile."""
        return "pictures"

    def facts(self) -> dict[str, Any]:
        return {"run": self.pk, "steps": self.step, "seed": self.seed, "loss": self.loss, "resolution": self.resolution}
