"""One picture in six fabrics, side by side."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from patterns import queries as fabrics
from patterns.ownership import person_of
from patterns.references import FabricReference
from patterns.services import FRESH_SEEDS, fresh_seed
from tryon.access import photo_in_use, stock_or_404
from tryon.forms import TryOnForm
from tryon.models import Photo, StockGarment
from tryon.try_page import addresses_of, in_two_sizes, mask_version_of

CELLS = 6


@require_safe
@never_cache
def sheet_photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _sheet(request, photo_in_use(person_of(request), public_id))


@require_safe
@never_cache
def sheet_stock(request: HttpRequest, slug: str) -> HttpResponse:
    return _sheet(request, stock_or_404(slug))


def _sheet(request: HttpRequest, wearable: Photo | StockGarment) -> HttpResponse:
    """The look of the address, in six fabrics that ``six`` decides; without it the address comes to name six of them."""
    form, addresses = TryOnForm(request.GET, wearable), addresses_of(wearable)
    if not form.is_valid() or not form.is_confirmed:
        return redirect(f"{addresses.page}?{form.address()}")
    six = request.GET.get("six", "")
    if not six.isdecimal() or len(six) > 9:
        return redirect(f"{addresses.sheet}?{urlencode([*form.state(), ('six', fresh_seed())])}")
    context = {
        "wearable": wearable,
        "cells": [_cell(form, choice, wearable) for choice in _six_fabrics(form, int(six))],
        "back": f"{addresses.page}?{form.address()}",
        "others": f"{addresses.sheet}?{urlencode([*form.state(), ('six', fresh_seed())])}",
    }
    return render(request, "tryon/sheet.html", context)


def _six_fabrics(form: TryOnForm, first: int) -> list[FabricReference]:
    """The one that is on, then five others, of other categories where there are enough."""
    slugs = [category.slug for category in fabrics.offered_categories()]
    on = form.choice
    others = [slug for slug in slugs if on is None or slug != on.category] or slugs
    seeds = [(first + place) % FRESH_SEEDS for place in range(CELLS - 1)]
    fresh = [FabricReference.of_seed(others[seed % len(others)], seed) for seed in seeds]
    return [on, *fresh] if on else fresh


def _cell(form: TryOnForm, choice: FabricReference, wearable: Photo | StockGarment) -> dict[str, Any]:
    addresses = addresses_of(wearable)
    changed = {"fabric": str(choice), "category": choice.category, "from": str(choice.recipe.seed)}
    state = [(name, changed.get(name, value)) for name, value in form.state()]
    picture = f"{addresses.preview}?{urlencode([*state, ('v', mask_version_of(wearable))])}"
    return {
        "label": choice.label,
        "is_on": choice == form.choice,
        "page": f"{addresses.page}?{urlencode(state)}",
        "picture": picture,
        "sizes": in_two_sizes(picture, wearable),
    }
