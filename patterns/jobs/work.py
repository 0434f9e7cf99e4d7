"""What a handler holds while it works: its payload, a way to tell how far it is, and the word when to stop."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from patterns.jobs.models import Job

stopping = threading.Event()  # this process has been asked to end
PATIENCE = 1.0  # seconds between two looks at the row


class JobFailed(Exception):
    """Trying again is no use. The message is a sentence for people."""


class Stopped(Exception):
    """The handler must end now; what becomes of the job is settled outside."""


class Cancelled(Stopped):
    """A person asked for it."""


class HandedBack(Stopped):
    """The job goes on later: this worker ends, or shorter work waits."""


class LeaseLost(Stopped):
    """Another worker has the job; nothing more may be written."""


def lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


class Work:
    """One claim of one job."""

    def __init__(self, job: Job) -> None:
        if job.lease is None:
            raise ValueError("A job is worked on by whoever claimed it.")
        self.job, self.lease = job, job.lease
        self.payload = job.payload
        self._looked = self._told = 0.0
        self._stage = ""

    @property
    def attempt(self) -> int:
        return self.job.attempts

    def report(self, stage: str, done: float | None = None, seconds_left: float | None = None) -> None:
        """Say what is being done, ``done`` from 0 to 1, and look whether to stop. Call it as often as you like. Raises Stopped."""
        now = time.monotonic()
        if stage != self._stage or now - self._told >= PATIENCE:
            self._stage, self._told = stage, now
            share = None if done is None else min(max(float(done), 0.0), 1.0)
            self._write(stage=stage[:200], progress=share, seconds_left=seconds_left)
        self.check()

    def check(self) -> None:
        """Raises Stopped when this handler must end."""
        if stopping.is_set():
            raise HandedBack
        if time.monotonic() - self._looked < PATIENCE:
            return
        self._looked = time.monotonic()
        stop_wanted = self._row().values_list("stop_wanted", flat=True).first()
        if stop_wanted is None:
            raise LeaseLost
        if stop_wanted:
            raise Cancelled
        if self.job.yields and Job.objects.filter(state=Job.State.QUEUED, yields=False).exists():
            raise HandedBack

    def saved(self) -> None:
        """Something was kept: from here on the job has all its attempts again. Raises LeaseLost."""
        self._write(attempts=1)

    def renew(self) -> bool:
        """Keep the job for another while; False when it is no longer ours."""
        return bool(self._row().update(lease_until=lease_end()))

    def _write(self, **fields: Any) -> None:
        if not self._row().update(lease_until=lease_end(), **fields):
            raise LeaseLost

    def _row(self) -> Any:
        return held(self.job.pk, self.lease)


def held(pk: int, lease: UUID) -> Any:
    """The job's row as long as this claim holds it."""
    return Job.objects.filter(pk=pk, lease=lease, state=Job.State.RUNNING)
