"""What a browser made before signing in goes along into the account: all of it, or nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.urls import reverse

from patterns.models import Collection, Fabric
from patterns.moving import move_work
from patterns.ownership import Person, belonging_to, owned_models
from patterns.studio.keeping import make_collection, put_into
from tests.factories import make_fabric, make_job, make_person, make_photo, make_result
from tryon import sharing
from tryon.models import Photo, Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
PASSWORD = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


def make_everything(person: Person) -> Result:
    """One of each kind of thing that has an owner, and a link to the result."""
    photo, fabric = make_photo(person), make_fabric(person)
    fabric.is_saved = fabric.is_favourite = True
    fabric.save()
    put_into(make_collection(person, "Spring"), fabric, True)
    result = make_result(person, photo, fabric)
    sharing.share(result, 30, False)
    make_job(person)
    return result


def sign_in(client):
    return client.post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD})


def test_everything_made_before_is_the_accounts_after_signing_in(owner, ada, anonymous):
    result = make_everything(owner.person)
    assert {model for model in owned_models() if model.objects.exists()} == set(owned_models())
    assert sign_in(owner.client).status_code == 302
    for model in owned_models():
        assert list(model.objects.values_list("owner", "visitor")) == [(ada.pk, None)], model
    assert owner.client.get(result.get_absolute_url()).status_code == 200
    shared = reverse("shared", args=[sharing.token_of(result.share_links.get())])
    assert anonymous.get(shared).status_code == 200, "links go along"
    fabric = Fabric.objects.get()
    assert fabric.is_favourite
    assert list(fabric.collections.values_list("name", flat=True)) == ["Spring"]
    page = owner.client.get(reverse("profile")).content.decode()
    for address in (result.get_absolute_url(), result.photo.get_absolute_url(), fabric.get_absolute_url()):
        assert address in page


def test_signing_up_brings_it_along_too(owner):
    result = make_everything(owner.person)
    form = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert owner.client.post(reverse("account_signup"), form).status_code == 302
    assert Result.objects.get(pk=result.pk).owner == User.objects.get(email="eve@example.com")
    assert Photo.objects.get().visitor is None


def test_an_account_that_has_work_keeps_each_thing_once(owner, ada):
    mine = Person(ada.pk)
    had = make_everything(mine)
    fabric = Fabric.objects.get()
    Fabric.objects.update(is_favourite=False, name="")
    other = make_fabric(owner.person, seed=18)
    same = make_fabric(owner.person)
    Fabric.objects.filter(pk=same.pk).update(is_saved=True, is_favourite=True, name="Meadow")
    for each in (same, other):
        put_into(make_collection(owner.person, "Spring"), each, True)
    brought = make_result(owner.person, fabric=same)
    sign_in(owner.client)
    fabric.refresh_from_db()
    assert (fabric.is_favourite, fabric.name) == (True, "Meadow")
    assert set(Fabric.objects.filter(belonging_to(mine))) == {fabric, other}
    assert set(Collection.objects.get().fabrics.all()) == {fabric, other}
    assert set(Result.objects.filter(belonging_to(mine), fabric=fabric)) == {had, Result.objects.get(pk=brought.pk)}
    assert not Fabric.objects.filter(owner=None).exists()


def test_the_family_of_a_fabric_follows(ada):
    before = make_person()
    known = make_fabric(Person(ada.pk))
    parent, child = make_fabric(before), make_fabric(before, seed=99)
    child.parentages.create(parent=parent)
    move_work(before.visitor, ada.pk)
    assert list(child.parents.all()) == [known]


def test_all_of_it_moves_or_nothing(ada, monkeypatch):
    before = make_person()
    make_everything(before)
    kinds = owned_models()

    class Refuses:
        class _default_manager:
            @staticmethod
            def filter(*_):
                raise IntegrityError("the last kind cannot move")

    monkeypatch.setattr("patterns.moving.owned_models", lambda: [*kinds, Refuses])
    with pytest.raises(IntegrityError):
        move_work(before.visitor, ada.pk)
    for model in kinds:
        assert model.objects.get().visitor == before.visitor, model


def test_moving_twice_does_no_harm(ada):
    before = make_person()
    make_everything(before)
    assert move_work(before.visitor, ada.pk) == len(owned_models())
    assert move_work(before.visitor, ada.pk) == 0


def test_what_came_late_goes_along_at_signing_out(owner, ada):
    """An upload that began before signing in is written under the visitor's id after it."""
    make_photo(owner.person)
    sign_in(owner.client)
    late = make_photo(owner.person)
    address = reverse("photo-thumbnail", args=[late.public_id])
    assert owner.client.get(address).status_code == 200
    owner.client.post(reverse("account_logout"))
    late.refresh_from_db()
    assert late.owner == ada
    assert owner.client.get(address).status_code == 404


def test_nobody_elses_work_moves(owner, stranger, ada):
    theirs = make_photo(stranger.person)
    sign_in(owner.client)
    theirs.refresh_from_db()
    assert theirs.visitor == stranger.person.visitor
