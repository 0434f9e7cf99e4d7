"""An account's own pages, beside those of allauth: what is in it, how it is used."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aifashion.accounts.forms import ModeForm
from aifashion.accounts.models import Profile, choose_mode
from aifashion.accounts.pages import profile_page
from aifashion.errors import bad_request
from patterns.ownership import person_of
from tryon.models import PHOTO_HOURS


def signed_in(request: HttpRequest) -> User:
    """Whoever asks, behind ``login_required``."""
    return cast(User, request.user)


@require_safe
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/profile.html", profile_page(person_of(request)))


@require_POST
@login_required
def change_mode(request: HttpRequest) -> HttpResponse:
    """The same account, seen as somebody who tries on or as somebody who designs."""
    form = ModeForm(request.POST)
    if not form.is_valid():
        return bad_request(request, None)
    mode = form.cleaned_data["mode"]
    choose_mode(signed_in(request).pk, mode)
    return redirect("studio-start" if mode == Profile.Mode.DESIGNER else "clothes")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The published page on retention; its figures are those that the code goes by."""
    return render(request, "privacy.html", {"photo_hours": PHOTO_HOURS})
