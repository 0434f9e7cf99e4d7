"""Staff come to their pages with a second factor, or are sent to set one up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

Next = Callable[[HttpRequest], HttpResponse]
SET_UP_FIRST = _("Staff pages need a second step at signing in. Set it up here; after that they open.")
STAFF_POWERS = ("job", "job-cancel")  # pages outside admin where staff see what is not theirs


class StaffNeedMfa:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not ("admin" in match.app_names or match.url_name in STAFF_POWERS):
            return None
        if match.view_name in ("admin:login", "admin:logout", "admin:jsi18n"):
            return None
        user = request.user
        if not user.is_authenticated or not user.is_staff or is_mfa_enabled(user):
            return None
        messages.info(request, SET_UP_FIRST)
        return redirect("mfa_activate_totp")
