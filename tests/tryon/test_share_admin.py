"""Staff's page of share links: that there are some, and how they are ended; not whose they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from patterns.training.roles import ADMINISTRATORS, CURATORS
from tests.factories import make_result, make_staff
from tryon.models import Result, ShareLink
from tryon.sharing import share, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
LIST = "/admin/tryon/sharelink/"


@pytest.fixture
def administrator(anonymous):
    anonymous.force_login(make_staff("ada", ADMINISTRATORS))
    return anonymous


def test_neither_the_owner_nor_the_link_is_shown(administrator, owner):
    named = User.objects.create_user("rosa", email="rosa@example.com")
    theirs, mine = make_result(owner.person), make_result(owner.person)
    Result.objects.filter(pk=theirs.pk).update(owner=named, visitor=None)
    links = [share(Result.objects.get(pk=each.pk), 30, True) for each in (theirs, mine, mine)]
    pages = [administrator.get(LIST), *(administrator.get(f"{LIST}{link.pk}/change/") for link in links)]
    shown = "".join(page.content.decode() for page in pages)
    assert {page.status_code for page in pages} == {200}
    for secret in (
        "rosa",
        str(owner.person.visitor)[:8],
        *(token_of(each) for each in links),
        *(str(each.key) for each in links),
    ):
        assert secret not in shown
    makers = [page.content.decode().split("somebody (")[1][:6] for page in pages[1:]]
    assert makers[1] == makers[2] != makers[0]
    assert "_save" not in shown


def test_links_are_ended_and_that_is_logged(administrator, owner):
    link, over = (share(make_result(owner.person), 30, False) for _ in range(2))
    ShareLink.objects.filter(pk=over.pk).update(expires=timezone.now() - timedelta(days=1))
    address = reverse("shared", args=[token_of(link)])
    assert owner.client.get(address).status_code == 200
    for said in ("1 link ended.", "None of these was open any more."):
        form = {"action": "revoke", "_selected_action": [link.pk, over.pk]}
        assert said in administrator.post(LIST, form, follow=True).content.decode()
    assert owner.client.get(address).status_code == 410
    assert LogEntry.objects.get().change_message.endswith("for everybody who has it.")
    over.refresh_from_db()
    assert over.revoked is None


def test_curators_have_nothing_to_do_with_them(administrator):
    User.objects.get(username="ada").groups.set([Group.objects.get(name=CURATORS)])
    assert administrator.get(LIST).status_code == 403


def test_many_links_are_listed_with_few_queries(administrator, owner, django_assert_max_num_queries):
    result = make_result(owner.person)
    ShareLink.objects.bulk_create([ShareLink(result=result, expires=timezone.now()) for _ in range(2000)])
    with django_assert_max_num_queries(12):
        assert administrator.get(LIST).status_code == 200
