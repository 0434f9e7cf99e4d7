"""Asking, claiming, giving back and giving up, in one process. What kills do is in test_killed.py."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from django.utils import timezone

from ml.errors import MlError
from patterns.jobs import engine, registry
from patterns.jobs.models import Job
from patterns.jobs.registry import handles
from patterns.jobs.services import cancel, enqueue
from patterns.jobs.work import Cancelled, LeaseLost, Work
from tests.factories import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heartless")]
State = Job.State


@pytest.fixture
def heartless(monkeypatch):
    """No thread renews leases: these tests hold one transaction open."""
    from contextlib import nullcontext

    monkeypatch.setattr(engine, "beating_heart", lambda work: nullcontext())


@pytest.fixture
def kinds(monkeypatch):
    """Kinds of this test's own: name → handler."""
    monkeypatch.setattr(registry, "_kinds", {})
    return lambda name, handler, **how: handles(name, **how)(handler)


def do_all() -> None:
    while engine.work_once():
        pass


def test_a_doubled_click_makes_one_job(kinds):
    kinds("add", lambda work: {"sum": 3})
    first, second = (enqueue("add", "click-1", {"a": 1}, make_person()) for _ in range(2))
    assert first == second
    do_all()
    assert enqueue("add", "click-1", {"a": 1}) == first
    first.refresh_from_db()
    assert (first.state, first.result, first.progress) == (State.FINISHED, {"sum": 3}, 1.0)


def test_a_failed_job_makes_way_for_a_new_one(kinds):
    def refuse(work: Work) -> None:
        raise MlError("The archive holds no picture.")

    kinds("import", refuse)
    first = enqueue("import", "zip", {})
    do_all()
    first.refresh_from_db()
    assert (first.state, first.reason, first.attempts) == (State.FAILED, "The archive holds no picture.", 1)
    assert enqueue("import", "zip", {}) != first


def test_a_kind_nobody_handles_is_refused_at_once(kinds):
    with pytest.raises(LookupError, match="knitting"):
        enqueue("knitting", "1", {})


def test_only_one_of_two_workers_claims_a_job(kinds):
    kinds("add", lambda work: None)
    job = enqueue("add", "1", {})
    assert [engine.claim(job, name) for name in ("one", "two")] == [True, False]
    job.refresh_from_db()
    assert job.worker == "one"


def test_what_goes_wrong_three_times_fails_with_a_sentence(kinds, caplog):
    def stumble(work: Work) -> None:
        raise ZeroDivisionError

    kinds("divide", stumble)
    job = enqueue("divide", "1", {})
    do_all()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.FAILED, 3)
    assert "worker's log" in job.reason


def test_a_full_disk_is_told_at_once(kinds, caplog):
    def write(work: Work) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kinds("write", write)
    job = enqueue("write", "1", {})
    do_all()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.FAILED, 1)
    assert job.reason.startswith("The disk is full.")


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_an_expired_lease_goes_back_and_after_three_is_given_up(kinds):
    ended = []
    kinds("add", lambda work: None, after=lambda job: ended.append(job.state))
    job = enqueue("add", "1", {})
    for expected in (State.QUEUED, State.QUEUED, State.FAILED):
        engine.claim(job, "worker")
        assert engine.sweep() == 0
        expire(job)
        assert engine.sweep() == 1
        job.refresh_from_db()
        assert job.state == expected
    assert job.reason == engine.GAVE_UP
    assert ended == [State.FAILED]


def test_what_was_kept_gives_all_attempts_again(kinds):
    kinds("long", lambda work: None)
    job = enqueue("long", "1", {})
    for _ in range(5):
        engine.claim(job, "worker")
        job.refresh_from_db()
        Work(job).saved()
        expire(job)
        engine.sweep()
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_who_lost_the_lease_writes_nothing(kinds):
    kinds("add", lambda work: None)
    job = enqueue("add", "1", {})
    engine.claim(job, "slow")
    job.refresh_from_db()
    slow = Work(job)
    expire(job)
    engine.sweep()
    engine.claim(job, "quick")
    with pytest.raises(LeaseLost):
        slow.report("Still at it")
    assert not engine.settle(slow.job, State.FINISHED)
    job.refresh_from_db()
    assert (job.state, job.worker, job.stage) == (State.RUNNING, "quick", "")


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_at_its_next_step(kinds):
    ended = []
    kinds("add", lambda work: None, after=lambda job: ended.append(job.pk))
    waiting, running = enqueue("add", "1", {}), enqueue("add", "2", {})
    cancel(waiting)
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED
    assert ended == [waiting.pk]
    engine.claim(running, "worker")
    running.refresh_from_db()
    cancel(running)
    with pytest.raises(Cancelled):
        Work(running).report("Adding")
    expire(running)
    engine.sweep()
    running.refresh_from_db()
    assert running.state == State.CANCELLED


def test_long_work_lets_short_work_go_first(kinds):
    order = []

    def train(work: Work) -> None:
        if not order:
            enqueue("short", "later", {})
        order.append("long")
        work.check()

    kinds("long", train, yields=True)
    kinds("short", lambda work: order.append("short"))
    long = enqueue("long", "1", {})
    do_all()
    assert order == ["long", "short", "long"]
    long.refresh_from_db()
    assert (long.state, long.attempts) == (State.FINISHED, 1)


def test_a_worker_without_torch_leaves_training_to_others(kinds, monkeypatch):
    kinds("train", lambda work: None, trains=True)
    enqueue("train", "1", {})
    monkeypatch.setattr(engine, "can_train", lambda: False)
    assert not engine.work_once()
    monkeypatch.setattr(engine, "can_train", lambda: True)
    assert engine.work_once()


def test_a_message_that_was_lost_is_sent_again(kinds):
    from django_tasks_db.models import DBTaskResult

    kinds("add", lambda work: None)
    job = enqueue("add", "1", {})
    DBTaskResult.objects.all().delete()
    Job.objects.filter(pk=job.pk).update(sent=timezone.now() - timedelta(hours=1))
    engine.sweep()
    assert DBTaskResult.objects.count() == 1
    engine.sweep()
    assert DBTaskResult.objects.count() == 1
