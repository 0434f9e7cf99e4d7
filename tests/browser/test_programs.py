"""The pages for people who write programs: a token made, used and revoked, and what can be asked."""

from __future__ import annotations

import pytest
import requests
from django.contrib.auth.models import User

from tests.browser.test_for_everyone import offences_on

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_a_token_is_made_used_and_revoked(visit, size, scheme):
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    visitor = visit(size, scheme=scheme)
    page = visitor.page
    page.goto("/account/tokens/")
    page.fill("#id_login", "ada@example.com")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/tokens/")
    page.get_by_label("Name of the token").fill("My camera")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator(".api-secret code").inner_text()
    offences = offences_on(page)
    program = {"Authorization": f"Bearer {secret}"}
    asked = f"{visitor.address}/api/v1/categories"
    assert len(requests.get(asked, headers=program, timeout=60).json()) == 12
    page.get_by_role("button", name="Revoke My camera").click()
    assert "is revoked" in page.locator("main").inner_text()
    assert requests.get(asked, headers=program, timeout=60).status_code == 401
    page.goto("/api/")
    assert "GET /api/v1/photos/{photo_id}/segments" in page.locator("main").inner_text()
    assert offences + offences_on(page) == []
