"""A person's photos in a list, and how long each of them stays."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from patterns.ownership import person_of
from tryon import queries, retention
from tryon.access import photo_or_404

PHOTOS_A_PAGE = 24


@require_safe
@never_cache
def my_photos(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.photos_to_list(person_of(request)), PHOTOS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "tryon/photos.html", {"page": page})


@require_POST
def choose_stay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep a photo, or let it go a day after its last use like the others."""
    retention.choose(photo_or_404(person_of(request), public_id), request.POST.get("keep") == "yes")
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "my-photos")
