"""The site as people meet it: gunicorn in processes of its own, SQLite in a file, the bundled models."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import requests

from tests.postgres import free_port
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[1]


class Site:
    """The site in processes of its own, on a free port. prepared: what manage.py does before."""

    def __init__(
        self,
        folder: Path,
        *,
        as_deployed: bool = False,
        prepared: Iterable[tuple[str, ...]] = (("prepare_site",),),
        **environment: str,
    ) -> None:
        self.folder, self.as_deployed, self.port = folder, as_deployed, free_port()
        self.log = folder / "gunicorn.log"
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "AIFASHION_ENV": "development",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": str(folder / "media"),
            # As the image and make run have it.
            "MALLOC_ARENA_MAX": "2",
            "MALLOC_MMAP_THRESHOLD_": "2097152",
            "MALLOC_TRIM_THRESHOLD_": "67108864",
            "PORT": str(self.port),
            **environment,
        }
        for words in prepared:
            self.manage(*words)
        self.start()

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        simply = ("--bind", f"127.0.0.1:{self.port}", "--threads", "4")
        options = ("-c", "deploy/gunicorn.conf.py") if self.as_deployed else simply
        command = [sys.executable, "-m", "gunicorn", "aifashion.wsgi", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(lambda: self.status("/health/live") == 200, self.log.read_text)

    def status(self, path: str) -> int:
        """0: nobody answered."""
        try:
            return requests.get(self.address + path, timeout=30).status_code
        except requests.RequestException:
            return 0

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def rows(self, model: str) -> int:
        question = f"from tryon.models import {model} as m; print(m.objects.count())"
        return int(self.manage("shell", "-v0", "-c", question))


def token(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return found[1]
