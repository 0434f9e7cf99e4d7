"""What is forgotten about signing in, round after round."""

from __future__ import annotations

import io
from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.core.management import call_command
from django.utils import timezone

from patterns.jobs.chores import every


@every(hours=1)
def forget_failed_sign_ins() -> None:
    """A day is enough to see an attack; the lock itself lasts a quarter of an hour."""
    for kind in (AccessAttempt, AccessFailureLog, AccessLog):
        kind.objects.filter(attempt_time__lt=timezone.now() - timedelta(days=1)).delete()


@every(days=1)
def forget_old_sessions() -> None:
    call_command("clearsessions", stdout=io.StringIO())
