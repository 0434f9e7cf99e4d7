"""Pages about the API: a person's tokens, and what can be asked."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aifashion.api import routes
from aifashion.api.forms import TokenForm
from aifashion.api.pages import groups_of
from aifashion.api.tokens import MOST, TooManyTokens, make_token, tokens_of


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    return render(request, "api/documentation.html", {"groups": groups_of(routes.api.get_openapi_schema())})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The list, and after making one the token itself, which is never shown again."""
    person, secret = cast(int, request.user.pk), ""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            secret = make_token(person, form.cleaned_data["name"])[1]
            form = TokenForm()
        except TooManyTokens:
            said = _("You have %(most)s tokens, which is as many as there can be. Revoke one first.")
            form.add_error("name", said % {"most": MOST})
    context = {"form": form, "tokens": tokens_of(person), "secret": secret}
    return render(request, "api/tokens.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    token = get_object_or_404(tokens_of(cast(int, request.user.pk)), public_id=public_id)
    token.delete()
    said = _("“%(name)s” is revoked. A program that shows it is refused from now on.")
    messages.success(request, said % {"name": token.name})
    return redirect("api-tokens")
