"""The tasks API over Celery, for several machines: Redis, SQS or any other broker Celery knows. Chosen by ``JOB_BROKER_URL``.

There is no well-kept Celery backend for django-tasks; as the truth is the Job row, this one need only send. A message that is lost is
sent again by the sweeper, one that comes twice finds nothing to do, so they are taken off the queue before the work begins.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.signals import task_enqueued
from django_tasks.utils import get_random_id


class CeleryBackend(BaseTaskBackend):
    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Send the task's address and arguments. Raises kombu's OperationalError when the broker is away."""
        from patterns.jobs.celery_app import call

        self.validate_task(task)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=get_random_id(),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        call.apply_async((task.module_path, result.args, result.kwargs), task_id=result.id, retry=False)
        task_enqueued.send(type(self), task_result=result)
        return result
