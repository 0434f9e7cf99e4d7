"""The pages of mending outlines and of choosing whom to dress."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from patterns.ownership import person_of
from tryon import mend
from tryon.access import photo_in_use
from tryon.forms import TryOnForm
from tryon.mend_page import MendForm, address_after, carry_out, mend_page
from tryon.models import Photo


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def mend_photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    photo = photo_in_use(person_of(request), public_id)
    if request.method == "POST":
        return _change(request, photo)
    if not TryOnForm.is_complete(request.GET):  # so that the fabric shown stays the same from change to change
        return redirect(f"{request.path}?{TryOnForm(request.GET, photo).address()}")
    mend.prepare(photo)
    form = MendForm(request.GET, photo)
    said = request.GET.get("said", "")
    return render(request, "tryon/mend.html", mend_page(photo, request.GET, form, said))


@require_POST
def choose_person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    photo = photo_in_use(person_of(request), public_id)
    number = request.POST.get("person", "")
    try:
        mend.choose_person(photo, int(number) if number.isascii() and number.isdecimal() and len(number) < 3 else -1)
    except ObjectDoesNotExist:
        raise Http404 from None
    return redirect(f"{photo.get_absolute_url()}?{_without_garments(request.GET)}")


def _change(request: HttpRequest, photo: Photo) -> HttpResponse:
    form = MendForm(request.POST, photo)
    if not form.is_valid():
        return render(request, "tryon/mend.html", mend_page(photo, request.GET, form), status=400)
    try:
        said = carry_out(form)
    except ObjectDoesNotExist:
        raise Http404 from None
    if request.headers.get("HX-Request"):  # a script asks: the page at once, without the way back to it
        return render(request, "tryon/mend.html", mend_page(photo, request.GET, MendForm(request.POST, photo), said))
    return redirect(address_after(photo, request.GET, form, said))


def _without_garments(query: QueryDict) -> str:
    """The look's state for another person, who wears other garments."""
    state = query.copy()
    state.pop("garment", None)
    state.pop("sure", None)
    return state.urlencode()
