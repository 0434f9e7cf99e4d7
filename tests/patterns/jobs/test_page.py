"""The page on which people watch long work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from patterns.jobs import registry
from patterns.jobs.models import Job, WorkerPulse
from patterns.jobs.registry import handles
from tests.factories import make_job

pytestmark = pytest.mark.django_db
State = Job.State


def page(owner, job: Job, **headers: str) -> str:
    response = owner.client.get(job.get_absolute_url(), headers=headers)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def test_a_waiting_job_tells_its_place(owner, stranger):
    make_job(stranger.person, yields=True)
    for _ in range(2):
        make_job(stranger.person)
    mine = make_job(owner.person)
    assert "third in the queue" in page(owner, mine)


def test_without_a_worker_the_page_says_what_to_do(owner, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    handles("test", trains=True)(lambda work: None)
    job = make_job(owner.person)
    assert "No worker is running" in page(owner, job)
    WorkerPulse.objects.create(name="here:1")
    assert "requirements.txt" in page(owner, job)
    WorkerPulse.objects.create(name="there:1", can_train=True)
    assert "as soon as the worker is free" in page(owner, job)


def test_a_running_job_shows_its_stage_and_what_is_left(owner):
    begun = timezone.now() - timedelta(minutes=3)
    job = make_job(owner.person, state=State.RUNNING, stage="Picture 20 of 80", progress=0.25, started=begun)
    shown = page(owner, job)
    assert "Picture 20 of 80" in shown
    assert "about 9 minutes" in shown
    assert 'value="25"' in shown
    assert 'http-equiv="refresh"' in shown  # without script
    assert 'hx-trigger="every 2s"' in shown  # with it


def test_script_gets_the_panel_alone_and_is_told_only_what_is_new(owner):
    job = make_job(owner.person, state=State.RUNNING, stage="Halfway", progress=0.52)
    first = page(owner, job, **{"HX-Request": "true"})
    assert "<h1>" not in first
    assert "Under way, 50 percent." in first
    mark = first.split("?said=")[1][:8]
    again = owner.client.get(f"{job.get_absolute_url()}?said={mark}", headers={"HX-Request": "true"})
    assert "job-said" not in again.content.decode()


def test_a_job_that_is_over_is_no_longer_asked_for(owner):
    job = make_job(owner.person, state=State.FAILED, reason="The archive holds no picture.")
    shown = page(owner, job)
    assert "The archive holds no picture." in shown
    assert "hx-trigger" not in shown
    assert 'http-equiv="refresh"' not in shown
    assert "cancel" not in shown.lower()


def test_the_owner_cancels(owner, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    handles("test")(lambda work: None)
    job = make_job(owner.person)
    response = owner.client.post(f"{job.get_absolute_url()}cancel", follow=True)
    assert "stopped on request" in response.content.decode()
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def test_what_staff_cancel_is_in_the_log(owner, anonymous, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    handles("test")(lambda work: None)
    theirs, job = make_job(owner.person), make_job(owner.person)
    owner.client.post(f"{theirs.get_absolute_url()}cancel")
    assert not LogEntry.objects.exists()
    anonymous.force_login(User.objects.create_superuser("boss"))
    anonymous.post(f"{job.get_absolute_url()}cancel")
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id, entry.change_message) == (
        "boss",
        str(job.pk),
        "Cancelled on its page.",
    )


def test_ten_thousand_jobs_are_listed_quickly(anonymous, django_assert_max_num_queries):
    Job.objects.bulk_create([Job(kind="test", key=str(number), title=f"Work {number}") for number in range(10_000)])
    anonymous.force_login(User.objects.create_superuser("boss"))
    with django_assert_max_num_queries(8):
        assert anonymous.get("/admin/jobs/job/", {"q": "Work 77"}).status_code == 200
