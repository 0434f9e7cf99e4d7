"""An account's own pages, beside those of allauth: what is in it, how it is used."""

from __future__ import annotations

from typing import cast

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aifashion.accounts.export import export_everything, file_name
from aifashion.accounts.forms import DeleteForm, ModeForm
from aifashion.accounts.leaving import leave
from aifashion.accounts.models import Profile, choose_mode
from aifashion.accounts.pages import profile_page
from aifashion.errors import bad_request
from patterns.downloads import PRIVATE
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
@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything the person has, to take along."""
    return StreamingHttpResponse(
        export_everything(signed_in(request)),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name()}"',
            "Cache-Control": PRIVATE,
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = DeleteForm(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "accounts/delete.html", {"form": form}, status=400 if form.is_bound else 200)
    logout(request)
    is_done = leave(user)
    return redirect("account-deleted" if is_done else f"{reverse('account-deleted')}?soon")


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/deleted.html", {"is_done": "soon" not in request.GET})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The published page on retention; its figures are those that the code goes by."""
    return render(request, "privacy.html", {"photo_hours": PHOTO_HOURS})
