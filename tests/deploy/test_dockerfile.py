"""What can be said of the Dockerfile without building it; ``make rehearse-docker`` and ``make check-docker`` do the rest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.deploy.conftest import ROOT
from tests.deploy.rehearse import read_stages
from tests.test_house_rules import ROOMS

STAGES = read_stages((ROOT / "Dockerfile").read_text())


def test_hadolint_has_nothing_to_complain_about():
    linted = subprocess.run([Path(sys.executable).with_name("hadolint"), "Dockerfile"], cwd=ROOT, capture_output=True)
    assert (linted.returncode, linted.stdout) == (0, b"")


def copied(stage: str) -> set[str]:
    words = [rest.split() for word, rest in STAGES[stage] if word == "COPY" and not rest.startswith("--from")]
    return {source for each in words for source in each[:-1]}


def test_site_and_worker_hold_the_same_and_every_room_of_the_site():
    assert copied("web") == copied("worker")
    assert copied("web") >= {*ROOMS, "manage.py", "static", "templates", "deploy/gunicorn.conf.py"}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied("web") <= let_in


def test_no_stage_runs_as_root():
    for stage in ("web", "worker", "training"):
        (user,) = [rest for word, rest in STAGES[stage] if word == "USER"]
        assert user.isdigit()
        assert int(user) > 0


def test_memory_is_kept_alike_in_the_image_by_make_run_and_where_it_is_measured():
    told = [
        dict(re.findall(r'"?(MALLOC_\w+)"?(?:=|: ")(\d+)', (ROOT / name).read_text()))
        for name in ("Dockerfile", "Makefile", "tests/real_site.py")
    ]
    assert len(told[0]) == 3
    assert told[0] == told[1] == told[2]
