"""Backups and the restore drill, and the nightly look at rows and files, on local files and in a bucket."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import empty

from aifashion.upkeep import backups, reconciling
from aifashion.upkeep.holdings import home_of, kept_models, models_with_files, named_files, walk
from patterns.files import file_fields
from patterns.studio.keeping import make_collection
from tests.aifashion.drill import steady
from tests.conftest import SiteClient
from tests.factories import make_fabric, make_photo, make_result, make_stock
from tests.homes import BUCKETS
from tests.patterns.jobs.house import House
from tryon.management.commands.sweep_files import ROOMS
from tryon.models import Photo, Result, StockGarment
from tryon.sharing import share
from tryon.storage import catalogue_storage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def backup_place(storage, settings, tmp_path) -> str:
    """Where backups go: beside the files of this test, a folder or a bucket's own folder."""
    from aifashion.settings import _bucket, _folder

    known = copy.deepcopy(settings.STORAGES)
    known["backup"] = (
        _folder(str(tmp_path / "backups"), None) if storage == "local files" else _bucket(BUCKETS[0], "backups", True)
    )
    settings.STORAGES = known
    settings.MODELS_ROOT = tmp_path / "models"
    catalogue_storage._wrapped = empty
    return storage


def run(*words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out, **options)
    return out.getvalue()


