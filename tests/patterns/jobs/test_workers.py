"""Real worker processes: killed, doubled, told through a real Redis."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import free_port
from tests.waiting import PATIENCE, wait_for

from .house import House

# Steps that leave a line each in a file, so that a doubled or lost one shows. Step 3 of the first attempt waits to be killed.
PROGRAM = """
import os, sys, time
import django
django.setup()
from pathlib import Path
from django.core.management import call_command
from patterns.jobs.registry import handles
from patterns.jobs.services import enqueue

@handles("count")
def count(work):
    out = Path(work.payload["out"])
    done = out.read_text().splitlines() if out.exists() else []
    for step in range(len(done), 6):
        work.report(f"Step {step}", step / 6)
        while step == 3 and not done and work.payload["waits"]:
            time.sleep(0.05)
            work.check()
        with out.open("a") as file:
            file.write(f"{step}\\n")
        work.saved()
    return {"steps": 6}

words = sys.argv[1:]
if words[0] == "ask":
    call_command("migrate", verbosity=0)
    for number in range(int(words[1])):
        for click in range(2):
            enqueue("count", str(number), {"out": f"{words[2]}-{number}", "waits": words[3] == "wait"})
else:
    call_command(*words)
"""


class Counting(House):
    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, PROGRAM, **settings)

    def ask(self, jobs: int, waits: bool = False) -> None:
        self.run("ask", str(jobs), str(self.folder / "out"), "wait" if waits else "go")

    def counted(self) -> list[str]:
        return [path.read_text() for path in sorted(self.folder.glob("out-*"))]


@pytest.fixture
def house(tmp_path) -> Iterator[Counting]:
    house = Counting(tmp_path)
    yield house
    house.end()


WHOLE = "".join(f"{step}\n" for step in range(6))


def test_a_killed_workers_job_is_finished_by_the_next_one_exactly_once(house):
    house.ask(1, waits=True)
    first = house.worker()
    house.wait_for(lambda: house.rows("stage") == [("Step 3",)])
    first.send_signal(signal.SIGKILL)
    first.wait()
    house.let_leases_expire()
    house.worker()
    house.wait_for(house.all_finished)
    assert house.counted() == [WHOLE]
    assert house.rows("attempts, result") == [(1, '{"steps": 6}')]


def test_two_workers_share_the_queue_and_double_nothing(house):
    house.ask(12)
    workers = [house.worker("--batch"), house.worker("--batch")]
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    house.wait_for(house.all_finished)
    assert house.counted() == [WHOLE] * 12


def test_a_worker_told_to_stop_gives_its_job_back_without_counting_it(house):
    house.ask(1, waits=True)
    stopped = house.worker()
    house.wait_for(lambda: house.rows("stage") == [("Step 3",)])
    stopped.terminate()
    assert stopped.wait(PATIENCE) == 0
    assert house.rows("state, attempts") == [("queued", 0)]
    assert house.worker("--batch").wait(PATIENCE) == 0
    assert house.counted() == [WHOLE]


@pytest.fixture
def redis(tmp_path) -> Iterator[str]:
    """A Redis of this test's own on a free port."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("redis-server is not installed")
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    wait_for(lambda: listens(port))
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_celery_brings_the_same_jobs_through_redis(tmp_path, redis):
    house = Counting(tmp_path, JOB_BROKER_URL=redis)
    try:
        house.ask(3)
        house.worker()
        house.wait_for(house.all_finished)
        assert house.counted() == [WHOLE] * 3
    finally:
        house.end()


def test_a_broker_that_is_away_loses_no_job(tmp_path):
    house = Counting(tmp_path, JOB_BROKER_URL="redis://127.0.0.1:1/0")
    house.ask(1)
    assert house.rows("state, sent") == [("queued", None)]
    del house.environment["JOB_BROKER_URL"]
    assert house.worker("--batch").wait(PATIENCE) == 0
    house.wait_for(house.all_finished)
