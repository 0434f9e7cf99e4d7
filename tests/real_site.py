"""The site as people meet it: gunicorn in processes of its own, SQLite in a file, the bundled models."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]


class Site:
    """The site in a process of its own, on a free port."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "AIFASHION_ENV": "development",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": str(folder / "media"),
            "MALLOC_ARENA_MAX": "2",  # as the image and make run have it
            **environment,
        }
        self.manage("prepare_site")
        self.start()

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        words = ["-m", "gunicorn", "aifashion.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=self.environment, stdout=quiet, stderr=quiet, start_new_session=True
        )
        for _ in range(150):
            try:
                requests.get(f"{self.address}/health/live", timeout=2)
                return
            except requests.RequestException:  # not yet listening, or still loading
                time.sleep(0.2)
        raise AssertionError("The server did not start.")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def rows(self, model: str) -> int:
        question = f"from tryon.models import {model} as m; print(m.objects.count())"
        return int(self.manage("shell", "-v0", "-c", question))


def token(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return found[1]
