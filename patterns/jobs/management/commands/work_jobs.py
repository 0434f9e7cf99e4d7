"""Work through the jobs that people ask for: ``manage.py work_jobs``. Run as many as you like, on as many machines as you like."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from patterns.jobs.worker import Housekeeper, begin, run_celery_worker, run_database_worker


class Command(BaseCommand):
    help = "Work through the jobs that wait, until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks into the database")
        parser.add_argument("--batch", action="store_true", help="end when nothing waits")
        parser.add_argument("--beside", type=int, metavar="PID", help="end when this process is gone")

    def handle(self, *args: Any, interval: float, batch: bool, beside: int | None, **options: Any) -> None:
        caretaker, housekeeper = begin(beside), Housekeeper()
        housekeeper.start()
        try:
            if settings.JOB_BROKER_URL:
                run_celery_worker()
            else:
                run_database_worker(interval, batch)
        finally:
            housekeeper.over.set()
            caretaker.over.set()
            caretaker.join(timeout=30)
