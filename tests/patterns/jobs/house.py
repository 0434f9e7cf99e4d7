"""Worker processes around a database file of their own, to be killed at will."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]


class House:
    """One database file, and the processes around it."""

    def __init__(self, folder: Path, program: str, **settings: str) -> None:
        self.folder, self.program = folder, program
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "aifashion.settings",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": str(folder / "media"),
            **settings,
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def run(self, *words: str) -> str:
        """The program to its end; what it printed."""
        command = [sys.executable, "-c", self.program, *words]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def worker(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", self.program, "work_jobs", "--interval", "0.1", *words]
        with (self.folder / f"worker-{len(self.running)}.log").open("wb") as log:
            self.running.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log))
        return self.running[-1]

    def rows(self, columns: str, table: str = "jobs_job") -> list[tuple[object, ...]]:
        database = sqlite3.connect(self.folder / "db.sqlite3", timeout=20)
        try:
            return database.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()  # noqa: S608
        finally:
            database.close()

    def wait_for(self, what: Callable[[], bool]) -> None:
        wait_for(what, self.how_it_stands)

    def how_it_stands(self) -> str:
        logs = "\n".join(path.read_text() for path in self.folder.glob("*.log"))
        return f"{self.rows('state, stage, attempts, reason')}\n{logs[-3000:]}"

    def let_leases_expire(self) -> None:
        """As if the time of a lease had passed: no test waits for it, and no slow worker loses its own meanwhile."""
        database = sqlite3.connect(self.folder / "db.sqlite3", timeout=20)
        try:
            database.execute("UPDATE jobs_job SET lease_until = '2000-01-01 00:00:00' WHERE state = 'running'")
            database.commit()
        finally:
            database.close()

    def outlive(self, deaths: int) -> int:
        """Workers one after the other until all is finished; how many killed themselves, at most ``deaths``."""
        died = 0
        while not self.all_finished():
            worker = self.worker()
            self.wait_for(lambda worker=worker: worker.poll() is not None or self.all_finished())
            if not self.all_finished():
                assert worker.returncode == -signal.SIGKILL
                died += 1
                assert died <= deaths
                self.let_leases_expire()
        return died

    def all_finished(self) -> bool:
        return all(state == "finished" for (state,) in self.rows("state"))

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
