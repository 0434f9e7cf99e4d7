"""Whose things are whose."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError
from django.test import RequestFactory

from patterns.models import Fabric
from patterns.ownership import SESSION_KEY, Person, belonging_to, made_by, new_person_of, person_of
from tests.factories import make_fabric, make_person, version_of

pytestmark = pytest.mark.django_db


def request_of(rf: RequestFactory, **session):
    request = rf.get("/")
    request.user = AnonymousUser()
    request.session = SessionStore()
    request.session.update(session)
    return request


def test_each_sees_ones_own_and_nobody_sees_nothing():
    ada, bob = make_person(), make_person()
    fabric = make_fabric(ada)
    assert list(Fabric.objects.filter(belonging_to(ada))) == [fabric]
    assert not Fabric.objects.filter(belonging_to(bob)).exists()
    assert not Fabric.objects.filter(belonging_to(Person())).exists()


def test_an_account_has_its_own_and_what_this_browser_made_before():
    visitor = make_person()
    ada = User.objects.create_user("ada")
    before, after = make_fabric(visitor), make_fabric(Person(ada.pk, visitor.visitor))
    assert set(Fabric.objects.filter(belonging_to(Person(ada.pk, visitor.visitor)))) == {before, after}
    assert list(Fabric.objects.filter(belonging_to(visitor))) == [before], "what the account made is not the browser's"
    assert list(Fabric.objects.filter(belonging_to(Person(ada.pk)))) == [after]


def test_a_thing_has_a_maker():
    with pytest.raises(ValueError, match="by somebody"):
        made_by(Person())
    with pytest.raises(IntegrityError):
        Fabric.objects.create(generator_version=version_of(), recipe={})


def test_looking_gives_no_visitor_id_and_making_gives_one_that_stays(rf):
    request = request_of(rf)
    assert person_of(request) == Person()
    assert SESSION_KEY not in request.session
    person = new_person_of(request)
    assert person.visitor
    assert new_person_of(request) == person_of(request) == person


@pytest.mark.parametrize("broken", ["", "not a uuid", None, 17, ["x"]])
def test_a_broken_visitor_id_is_nobody(rf, broken):
    assert person_of(request_of(rf, **{SESSION_KEY: broken})) == Person()


def test_public_ids_cannot_be_guessed():
    person = make_person()
    ids = {make_fabric(person).public_id for _ in range(5)}
    assert len(ids) == 5
    assert all(each.version == 4 for each in ids)
