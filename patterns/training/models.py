"""A training run: what was asked for, how far it is, what came of it. Its files lie in a folder of its own."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from patterns.jobs.models import Job
from patterns.models import Category, GeneratorVersion


class TrainingRun(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Under way"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"
        FINISHED = "finished", "Finished"

    class Loss(models.TextChoices):
        HINGE = "hinge", "Hinge (usual)"
        LSGAN = "lsgan", "Least squares"
        BCE = "bce", "Cross-entropy"

    class Net(models.TextChoices):
        USUAL = "usual", "Usual"
        SMALL = "small", "Small: several times as fast, draws coarser"
        TRIAL = "trial", "Trial: only to see how this works"

    class Resolution(models.IntegerChoices):
        COARSE = 64, "64 px: large motifs, quick to learn"
        LOW = 96, "96 px"
        USUAL = 128, "128 px (usual)"
        FINE = 192, "192 px: fine detail, slower to learn"

    class Device(models.TextChoices):
        AUTO = "auto", "A graphics card where there is one"
        CPU = "cpu", "The processor"
        CUDA = "cuda", "A graphics card"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, related_name="runs")
    category_name = models.CharField(max_length=60)  # as it was called when this began
    base_version = models.ForeignKey(
        GeneratorVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    steps = models.PositiveIntegerField(default=300)
    seed = models.PositiveIntegerField(default=0)
    loss = models.CharField(max_length=10, choices=Loss, default=Loss.HINGE)
    net = models.CharField(max_length=10, choices=Net, default=Net.USUAL)
    resolution = models.PositiveSmallIntegerField(choices=Resolution, default=Resolution.USUAL)
    device = models.CharField(max_length=10, choices=Device, default=Device.AUTO)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, db_index=True)
    wish = models.CharField(max_length=10, blank=True)  # "paused": what stopping is for; none: to cancel
    leg = models.PositiveIntegerField(default=1)  # how often it was sent on its way
    step = models.PositiveIntegerField(default=0)  # kept so far
    seconds = models.FloatField(default=0)  # spent on them
    reason = models.CharField(max_length=500, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.ForeignKey(GeneratorVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("category",),
                condition=models.Q(state__in=("queued", "running")),
                name="one_run_per_category",
            ),
        )

    def __str__(self) -> str:
        return f"Run {self.pk}: {self.category_name}" if self.pk else "New run"

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
