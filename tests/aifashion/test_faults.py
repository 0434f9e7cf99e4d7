"""What we lean on goes away and comes back: the bucket, the database, the disk, the clock, the process itself."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from aifashion import health
from aifashion.upkeep.reconciling import compare
from patterns.jobs import engine, registry
from patterns.jobs.models import Job
from patterns.jobs.registry import handles
from patterns.jobs.services import enqueue
from patterns.jobs.work import LeaseLost, Work
from tests.aifashion.gate import Gate
from tests.factories import encoded, look_query, make_photo, make_result, make_stock, photo_pixels, version_of
from tests.homes import files_in_buckets
from tests.patterns.jobs.test_workers import WHOLE, Counting
from tests.postgres import Postgres
from tests.real_site import Site
from tests.waiting import PATIENCE, wait_for
from tryon.models import Photo, Result

State = Job.State
with_models = pytest.mark.usefixtures("stand_in_models")


# --- The bucket --------------------------------------------------------------------------------------------------------
@pytest.fixture
def gate(s3_server, settings, monkeypatch) -> Iterator[Gate]:
    """People's files and the catalogue behind a gate that can be shut."""
    behind = urlsplit(s3_server)
    gate = Gate(str(behind.hostname), int(behind.port or 0))
    with files_in_buckets(s3_server, settings, monkeypatch, through=gate.address):
        yield gate
    if gate.is_open:
        gate.shut()


def upload(client) -> object:
    return client.post("/photos/", {"photo": SimpleUploadedFile("me.png", encoded(photo_pixels()))})


@with_models
@pytest.mark.django_db
def test_a_bucket_that_goes_away_and_comes_back_costs_a_pause_and_nothing_else(owner, gate):
    version_of("plaid")
    make_stock()
    photo, result = make_photo(owner.person), make_result(owner.person)
    preview = reverse("preview-photo", args=[photo.public_id])
    keep = reverse("keep-photo", args=[photo.public_id])
    gate.shut()
    answers = {
        "upload": upload(owner.client),
        "preview": owner.client.get(preview, look_query()),
        "keep": owner.client.post(keep, look_query()),
        "live": owner.client.get(reverse("live-photo", args=[photo.public_id]), look_query()),
        "jpeg": owner.client.get(reverse("download-jpeg", args=[result.public_id])),
    }
    for name, answer in answers.items():
        assert answer.status_code == 503, name
        assert answer["Retry-After"] == "60"
        assert "Nothing is lost" in answer.content.decode()
    for name in ("home", "clothes", "results", "categories"):
        assert owner.client.get(reverse(name)).status_code == 200, name
    ready = health.ready(RequestFactory().get("/health/ready"))
    assert (ready.status_code, b'"storage": "failed"' in ready.content) == (503, True)
    assert (Photo.objects.count(), Result.objects.count()) == (2, 1)
    gate.open()
    assert upload(owner.client).status_code == 302
    assert owner.client.get(preview, look_query()).status_code == 200
    assert owner.client.post(keep, look_query()).status_code == 302
    assert (Photo.objects.count(), Result.objects.count()) == (3, 2)
    health.check_storage()
    found = compare(timedelta(0))
    assert (found.lacking, found.orphans) == ([], [])


@with_models
@pytest.mark.django_db
def test_what_is_deleted_while_the_bucket_is_away_goes_when_it_is_back(owner, gate, django_capture_on_commit_callbacks):
    photo = make_photo(owner.person)
    gate.shut()
    with django_capture_on_commit_callbacks(execute=True):
        gone = owner.client.post(reverse("delete-photo", args=[photo.public_id]))
    assert gone.status_code == 302
    gate.open()
    found = compare(timedelta(0))
    assert not Photo.objects.exists()
    assert len(found.orphans) == 4, "for the sweeper, which runs by itself"


