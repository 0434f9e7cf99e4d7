"""The one message that is sent: there is work."""

from __future__ import annotations

from django_tasks import task


@task()
def work() -> None:
    """Do the next job that waits, if this worker can claim one. A message too many does nothing."""
    from patterns.jobs.engine import work_once

    work_once()
