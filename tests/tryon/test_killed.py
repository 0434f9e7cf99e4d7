"""SIGKILL at every moment of an upload and of keeping a result: never a row without its files, orphans are swept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A process of its own, that kills itself at the moment named, while it does what a request would do.
PROGRAM = """
import io, os, signal, sys
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
call_command("migrate", verbosity=0)
from ml.compositing.placement import Placement
from tests import factories
from patterns import services as patterns_services
from tryon import services
from tryon.models import Photo, Result

patterns_services.generator_for = lambda version: factories.StandInGenerator()
services.segmenter = lambda: factories.StandInSegmenter()
work, moment = sys.argv[1], sys.argv[2]
person = factories.make_person()
if work == "keep":
    look = services.Look(("top",), factories.version_of("plaid"), factories.Recipe(17), Placement())
    photo = factories.make_photo(person)
model = Photo if work == "upload" else Result

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

real, saved = FileSystemStorage._save, []
def save(storage, name, content):
    if moment == f"in file {len(saved) + 1}":
        real(storage, name, ContentFile(content.read()[:100]))
        die()
    saved.append(name)
    return real(storage, name, content)
FileSystemStorage._save = save
create = model.objects.create
def create_and_die(**fields):
    if moment == "before the row":
        die()
    row = create(**fields)
    if moment == "before the commit":
        die()
    return row
model.objects.create = create_and_die
if work == "upload":
    content = factories.encoded(factories.photo_pixels())
    services.accept_photo(person, io.BytesIO(content), len(content))
else:
    services.keep_result(person, photo, look)
die()
"""
# What is left, told by another process: rows of the model, its files, files that rows name but that are not there.
QUESTION = """
import django
django.setup()
import sys
from django.core.management import call_command
from tryon.management.commands.sweep_files import files_in, known_files
from django.core.files.storage import default_storage
from tryon.models import Photo, Result
model, folder = (Photo, "photos") if sys.argv[1] == "upload" else (Result, "results")
there = set(files_in(default_storage, folder))
known = known_files(model)
print(model.objects.count(), len(there), len(known - there))
call_command("sweep_files", "--minutes", "0", verbosity=0, stdout=open("/dev/null", "w"))
print(len(set(files_in(default_storage, folder)) - known))
"""


def run(program: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "aifashion.settings",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "MEDIA_ROOT": str(folder / "media"),
    }
    words = (sys.executable, "-c", program, *words)
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("work", "moment", "rows"),
    [
        ("upload", "in file 1", 0),
        ("upload", "before the row", 0),
        ("upload", "before the commit", 0),
        ("upload", "at the end", 1),
        ("keep", "in file 2", 0),
        ("keep", "before the commit", 0),
    ],
)
def test_a_kill_leaves_whole_rows_and_at_most_orphans_that_are_swept(tmp_path, work, moment, rows):
    killed = run(PROGRAM, tmp_path, work, moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    told = run(QUESTION, tmp_path, work)
    assert told.returncode == 0, told.stderr
    counted, files, missing, after = map(int, told.stdout.split())
    assert counted == rows
    assert missing == 0
    assert files > 0
    assert after == 0