@pytest.fixture
def quiet(monkeypatch) -> None:
    """No breath is taken, and no thread renews leases: these tests hold one transaction open."""
    monkeypatch.setattr(engine, "BREATH", 0)
    monkeypatch.setattr(engine, "beating_heart", lambda work: nullcontext())
    monkeypatch.setattr(registry, "_kinds", {})


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
def test_jobs_wait_for_the_bucket_with_all_their_attempts_and_finish(gate):
    name = default_storage.save("deliveries/picture.png", ContentFile(b"picture"))

    @handles("read")
    def read(work: Work) -> dict[str, int]:
        with default_storage.open(name) as file:
            return {"read": len(file.read())}

    job = enqueue("read", "1", {})
    gate.shut()
    for _ in range(engine.MOST_ATTEMPTS + 1):
        assert engine.work_once()
    job.refresh_from_db()
    assert (job.state, job.attempts, job.stage) == (State.QUEUED, 0, engine.AWAY)
    gate.open()
    assert engine.work_once()
    job.refresh_from_db()
    assert (job.state, job.result) == (State.FINISHED, {"read": 7})


# --- The database ------------------------------------------------------------------------------------------------------
def deployed(folder: Path, database: str) -> Site:
    """gunicorn with the settings of production's web server, on a database of its own; no garments, which take long to load."""
    prepared = (("migrate", "-v0"), ("sync_models",))
    return Site(folder, as_deployed=True, prepared=prepared, DATABASE_URL=database, WEB_WORKERS="2")


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Not the one all tests share: this one is stopped."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


def test_a_database_that_is_restarted_under_load_costs_a_pause_for_pages_and_jobs(own_postgres, tmp_path):
    site, house = deployed(tmp_path, own_postgres.url), Counting(tmp_path, DATABASE_URL=own_postgres.url)
    told: Counter[int] = Counter()
    over = threading.Event()

    def walk() -> None:
        while not over.is_set():
            for path in ("/fabrics/", "/results/", "/clothes/"):
                told[site.status(path)] += 1

    walkers = [threading.Thread(target=walk) for _ in range(4)]
    try:
        worker = house.worker()
        for each in walkers:
            each.start()
        wait_for(lambda: told[200] > 10)
        own_postgres.stop("immediate")
        wait_for(lambda: told[503] > 5, lambda: str(told))
        assert site.status("/health/live") == 200
        assert requests.get(f"{site.address}/health/ready", timeout=30).json()["database"] == "failed"
        assert "Back in a moment" in requests.get(f"{site.address}/fabrics/", timeout=30).text
        own_postgres.start()
        wait_for(lambda: site.status("/fabrics/") == 200)
        before = told[200]
        wait_for(lambda: told[200] > before + 10)
        house.ask(2)
        wait_for(lambda: house.counted() == [WHOLE] * 2, lambda: (tmp_path / "worker-0.log").read_text()[-3000:])
        assert worker.poll() is None, "the worker waited for the database"
    finally:
        over.set()
        for each in walkers:
            each.join()
        site.kill()
        house.end()
    assert set(told) == {200, 503}, told


# --- The disk ----------------------------------------------------------------------------------------------------------
@with_models
@pytest.mark.django_db
def test_a_full_disk_is_a_pause_and_keeps_nothing_half(owner, monkeypatch):
    version_of("plaid")
    photo = make_photo(owner.person)
    real, written = FileSystemStorage._save, []

    def full(storage, name, content):
        written.append(name)
        if len(written) % 3 == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    for answer in (
        upload(owner.client),
        owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query()),
    ):
        assert answer.status_code == 503
        assert "Nothing is lost" in answer.content.decode()
    assert (Photo.objects.count(), Result.objects.count()) == (1, 0)
    found = compare(timedelta(0))
    assert (found.lacking, found.orphans) == ([], [])