def a_lived_in_house(owner) -> dict[str, Any]:
    """Rows of every shape: files, JSON, bytes, many-to-many, a session, times to the microsecond."""
    photo, result = make_photo(owner.person), make_result(owner.person)
    photo.mend_steps.create(number=1, action={"tap": [0.1, 0.2]}, labels=b"\x00\xff\x10bytes")
    make_collection(owner.person, "Spring · früh").fabrics.add(make_fabric(owner.person, seed=5))
    user = User.objects.create_user("ada", "ada@example.com", "wonderland-17")
    user.groups.add(Group.objects.get_or_create(name="Curators")[0])
    make_stock()
    share(result, 30, True)
    store, folder = backups.home_of_made_models()
    store.save(f"{folder}/textiles/plaid-9.onnx".lstrip("/"), ContentFile(b"a model made here"))
    return {"photo": photo, "result": result}


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row, with all its values and what it is joined to."""
    told = {}
    for model in kept_models():
        fields = [field.attname for field in model._meta.concrete_fields]
        joined = [field.name for field in model._meta.many_to_many]
        rows = []
        for row in model._base_manager.order_by("pk"):
            values = {name: plain(getattr(row, name)) for name in fields}
            values |= {name: sorted(getattr(row, name).values_list("pk", flat=True)) for name in joined}
            rows.append(values)
        told[model._meta.label] = rows
    return told


def plain(value: Any) -> Any:
    if isinstance(value, models.fields.files.FieldFile):
        return value.name
    return bytes(value) if isinstance(value, memoryview) else value


def all_bytes() -> dict[str, bytes]:
    told = {}
    for alias, names in named_files().items():
        for name in names:
            with storages[alias].open(name) as file:
                told[f"{alias}/{name}"] = file.read()
    return told


def lose_everything() -> None:
    """The database as after `migrate`, the storages empty."""
    connection.check_constraints()
    call_command("flush", interactive=False, verbosity=0)
    for alias in ("default", "catalogue"):
        for name in list(walk(storages[alias])):
            storages[alias].delete(name)
    for name in models_made():
        backups.home_of_made_models()[0].delete(name)


def models_made() -> list[str]:
    store, folder = backups.home_of_made_models()
    return list(walk(store, folder))


def test_the_restore_drill_brings_back_every_row_and_every_byte(owner, backup_place):
    made = a_lived_in_house(owner)
    addresses = [reverse("result", args=[made["result"].public_id]), reverse("results"), reverse("clothes")]
    rows, content, models_before = everything(), all_bytes(), models_made()
    before = [steady(owner.client.get(address).content) for address in addresses]
    assert "Backup 2" in run("backup")
    lose_everything()
    assert SiteClient().get(addresses[0]).status_code == 404
    assert "Restored" in run("restore")
    assert everything() == rows
    assert all_bytes() == content
    assert models_made() == models_before
    after = [steady(owner.client.get(address).content) for address in addresses]
    for old, new in zip(before, after, strict=True):
        assert not [line for line in new.splitlines() if line not in old.splitlines()]
    assert User.objects.get().check_password("wonderland-17")


def test_new_rows_after_a_restore_get_numbers_of_their_own(owner, backup_place):
    a_lived_in_house(owner)
    newest = Photo.objects.latest("pk").pk
    run("backup")
    lose_everything()
    run("restore")
    assert make_photo(owner.person).pk > newest
    make_collection(owner.person, "Autumn").fabrics.add(make_fabric(owner.person, seed=9))


def test_a_second_backup_copies_only_what_is_new(owner, backup_place, monkeypatch):
    a_lived_in_house(owner)
    run("backup")
    copied = []
    put = backups.put
    monkeypatch.setattr(backups, "put", lambda home, name, content: (copied.append(name), put(home, name, content)))
    photo = make_photo(owner.person)
    now = timezone.now() + timedelta(days=1)
    backups.make_backup(now)
    fresh = sorted(name for name in copied if name.startswith("files/"))
    assert fresh == sorted(
        f"files/default/{getattr(photo, each.name).name}" for each in file_fields(Photo) if getattr(photo, each.name)
    )


def test_old_backups_go_and_with_them_what_was_deleted_since(owner, backup_place):
    made = a_lived_in_house(owner)
    now = timezone.now()
    backups.make_backup(now)
    gone = {f"files/default/{name}" for name in named_files()["default"]}
    made["photo"].delete()
    left = {f"files/default/{name}" for name in named_files()["default"]}
    gone -= left
    for day in (1, 2):
        backups.make_backup(now + timedelta(days=day))
    assert gone <= set(walk(backups.backup_home(), "files"))
    assert backups.prune(2) == len(gone) > 0
    kept = set(walk(backups.backup_home(), "files"))
    assert not gone & kept
    assert left <= kept
    assert len(backups.stamps()) == 2


def test_a_backup_that_was_cut_off_is_none(owner, backup_place, monkeypatch):
    a_lived_in_house(owner)
    put, count = backups.put, iter(range(100))

    def dies(home, name, content):
        if next(count) == 4:
            raise KeyboardInterrupt
        put(home, name, content)

    monkeypatch.setattr(backups, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        run("backup")
    assert backups.stamps() == []
    monkeypatch.setattr(backups, "put", put)
    backups.make_backup(timezone.now() + timedelta(minutes=1))
    rows = everything()
    lose_everything()
    run("restore")
    assert everything() == rows


def test_restoring_refuses_what_would_harm(owner, backup_place):
    with pytest.raises(CommandError, match="no backup"):
        run("restore")
    a_lived_in_house(owner)
    run("backup")
    stamp = backups.stamps()[0]
    with pytest.raises(CommandError, match=r"not empty.*photos"):
        run("restore")
    rows = everything()
    lose_everything()
    with pytest.raises(CommandError, match="There are: "):
        run("restore", "20200101T000000Z")
    home, name = backups.backup_home(), f"rows/{stamp}.jsonl.gz"
    with home.open(name) as file:
        content = file.read()
    home.delete(name)
    home.save(name, ContentFile(content[:-10]))
    with pytest.raises(CommandError, match="damaged"):
        run("restore")
    assert not Photo.objects.exists()
    home.delete(name)
    home.save(name, ContentFile(content))
    run("restore")
    assert everything() == rows


def test_a_backup_of_another_version_of_the_site_is_refused(owner, backup_place, monkeypatch):
    a_lived_in_house(owner)
    run("backup")
    lose_everything()
    monkeypatch.setattr("aifashion.upkeep.restoring.applied_migrations", lambda: ["tryon.0001_initial"])
    with pytest.raises(CommandError, match="another version"):
        run("restore")


def test_every_model_with_files_is_swept_and_knows_its_home():
    assert {model for _, _, model in ROOMS} == set(models_with_files())
    assert {home_of(each) for each in file_fields(StockGarment)} == {"catalogue"}
    assert {home_of(each) for each in file_fields(Photo)} == {"default"}


def test_a_house_in_order_is_left_alone(owner, backup_place):
    a_lived_in_house(owner)
    assert "0 lack files. 0 files have no row; 0 more are young" in run("reconcile")


def test_files_without_rows_are_told_and_removed_once_they_are_old(owner, backup_place):
    make_photo(owner.person)
    for home, name in ((default_storage, "photos/orphan.png"), (catalogue_storage, "stock/orphan.png")):
        home.save(name, ContentFile(b"left over"))
    assert "2 more are young" in run("reconcile", "--fix")
    with pytest.raises(CommandError, match="--fix"):
        run("reconcile", "--hours", "0")
    assert default_storage.exists("photos/orphan.png")
    assert "2 files removed" in run("reconcile", "--hours", "0", "--fix")
    assert not default_storage.exists("photos/orphan.png")
    assert "0 files have no row; 0" in run("reconcile", "--hours", "0")


def test_rows_without_files_are_told_and_mended(owner, backup_place, django_capture_on_commit_callbacks):
    whole, torn, simple, stock = (
        make_photo(owner.person),
        make_photo(owner.person),
        make_photo(owner.person),
        make_stock(),
    )
    Photo.objects.filter(pk=simple.pk).update(evidence="photos/never-there.bin")
    StockGarment.objects.update(digest="d" * 64)
    default_storage.delete(torn.labels.name)
    catalogue_storage.delete(stock.screen.name)
    with pytest.raises(CommandError):
        run("reconcile")
    with django_capture_on_commit_callbacks(execute=True):
        said = run("reconcile", "--fix")
    assert f"tryon.Photo {torn.pk} lacks labels" in said
    assert set(Photo.objects.values_list("pk", "evidence")) == {(whole.pk, ""), (simple.pk, "")}
    assert not default_storage.exists(torn.image.name), "the rest of a torn photo goes too"
    assert StockGarment.objects.get().digest == "", "load_stock brings its files again"


def test_workers_look_every_night_and_say_so_only_when_something_is_amiss(owner, backup_place, caplog):
    from aifashion.upkeep import chores
    from patterns.jobs.chores import _chores

    assert f"{chores.__name__}.compare_rows_and_files" in _chores
    photo = make_photo(owner.person)
    chores.compare_rows_and_files()
    assert not caplog.records or "lack files" not in caplog.text
    default_storage.delete(photo.labels.name)
    chores.compare_rows_and_files()
    assert "1 of 1 rows lack files" in caplog.text
    assert Photo.objects.exists(), "mending is for a person to ask for"


def test_a_wrong_bucket_is_not_taken_for_a_loss(owner, backup_place):
    for _ in range(reconciling.FEW + 1):
        photo = make_photo(owner.person)
    for name in list(walk(default_storage)):
        default_storage.delete(name)
    with pytest.raises(CommandError, match="nothing was changed"):
        run("reconcile", "--fix")
    assert Photo.objects.filter(pk=photo.pk).exists()
    assert Result.objects.count() == 0


SITE = """
import django, sys, json
django.setup()
from django.core.management import call_command
from tests import factories
from tests.aifashion.drill import tell, furnish
words = sys.argv[1:]
if words[0] == "furnish":
    furnish()
