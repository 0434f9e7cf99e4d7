"""Coming in: by e-mail and password, with a second step where there is one; staff always with one; closed after failures."""

from __future__ import annotations

import re
import smtplib

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse

from aifashion.accounts.chores import forget_failed_sign_ins
from tests.conftest import SECOND_STEP, SiteClient, digits

pytestmark = pytest.mark.django_db
PASSWORD, ANOTHER = "correct horse battery", "staple of many colours"
LINK = re.compile(r"http://testserver(/\S+)")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", "boss@example.com", PASSWORD)


def sign_in(client, email="ada@example.com", password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def is_in(client) -> bool:
    return client.get(reverse("profile")).status_code == 200


def test_an_account_is_an_address_and_a_password(anonymous):
    page = anonymous.get(reverse("account_signup")).content.decode()
    assert 'name="username"' not in page
    form = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert anonymous.post(reverse("account_signup"), form)["Location"] == reverse("profile")
    assert is_in(anonymous)
    assert "eve" not in User.objects.get().username, "no name is made of what people did not give as one"
    assert sign_in(SiteClient(), "eve@example.com").status_code == 302


def test_a_name_is_no_way_in(anonymous, ada):
    assert sign_in(anonymous, "ada").status_code == 200
    assert not is_in(anonymous)


def test_the_address_is_verified_before_the_first_visit_where_that_is_asked(anonymous, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
    anonymous.post(reverse("account_signup"), form)
    assert not is_in(anonymous)
    link = LINK.search(mail.outbox[0].body)[1]
    assert "mine" in anonymous.get(link).content.decode()
    anonymous.post(link)
    assert EmailAddress.objects.get().verified
    sign_in(anonymous, "eve@example.com")
    assert is_in(anonymous)


def test_a_forgotten_password_is_replaced_by_mail(anonymous, ada):
    anonymous.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    link = LINK.search(mail.outbox[0].body)[1]
    form_page = anonymous.get(link, follow=True)
    address = form_page.redirect_chain[-1][0]
    anonymous.post(address, {"password1": ANOTHER, "password2": ANOTHER})
    assert sign_in(anonymous, password=PASSWORD).status_code == 200
    sign_in(anonymous, password=ANOTHER)
    assert is_in(anonymous)


def test_nobody_learns_who_has_an_account(anonymous, ada):
    known = anonymous.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    unknown = anonymous.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_a_mail_server_that_is_away_is_no_failed_page(anonymous, ada, monkeypatch):
    def away(*_, **__):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    told = anonymous.post(reverse("account_reset_password"), {"email": "ada@example.com"}, follow=True)
    assert told.status_code == 200
    assert "could not be sent just now" in told.content.decode()


def test_who_has_a_second_step_is_asked_for_it(anonymous, ada):
    totp = TOTP.activate(ada, SECOND_STEP)
    codes = RecoveryCodes.activate(ada)
    assert sign_in(anonymous)["Location"].startswith(reverse("mfa_authenticate"))
    assert not is_in(anonymous)
    anonymous.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not is_in(anonymous)
    anonymous.post(reverse("mfa_authenticate"), {"code": digits(totp.instance.data["secret"])})
    assert is_in(anonymous)
    lost_phone = SiteClient()
    sign_in(lost_phone)
    lost_phone.post(reverse("mfa_authenticate"), {"code": codes.get_unused_codes()[0]})
    assert is_in(lost_phone)


def test_staff_set_up_their_second_step_before_their_pages_open(anonymous, boss):
    admin = reverse("admin:index")
    assert anonymous.get(admin, follow=True).redirect_chain[-1][0].startswith(reverse("account_login"))
    assert sign_in(anonymous, "boss@example.com", QUERY_STRING=f"next={admin}").status_code == 302
    sent = anonymous.get(admin, follow=True)
    assert sent.redirect_chain[-2][0] == reverse("mfa_activate_totp")
    assert "Staff pages need a second step" in sent.content.decode()
    confirmed = anonymous.post(sent.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    assert confirmed.redirect_chain[-1][0] == reverse("mfa_activate_totp")
    page = confirmed.content.decode()
    assert "data:image/svg+xml" in page
    secret = re.search(r'class="secret">(\w+)<', page)[1]
    done = anonymous.post(reverse("mfa_activate_totp"), {"code": digits(secret)}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    assert done.content.decode().count("<li><code>") == 10
    assert anonymous.get(admin).status_code == 200


def test_staff_without_it_get_no_page_of_admin_at_all(anonymous, boss):
    sign_in(anonymous, "boss@example.com")
    for name in ("index", "auth_user_changelist", "tryon_photo_changelist", "swatches_delivery_add"):
        assert anonymous.get(reverse(f"admin:{name}"))["Location"] == reverse("mfa_activate_totp")
        assert anonymous.post(reverse(f"admin:{name}"))["Location"] == reverse("mfa_activate_totp")
    assert anonymous.get("/").status_code == 200, "as a shopper one comes without"


def test_switching_it_off_closes_the_pages_again(anonymous, boss):
    anonymous.force_login(boss)
    assert anonymous.get(reverse("admin:index")).status_code == 200
    Authenticator.objects.all().delete()
    assert anonymous.get(reverse("admin:index"))["Location"] == reverse("mfa_activate_totp")


def test_the_door_of_admin_is_the_same_door(anonymous, boss, ada):
    """Admin's own form would let people in by the password alone."""
    address = reverse("admin:login")
    told = anonymous.post(address, {"username": "boss", "password": PASSWORD})
    assert told["Location"].startswith(reverse("account_login"))
    assert not is_in(anonymous)
    sign_in(anonymous)
    assert anonymous.get(address).status_code == 403, "signed in, and not staff"


def test_after_five_failures_the_door_is_closed_for_a_while(anonymous, boss, ada, time_machine):
    time_machine.move_to("2030-05-01 12:00", tick=False)
    for _ in range(4):
        assert sign_in(anonymous, "Boss@example.com", "wrong").status_code == 200
    closed = sign_in(anonymous, "boss@example.com", "wrong")
    assert closed.status_code == 429
    assert closed["Retry-After"] == "900"
    assert "Too many tries" in closed.content.decode()
    assert sign_in(anonymous, "boss@example.com").status_code == 429, "the right password too"
    elsewhere = SiteClient(REMOTE_ADDR="203.0.113.7")
    assert sign_in(elsewhere, "boss@example.com").status_code == 302, "nobody is locked out by somebody else"
    kept = AccessAttempt.objects.values_list("username", "post_data")
    assert {username for username, _ in kept} == {"boss@example.com"}
    assert not any("wrong" in data or "boss" in data.lower() for _, data in kept)
    assert sign_in(SiteClient()).status_code == 302, "from the same address another account is open"
    time_machine.shift(15 * 60 + 1)
    sign_in(anonymous, "boss@example.com")
    assert is_in(anonymous)


def test_behind_a_balancer_each_address_is_counted_for_itself(ada, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client = SiteClient()
    for _ in range(5):
        told = sign_in(client, password="wrong", headers={"x-forwarded-for": "198.51.100.1, 203.0.113.9"})
    assert told.status_code == 429
    forged = sign_in(client, headers={"x-forwarded-for": "192.0.2.1, 203.0.113.9"})
    assert forged.status_code == 429, "what the client itself writes there does not count"
    assert sign_in(client, headers={"x-forwarded-for": "203.0.113.10"}).status_code == 302


def test_the_second_step_cannot_be_guessed_either(anonymous, ada):
    TOTP.activate(ada, SECOND_STEP)
    sign_in(anonymous)
    for _ in range(12):
        told = anonymous.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Too many" in told.content.decode()
    anonymous.post(reverse("mfa_authenticate"), {"code": digits(SECOND_STEP)})
    assert not is_in(anonymous)


def test_one_account_two_modes(anonymous, ada):
    def first() -> str:
        page = anonymous.get("/").content.decode()
        return re.findall(r'<li><a href="([^"]+)"', page)[0]

    anonymous.force_login(ada)
    assert first() == reverse("clothes")
    assert anonymous.post(reverse("change-mode"), {"mode": "designer"})["Location"] == reverse("studio-start")
    assert first() == reverse("studio-start")
    assert 'value="designer" aria-pressed="true"' in anonymous.get(reverse("profile")).content.decode()
    anonymous.post(reverse("change-mode"), {"mode": "shopper"})
    assert first() == reverse("clothes")
    assert anonymous.post(reverse("change-mode"), {"mode": "pirate"}).status_code == 400


def test_failed_sign_ins_are_forgotten_after_a_day(anonymous, ada, time_machine):
    time_machine.move_to("2030-05-01 12:00")
    sign_in(anonymous, password="wrong")
    time_machine.move_to("2030-05-02 11:50")
    forget_failed_sign_ins()
    assert AccessAttempt.objects.exists()
    time_machine.move_to("2030-05-02 12:10")
    forget_failed_sign_ins()
    assert not AccessAttempt.objects.exists()
