"""Making and ending links to a result, and what somebody sees who was given one."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from patterns.downloads import send_file
from patterns.ownership import person_of
from tryon import sharing
from tryon.access import result_or_404
from tryon.models import ShareLink
from tryon.share_page import ShareForm, shared_page, shows_before

NOT_FOR_SEARCH = "noindex, nofollow, noarchive, noimageindex"


@require_POST
def make_link(request: HttpRequest, public_id: UUID) -> HttpResponse:
    result, form = result_or_404(person_of(request), public_id), ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how long the link is to work from the list."))
        return redirect(f"{result.get_absolute_url()}#share")
    try:
        sharing.share(result, form.cleaned_data["days"], form.cleaned_data["photo"])
    except sharing.TooManyLinks:
        messages.error(request, _("This result has many links already. End one of them first."))
    return redirect(f"{result.get_absolute_url()}#share")


@require_POST
def end_link(request: HttpRequest, public_id: UUID, key: UUID) -> HttpResponse:
    result = result_or_404(person_of(request), public_id)
    sharing.revoke(get_object_or_404(result.share_links, key=key))
    return redirect(f"{result.get_absolute_url()}#share")


@require_safe
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponseBase:
    return _for_guests(request, token, lambda link: render(request, "tryon/shared.html", shared_page(link, token)))


@require_safe
@never_cache
def shared_picture(request: HttpRequest, token: str) -> HttpResponseBase:
    return _for_guests(request, token, lambda link: send_file(link.result.screen))


@require_safe
@never_cache
def shared_before(request: HttpRequest, token: str) -> HttpResponseBase:
    return _for_guests(request, token, _send_before)


def _send_before(link: ShareLink) -> HttpResponseBase:
    wearable = link.result.photo or link.result.stock
    if wearable is None or not shows_before(link):
        raise Http404
    return send_file(wearable.screen)


def _for_guests(request: HttpRequest, token: str, answer: Callable[[ShareLink], HttpResponseBase]) -> HttpResponseBase:
    """What an open link shows; for one that ended or never was, one kind page. Never for search engines."""
    link = sharing.link_of(token)
    if link is not None and link.is_open:
        response = answer(link)
    else:
        response = render(request, "tryon/link_ended.html", status=404 if link is None else 410)
    response["X-Robots-Tag"] = NOT_FOR_SEARCH
    response["Referrer-Policy"] = "no-referrer"
    return response
