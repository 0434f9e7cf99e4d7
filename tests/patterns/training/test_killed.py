"""SIGKILL of the worker in every stage of a run: it is finished exactly once, and nothing is doubled or lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.patterns.jobs.house import ROOT, House

from .conftest import draw_pictures

STEPS = 12
# A worker that kills itself once at each moment, while it does what every worker does.
PROGRAM = """
import os, signal, sys
import django
django.setup()
from pathlib import Path
from django.core.management import call_command

def die_once(moment):
    mark = Path(os.environ["MARKS"]) / moment
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)

def work():
    from ml.textiles import appraise, discover, export
    from patterns.jobs.work import Work
    from patterns.training import work as training
    discover.STYLES, discover.FABRICS, discover.MOVED, discover.USUAL, discover.BASES = 256, 32, 2, 8, 2
    report, parity, draft = Work.report, export.check_parity, training.make_draft

    def report_and_die(self, stage, *how):
        report(self, stage, *how)
        if stage.startswith("Step 7 of"):
            die_once("training")
        if stage.startswith("Looking for copies"):
            die_once("evaluation")

    def check_and_die(*given):
        die_once("export")
        return parity(*given)

    def publish_and_die(*given):
        made = draft(*given)
        die_once("publishing")
        return made

    Work.report, export.check_parity, training.make_draft = report_and_die, check_and_die, publish_and_die

if sys.argv[1] == "begin":
    call_command("migrate", verbosity=0)
    from patterns.models import Category
    from patterns.training.services import start_run
    start_run(Category.objects.create(slug="stitch", name="Stitch"), None, net="trial", steps=int(sys.argv[2]))
else:
    work()
    call_command(*sys.argv[1:])
"""


def lines_of(folder: Path, name: str) -> list[int]:
    (found,) = folder.glob(f"media/training/run-*/{name}")
    return [json.loads(line)["step"] for line in found.read_text().splitlines()]


def test_a_run_survives_a_kill_in_every_stage(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    draw_pictures(tmp_path / "data")
    house = House(
        tmp_path,
        PROGRAM,
        MARKS=str(marks),
        AIFASHION_DATA=str(tmp_path / "data"),
        TRAINING_CHUNK_SECONDS="1",
        OMP_NUM_THREADS="1",
    )
    try:
        house.run("begin", str(STEPS))
        deaths = house.outlive(4)
    finally:
        house.end()
    assert sorted(mark.name for mark in marks.iterdir()) == ["evaluation", "export", "publishing", "training"]
    assert deaths == 4
    assert house.rows("state, step, reason", "training_trainingrun") == [("finished", STEPS, "")]
    assert house.rows("state, version", "patterns_generatorversion")[0][0] == "draft"
    assert len(house.rows("id", "patterns_generatorversion")) == 1
    assert len(list((tmp_path / "media" / "models" / "textiles").iterdir())) == 4
    assert lines_of(tmp_path, "scores.jsonl") == list(range(1, STEPS + 1))


# A server that is killed while a curator publishes, at the moment named.
PUBLISHER = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from django.db.models import QuerySet
from patterns import services
from patterns.models import Category, GeneratorVersion

def make(state, name):
    files = {"weights_name": name, "weights_sha256": name, "onnx_name": name, "onnx_sha256": name}
    category, _ = Category.objects.get_or_create(slug="stitch", name="Stitch")
    return GeneratorVersion.objects.create(category=category, version=name, state=state, **files)

if sys.argv[1] == "begin":
    call_command("migrate", verbosity=0)
    make("published", "old"), make("draft", "new")
else:
    update, done = QuerySet.update, []

    def update_and_die(rows, **fields):
        changed = update(rows, **fields)
        done.append(fields)
        if len(done) == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return changed

    QuerySet.update = update_and_die
    services.publish_version(GeneratorVersion.objects.get(version="new"))
"""


def test_publishing_that_is_killed_is_not_half_done(tmp_path):
    house = House(tmp_path, PUBLISHER)
    house.run("begin")
    for updates in (1, 2):
        command = [sys.executable, "-c", PUBLISHER, str(updates)]
        killed = subprocess.run(command, cwd=ROOT, env=house.environment, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
        assert house.rows("version, state", "patterns_generatorversion") == [("old", "published"), ("new", "draft")]
    house.run("3")
    assert house.rows("version, state", "patterns_generatorversion") == [("old", "retired"), ("new", "published")]