@pytest.mark.django_db
def test_readiness_notices_a_disk_that_is_nearly_full_or_closed(monkeypatch, tmp_path):
    health.check_storage()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=health.LEAST_FREE - 1))
    with pytest.raises(OSError, match="nearly full"):
        health.check_storage()
    monkeypatch.undo()
    monkeypatch.setattr(os, "access", lambda path, how: False)
    with pytest.raises(PermissionError):
        health.check_folder(tmp_path)


# --- The clock ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def clock(monkeypatch):
    """``clock(hours)``: the machine's clock jumps by so much."""
    real, jumped = timezone.now, [timedelta(0)]
    monkeypatch.setattr(timezone, "now", lambda: real() + jumped[0])

    def jump(hours: float) -> None:
        jumped[0] += timedelta(hours=hours)

    return jump


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
def test_a_clock_that_jumps_ahead_gives_a_job_away_once_and_what_the_first_worker_writes_is_refused(clock):
    handles("count")(lambda work: {"by": "the second"})
    job = enqueue("count", "1", {})
    first = engine.claim_next("first")
    assert first
    clock(+24)
    assert engine.sweep() == 1
    with pytest.raises(LeaseLost):
        Work(first).saved()
    assert engine.settle(first, State.FINISHED, result={"by": "the first"}) is False
    assert engine.work_once()
    job.refresh_from_db()
    assert (job.state, job.result) == (State.FINISHED, {"by": "the second"})


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
def test_a_clock_that_was_put_back_leaves_no_dead_workers_job_lying(clock):
    """Its lease ends tomorrow: no living worker has such a one for long."""
    handles("count")(lambda work: {})
    job = enqueue("count", "1", {})
    clock(+24)
    assert engine.claim_next("dies with the wrong time")
    clock(-24)
    assert engine.sweep() == 1
    assert engine.work_once()
    job.refresh_from_db()
    assert job.state == State.FINISHED


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
def test_a_living_worker_keeps_its_job_when_the_clock_is_put_back(clock):
    handles("count")(lambda work: {})
    enqueue("count", "1", {})
    clock(+24)
    claimed = engine.claim_next("lives")
    assert claimed
    clock(-24)
    assert Work(claimed).renew()
    assert engine.sweep() == 0


@with_models
@pytest.mark.django_db
def test_expiry_follows_the_clock_and_nothing_breaks_when_it_jumps(owner, anonymous, clock):
    from tryon.sharing import share, token_of

    result = make_result(owner.person)
    Photo.objects.filter(pk=result.photo_id).update(is_kept=True)
    link = reverse("shared", args=[token_of(share(result, 1, False))])
    assert anonymous.get(link).status_code == 200
    clock(+25)
    assert anonymous.get(link).status_code == 410
    clock(-50)
    assert anonymous.get(link).status_code == 200
    assert owner.client.get("/results/").status_code == 200


# --- The process -------------------------------------------------------------------------------------------------------
def test_a_web_server_told_to_stop_answers_whom_it_has_let_in(tmp_path):
    site = deployed(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3")
    try:
        body = b"fabric=plaid:17"
        head = f"POST /photos/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        with socket.create_connection(("127.0.0.1", site.port), timeout=60) as wire:
            wire.sendall(head.encode() + body[:5])
            time.sleep(1)
            begun = time.monotonic()
            site.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert site.process.poll() is None, "it waits for us"
            wire.sendall(body[5:])
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 403"), answer[:200]
        assert b"</html>" in answer
        assert site.process.wait(PATIENCE) == 0
        assert time.monotonic() - begun < 30
    finally:
        site.kill()


def test_a_killed_web_worker_is_replaced_and_the_site_goes_on(tmp_path):
    site = deployed(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3")
    try:
        children = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children")
        workers = children.read_text().split()
        assert len(workers) == 2
        for each in workers:
            os.kill(int(each), signal.SIGKILL)
        wait_for(lambda: site.status("/fabrics/") == 200, site.log.read_text)
        assert not set(workers) & set(children.read_text().split())
    finally:
        site.kill()