elif words[0] == "tell":
    print(json.dumps(tell()))
else:
    call_command(*words)
"""


def site(folder: Path, url: str, backup: Path) -> Callable[..., str]:
    """A site in processes of its own: ``site("backup")`` is ``manage.py backup`` there."""
    settings = {"MEDIA_ROOT": str(folder), "BACKUP_TO": str(backup), "ALLOWED_HOSTS": "testserver"}
    return House(folder, SITE, DATABASE_URL=url, **settings).run


def test_a_site_moves_from_sqlite_to_postgresql_and_back_through_its_backups(tmp_path, postgres):
    """The whole drill with real databases: what people see and download is the same, byte for byte."""
    first = site(tmp_path / "one", f"sqlite:///{tmp_path}/one.sqlite3", tmp_path / "backup-1")
    second = site(tmp_path / "two", postgres.create("drill"), tmp_path / "backup-1")
    first("prepare_site")
    first("furnish")
    told = first("tell")
    first("backup")
    second("migrate", "-v0")
    second("restore")
    assert second("tell") == told
    assert json.loads(told)["downloads"]
    assert "0 lack files. 0 files have no row" in second("reconcile")
    onward = site(tmp_path / "two", postgres.url_of("drill"), tmp_path / "backup-2")
    onward("backup")
    third = site(tmp_path / "three", f"sqlite:///{tmp_path}/three.sqlite3", tmp_path / "backup-2")
    third("migrate", "-v0")
    third("restore")
    assert third("tell") == told
