"""The Celery application: one task, that calls a django-tasks task by its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string
from django_tasks.base import Task

from patterns.jobs.work import stopping

QUEUE = "aifashion-jobs"


def transport_options() -> dict[str, Any]:
    """For Redis: do not wait for ever. For SQS: one queue, named beforehand, so that a worker need neither list nor make any."""
    if not settings.JOB_BROKER_URL.startswith("sqs:"):
        return {"socket_connect_timeout": 5, "socket_timeout": 5, "polling_interval": 1}
    options: dict[str, Any] = {"region": settings.AWS_REGION, "wait_time_seconds": 10}
    options["is_secure"] = not urlsplit(
        settings.JOB_BROKER_URL
    ).hostname  # a test server, named here, speaks plain HTTP
    if settings.JOB_QUEUE_URL:
        options["predefined_queues"] = {QUEUE: {"url": settings.JOB_QUEUE_URL}}
    return options


def check_broker() -> None:
    """Raises unless the broker answers and would take a message."""
    with app.connection_for_write(transport_options={**transport_options(), "max_retries": 0}) as connection:
        connection.ensure_connection(max_retries=1, timeout=3)
        with connection.channel() as channel:
            channel._size(QUEUE)  # SQS is first asked when something is wanted of it


app = Celery("aifashion", broker=settings.JOB_BROKER_URL, set_as_current=False)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    task_default_queue=QUEUE,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options=transport_options(),
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
