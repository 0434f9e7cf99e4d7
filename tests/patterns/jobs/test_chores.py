"""What the house does again and again: once in its time, whoever comes first, and one that fails stops no other."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from patterns.jobs import chores
from patterns.jobs import worker as worker_process
from patterns.jobs.models import Turn
from patterns.jobs.worker import Housekeeper


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """Only these two chores are known; what they did."""
    did: list[str] = []
    monkeypatch.setattr(chores, "_chores", {})

    @chores.every(hours=1)
    def water() -> None:
        did.append("water")
        raise RuntimeError("the tap is off")

    @chores.every(days=1)
    def dust() -> None:
        did.append("dust")

    return did


@pytest.mark.django_db
def test_each_is_done_when_its_time_comes_and_not_before(done, time_machine, caplog):
    time_machine.move_to("2030-05-01 12:00")
    assert len(chores.do_what_is_due()) == 2
    assert chores.do_what_is_due() == []
    time_machine.move_to("2030-05-01 13:01")
    chores.do_what_is_due()
    time_machine.move_to("2030-05-02 12:01")
    chores.do_what_is_due()
    assert done == ["water", "dust", "water", "water", "dust"], "after a failure too"
    assert "water failed" in caplog.text


@pytest.mark.django_db
def test_a_clock_that_was_wrong_holds_no_chore_up(time_machine):
    time_machine.move_to("2040-01-01 12:00")
    assert chores.take_turn("water", timedelta(hours=1))
    time_machine.move_to("2030-05-01 12:00")
    assert chores.take_turn("water", timedelta(hours=1))
    time_machine.move_to("2030-05-01 11:59")
    assert not chores.take_turn("water", timedelta(hours=1)), "another machine's clock is a little behind"


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_does_it(done):
    together = threading.Barrier(4)

    def work() -> None:
        together.wait()
        for _ in range(200):  # a database in memory has no queue: who meets another is sent away at once
            try:
                chores.do_what_is_due()
                break
            except OperationalError:
                time.sleep(0.05)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == ["dust", "water"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_sees_to_them_beside_its_work(done, monkeypatch):
    monkeypatch.setattr(Housekeeper, "SECONDS", 0.2)  # a lock on the database in memory is soon forgotten
    keeper = Housekeeper()
    keeper.start()
    for _ in range(1200):
        if len(done) == 2:
            break
        keeper.over.wait(0.05)
    keeper.over.set()
    keeper.join(timeout=10)
    assert sorted(done) == ["dust", "water"]
    assert Turn.objects.count() == 2


def test_the_chores_of_the_house_are_known():
    assert set(chores._chores) >= {
        "tryon.retention.sweep_photos",
        "tryon.retention.sweep_files",
        "aifashion.accounts.chores.forget_failed_sign_ins",
        "aifashion.accounts.chores.forget_old_sessions",
    }


@pytest.mark.django_db
def test_a_worker_that_begins_while_the_database_is_away_waits_for_it(monkeypatch, caplog):
    refusals = iter([OperationalError("connection refused"), OperationalError("connection refused"), None])

    def look_after(caretaker: worker_process.Caretaker) -> None:
        if refusal := next(refusals):
            raise refusal

    monkeypatch.setattr(worker_process.Caretaker, "look_after", look_after)
    monkeypatch.setattr(worker_process.connection, "close", lambda: None)
    monkeypatch.setattr(worker_process.stopping, "wait", lambda seconds: False)
    monkeypatch.setattr(worker_process.os, "nice", lambda more: None)
    monkeypatch.setattr(worker_process.Caretaker, "start", lambda caretaker: None)
    assert worker_process.begin() is not None
    assert caplog.text.count("the worker waits for it") == 2
