"""SIGKILL in the middle of an import: it goes on where it was, no row comes twice, and what is left over is swept."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from patterns.swatches.index import COLUMNS
from tests.factories import encoded
from tests.patterns.jobs.house import House
from tests.patterns.swatches.builders import cloth
from tests.patterns.swatches.server import Pictures

ROOT = Path(__file__).resolve().parents[3]
LINES = 6
# A process of its own that takes in an index, and kills itself at the moment named, at the third picture.
PROGRAM = """
import os, signal, sys
import django
django.setup()
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from patterns.models import Category
from patterns.swatches import services, taking_in
from patterns.swatches.models import Item, Swatch
from tests.patterns.swatches.server import fetcher_for_tests

index, moment = sys.argv[1:]
call_command("migrate", verbosity=0)
Category.objects.get_or_create(slug="zigzag", defaults={"name": "Zigzag"})
services.fetcher = fetcher_for_tests()

def die():
    os.kill(os.getpid(), signal.SIGKILL)

settle, save, read = taking_in.settle, FileSystemStorage._save, services.IndexSource.read
done = lambda: Item.objects.exclude(state="waiting").count()

def settle_and_die(item, *rest):
    settle(item, *rest)
    if moment == "in the transaction" and done() == 3:
        die()

def save_and_die(storage, name, content):
    kept = save(storage, name, content)
    if moment == "between two files" and done() == 2 and name.startswith("swatches"):
        die()
    return kept

def read_and_die(source, number, name):
    if moment == "while fetching" and done() == 2:
        die()
    return read(source, number, name)

taking_in.settle, FileSystemStorage._save, services.IndexSource.read = settle_and_die, save_and_die, read_and_die
if moment == "while planning":
    services.Item.objects.bulk_create = lambda *_: die()
call_command("import_swatches", index, source="An index", licence="Various", stdout=open(os.devnull, "w"))
call_command("sweep_files", minutes=0, stdout=open(os.devnull, "w"))
states = sorted(Item.objects.values_list("number", "state"))
files = sorted(name for _, _, names in os.walk(os.environ["MEDIA_ROOT"]) for name in names if name.endswith((".jpg", ".webp")))
known = sorted(str(name).rsplit("/", 1)[-1] for row in Swatch.objects.values_list("image", "thumbnail") for name in row)
pairs = list(Swatch.objects.values_list("item__number", "view"))
print(states, len(pairs), len(set(pairs)), files == known, sep="|")
"""


@pytest.mark.parametrize("moment", ["while planning", "while fetching", "between two files", "in the transaction"])
def test_an_import_that_was_killed_goes_on_and_no_row_comes_twice(moment, tmp_path):
    files = {f"/{n}.png": encoded(cloth(n, 400)) for n in range(1, LINES)}
    with Pictures(files).open() as server:
        index = write_index(tmp_path / "index.csv", [f"{server.address}/{n}.png" for n in range(1, LINES + 1)])
        killed = run(tmp_path, index, moment)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        finished = run(tmp_path, index, "never")
    states = [(n, "done") for n in range(1, LINES)] + [(LINES, "failed")]
    swatches = 2 * (LINES - 1)
    assert finished.stdout.strip() == f"{states}|{swatches}|{swatches}|True", finished.stderr


def write_index(path: Path, addresses: list[str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(("zig zag", address, 400, 400, 0, 0, 400, 400, "0.8;1.2") for address in addresses)
    return path


def run(folder: Path, index: Path, moment: str) -> subprocess.CompletedProcess[str]:
    own = {
        "DJANGO_SETTINGS_MODULE": "aifashion.settings",
        "AIFASHION_ENV": "development",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
    }
    command = [sys.executable, "-c", PROGRAM, str(index), moment]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True)


# A worker that kills itself once at each moment while it takes in a zip that a curator brought.
WORKER = """
import os, signal, sys
import django
django.setup()
from pathlib import Path
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from patterns.models import Category
from patterns.ownership import Person
from patterns.swatches import jobs, services, taking_in
from patterns.swatches.models import Item

def die_once(moment):
    mark = Path(os.environ["MARKS"]) / moment
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)

done = lambda: Item.objects.exclude(state="waiting").count()
if sys.argv[1] == "bring":
    call_command("migrate", verbosity=0)
    zigzag = Category.objects.create(slug="zigzag", name="Zigzag")
    with open(sys.argv[2], "rb") as file:
        delivery = services.receive([("cloth.zip", file)], zigzag, "A test", "CC0")
    for click in range(2):
        jobs.ask_to_take_in(delivery, Person())
else:
    create, settle, save = Item.objects.bulk_create, taking_in.settle, FileSystemStorage._save
    let_go = services._let_file_go

    def plan_and_die(*given):
        create(*given)
        die_once("planning")

    def settle_and_die(item, *rest):
        settle(item, *rest)
        if done() == 3:
            die_once("in the transaction")

    def save_and_die(storage, name, content):
        kept = save(storage, name, content)
        if done() == 1 and name.startswith("swatches"):
            die_once("between two files")
        return kept

    def let_go_and_die(delivery):
        let_go(delivery)
        die_once("at the end")

    services.Item.objects.bulk_create, taking_in.settle, FileSystemStorage._save = plan_and_die, settle_and_die, save_and_die
    services._let_file_go = let_go_and_die
    call_command(*sys.argv[1:])
"""


def test_a_worker_killed_during_an_import_leaves_it_to_the_next_one_and_nothing_comes_twice(tmp_path):
    marks, brought = tmp_path / "marks", tmp_path / "cloth.zip"
    marks.mkdir()
    with zipfile.ZipFile(brought, "w") as packed:
        for number in range(1, LINES):
            packed.writestr(f"{number}.png", encoded(cloth(number, 400)))
    house = House(tmp_path, WORKER, MARKS=str(marks))
    try:
        house.run("bring", str(brought))
        deaths = house.outlive(4)
    finally:
        house.end()
    assert deaths == 4
    assert house.rows("state, result") == [("finished", f'{{"done": {LINES - 1}, "known": 0, "failed": 0}}')]
    assert house.rows("number, state", "swatches_item") == [(number, "done") for number in range(1, LINES)]
    assert sorted(house.rows("item_id, view", "swatches_swatch")) == [(number, 0) for number in range(1, LINES)]
    assert house.rows("file", "swatches_delivery") == [("",)]
