"""Taking everything out, and deleting an account with every byte of it: looked for in every table, file and version."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from aifashion.accounts import leaving
from aifashion.accounts.export import export_everything
from aifashion.accounts.models import choose_mode
from ml.textiles.recipe_file import RecipeFile
from patterns.jobs import engine
from patterns.jobs.models import Job
from patterns.models import Fabric
from patterns.ownership import Person, owned_models
from patterns.studio.keeping import make_collection, put_into
from tests import traces
from tests.conftest import SiteClient, give_second_step
from tests.factories import make_fabric, make_job, make_photo, make_result
from tryon import sharing
from tryon.models import Photo, Result

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stand_in_models")]
PASSWORD = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("person-ada", "ada@example.com", PASSWORD)


def fill(user: User) -> Result:
    """One of everything, connected; a second photo that is kept."""
    person = Person(user.pk)
    photo, fabric = make_photo(person), make_fabric(person)
    Fabric.objects.filter(pk=fabric.pk).update(is_saved=True, is_favourite=True, name="Meadow / May")
    put_into(make_collection(person, "Spring"), fabric, True)
    result = make_result(person, photo, fabric)
    sharing.share(result, 30, with_photo=True)
    make_photo(person, is_kept=True)
    make_job(person)
    choose_mode(user.pk, "designer")
    give_second_step(user)
    return result


def signed_in(user: User) -> SiteClient:
    client = SiteClient()
    client.force_login(user)
    return client


def exported(client: SiteClient) -> zipfile.ZipFile:
    answer = client.get(reverse("export"))
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def delete(client: SiteClient, password: str = PASSWORD):
    return client.post(reverse("delete-account"), {"password": password})


def test_everything_comes_out_in_one_zip(ada, home):
    result = fill(ada)
    with exported(signed_in(ada)) as packed:
        assert packed.testzip() is None
        index = json.loads(packed.read("everything.json"))
        names = set(packed.namelist())
        assert len([name for name in names if name.startswith("photos/")]) == 4
        with default_storage.open(result.image.name) as kept:
            assert packed.read(index["results"][0]["file"]) == kept.read()
        assert Image.open(io.BytesIO(packed.read(index["photos"][0]["file"]))).size == (120, 160)
        fabric = index["fabrics"][0]
        again = RecipeFile.from_json(packed.read(fabric["file"]))
        assert again.recipe == Fabric.objects.get().as_recipe()
        assert {each["file"] for kind in ("photos", "results", "fabrics") for each in index[kind]} <= names
    assert index["account"]["email"] == "ada@example.com"
    assert index["account"]["mode"] == "designer"
    assert (fabric["name"], fabric["favourite"], fabric["recipe"]["seed"]) == ("Meadow / May", True, 17)
    assert index["collections"] == [{"name": "Spring", "fabrics": [fabric["id"]]}]
    assert index["results"][0]["on"] == index["photos"][0]["id"]
    assert index["results"][0]["links"][0]["open"]
    assert index["missing"] == []


def test_what_was_mended_comes_out_as_mended(ada):
    photo = make_photo(Person(ada.pk))
    step = photo.mend_steps.create(number=1, action={"kind": "reset"}, labels=b"the mended outlines")
    Photo.objects.filter(pk=photo.pk).update(mend=step)
    with exported(signed_in(ada)) as packed:
        (mended,) = [name for name in packed.namelist() if name.endswith("-mended.png")]
        assert packed.read(mended) == b"the mended outlines"


def test_a_file_that_is_gone_is_named_and_the_rest_comes(ada):
    result = fill(ada)
    default_storage.delete(result.image.name)
    with exported(signed_in(ada)) as packed:
        index = json.loads(packed.read("everything.json"))
        assert index["missing"] == [index["results"][0]["file"]]
        assert len([name for name in packed.namelist() if name.startswith("photos/")]) == 4


def test_nobody_elses_things_come_out(ada, stranger):
    fill(ada)
    make_result(stranger.person)
    make_photo(Person(User.objects.create_user("bob").pk))
    with exported(signed_in(ada)) as packed:
        index = json.loads(packed.read("everything.json"))
    assert [len(index[kind]) for kind in ("photos", "results", "fabrics", "collections")] == [2, 1, 1, 1]


def test_the_zip_is_written_as_it_is_read(ada):
    """However much there is, one file at a time is in memory."""
    fill(ada)
    sizes = [len(piece) for piece in export_everything(ada)]
    assert len(sizes) == 7, "a piece for each file, and the end"
    assert max(sizes) < sum(sizes) / 2


def test_deleting_the_account_leaves_nothing(ada, home):
    client, elsewhere = signed_in(ada), signed_in(ada)
    result = fill(ada)
    AccessAttempt.objects.create(username="ada@example.com", ip_address="203.0.113.7", failures_since_start=1)
    things = [row for model in owned_models() for row in model.objects.all()]
    words = traces.words_of(*things, *result.share_links.all()) | {"ada@example.com", "person-ada", ada.password}
    link = reverse("shared", args=[sharing.token_of(result.share_links.get())])
    assert traces.in_tables(words)
    assert len(traces.in_storage()) == 11

    assert delete(client)["Location"] == reverse("account-deleted")

    assert traces.in_tables(words) == []
    assert traces.in_storage() == []
    for model in owned_models():
        assert not model.objects.exists(), model
    assert SiteClient().get(link).status_code == 404
    for browser in (client, elsewhere):
        assert browser.get(reverse("profile")).status_code == 302
    again = client.post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD})
    assert again.status_code == 200, "there is nobody to sign in"


def test_it_takes_the_password(ada):
    client = signed_in(ada)
    fill(ada)
    refused = delete(client, "a guess")
    assert refused.status_code == 400
    assert "not your password" in refused.content.decode()
    assert delete(client, "").status_code == 400
    client.get(reverse("delete-account"))
    assert User.objects.filter(pk=ada.pk).exists()
    assert Result.objects.exists()


def test_other_peoples_things_stay(ada, stranger):
    theirs = make_result(stranger.person)
    bobs = fill(User.objects.create_user("bob"))
    fill(ada)
    before = {name for row in (theirs, bobs) for name in (row.image.name, row.photo.image.name)}
    delete(signed_in(ada))
    assert set(Result.objects.all()) == {theirs, bobs}
    assert all(default_storage.exists(name) for name in before)
    assert bobs.share_links.exists()


def test_the_log_goes_on_without_the_name(ada):
    boss = User.objects.create_superuser("person-boss", "boss@example.com", PASSWORD)
    result = fill(ada)
    fill(boss)

    def note(by: User, about, said: str) -> None:
        kind = ContentType.objects.get_for_model(about)
        LogEntry.objects.create(
            user=by,
            content_type=kind,
            object_id=str(about.pk),
            object_repr=said,
            action_flag=CHANGE,
            change_message=said,
        )

    note(boss, ada, "ada@example.com")
    note(boss, result, str(result))
    note(boss, result.share_links.get(), f"Link to {result}")
    note(boss, result.fabric.generator_version, "A version")
    words = {"ada@example.com", str(result), "person-ada"}
    delete(signed_in(ada))
    assert LogEntry.objects.count() == 4, "what was done stays written down"
    assert traces.in_tables(words) == []
    assert LogEntry.objects.filter(user=boss).count() == 4
    made = Job.objects.get(owner=boss)

    delete(signed_in(boss))
    assert LogEntry.objects.count() == 4
    assert {entry.user.username for entry in LogEntry.objects.all()} == {leaving.NOBODY}
    assert LogEntry.objects.filter(object_repr="A version").exists(), "about the house's own things it says all it said"
    assert traces.in_tables({"boss@example.com", "person-boss"}) == []
    made.refresh_from_db()
    assert made.owner is None, "what staff began is the house's work"
    nobody = User.objects.get()
    assert (nobody.is_active, nobody.has_usable_password()) == (False, False)


def test_an_account_with_very_much_is_closed_at_once_and_deleted_by_a_worker(ada, monkeypatch):
    monkeypatch.setattr(leaving, "AT_ONCE", 1)
    result = fill(ada)
    client, elsewhere = signed_in(ada), signed_in(ada)
    words = traces.words_of(result, result.photo) | {"ada@example.com", "person-ada"}
    told = client.post(reverse("delete-account"), {"password": PASSWORD}, follow=True)
    assert "under way" in told.content.decode()
    assert elsewhere.get(reverse("profile")).status_code == 302
    assert (
        SiteClient().post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD}).status_code
        == 200
    )
    assert Photo.objects.exists()
    assert engine.work_once()
    assert traces.in_tables(words) == []
    assert traces.in_storage() == []
    assert Job.objects.get().state == Job.State.FINISHED


def test_what_came_late_from_before_signing_in_goes_too(ada, owner):
    owner.client.post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD})
    make_photo(owner.person)
    delete(owner.client)
    assert not Photo.objects.exists()
