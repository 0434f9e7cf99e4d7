"""A worker process: it says that it is alive, returns what dead workers left, and stops when asked or when left alone."""

from __future__ import annotations

import logging
import os
import signal
import threading
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django_tasks_db.management.commands.db_worker import Worker as DatabaseWorker

from patterns.away import database_is_away
from patterns.jobs import chores, engine, services
from patterns.jobs.work import stopping

log = logging.getLogger(__name__)
NICENESS = 10  # the site goes first


class Caretaker(threading.Thread):
    """Shows the pulse and sweeps, for as long as the process lives."""

    def __init__(self, beside: int | None = None) -> None:
        super().__init__(name="caretaker", daemon=True)
        self.over = threading.Event()
        self.beside = beside

    def run(self) -> None:
        while not self.over.wait(min(settings.JOB_LEASE_SECONDS / 3, 10)):
            self.look_after()
        connection.close()

    def look_after(self) -> None:
        try:
            close_old_connections()
            engine.show_pulse(engine.this_worker())
            engine.sweep()
        except DatabaseError as error:
            log.warning("could not look after the jobs just now: %s", error)
        if self.beside and not is_alive(self.beside):
            log.warning("the site beside which this worker ran is gone: it stops")
            os.kill(os.getpid(), signal.SIGTERM)


class Housekeeper(threading.Thread):
    """Does the chores that are due, beside the work, so that neither waits for the other."""

    SECONDS = 60.0  # between two looks

    def __init__(self) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.look_around()
            self.over.wait(self.SECONDS)
        connection.close()

    def look_around(self) -> None:
        try:
            close_old_connections()
            chores.do_what_is_due()
        except DatabaseError as error:
            log.warning("could not see to the chores just now: %s", error)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def begin(beside: int | None = None) -> Caretaker:
    """What every worker does first: tell again of all that waits, in case nobody heard. A database that is away is waited for."""
    os.nice(NICENESS)
    caretaker = Caretaker(beside)
    while not stopping.is_set():
        try:
            caretaker.look_after()
            for job in engine.waiting():
                services.wake_a_worker(job)
            break
        except DatabaseError as error:
            log.warning("the database is away, the worker waits for it: %s", error)
            connection.close()
            stopping.wait(1)
    caretaker.start()
    return caretaker


class Worker(DatabaseWorker):
    """The database backend's own worker; asked to end, it also asks the handler that is at work."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        stopping.set()
        super().shutdown(signum, frame)


def run_database_worker(interval: float, batch: bool) -> None:
    """Until told to stop. A database that is restarted meanwhile is waited for."""
    while True:
        try:
            return new_database_worker(interval, batch).run()
        except Exception as error:
            if not database_is_away(error) or stopping.is_set():
                raise
            log.warning("the database is away; looking again in a moment: %s", error)
            connection.close()
            stopping.wait(2)


def new_database_worker(interval: float, batch: bool) -> Worker:
    worker = Worker(
        queue_names=["default"],
        interval=interval,
        batch=batch,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=engine.this_worker()[-64:],
        excluded_queue_names=[],
    )
    worker.configure_signals()
    return worker


def run_celery_worker() -> None:
    from patterns.jobs.celery_app import app

    app.worker_main(["worker", "--pool", "solo", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"])
