"""The Celery application: one task, that calls a django-tasks task by its address."""

from __future__ import annotations

from typing import Any

from celery import Celery
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string
from django_tasks.base import Task

from patterns.jobs.work import stopping

app = Celery("aifashion", broker=settings.JOB_BROKER_URL, set_as_current=False)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    task_default_queue="aifashion-jobs",
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_connect_timeout": 5, "socket_timeout": 5, "polling_interval": 1},
)


@app.task(name="aifashion.call")  # type: ignore[untyped-decorator]
def call(path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    close_old_connections()
    task = import_string(path)
    if not isinstance(task, Task):
        raise TypeError(f"{path} is no task.")
    task.call(*args, **kwargs)
    close_old_connections()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def hand_back(**details: Any) -> None:
    stopping.set()
