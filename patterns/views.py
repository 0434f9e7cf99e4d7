"""Fabrics drawn on demand: single tiles, and pages of eight fresh ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from ml.errors import RecipeError
from patterns import queries, services
from patterns.forms import FabricPageForm, SeedForm, TileForm, first_error
from patterns.models import GeneratorVersion

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe

DEFAULT_SIZE = 256
Draw = Callable[[GeneratorVersion, "Recipe", int], bytes]
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    return render(request, "patterns/categories.html", {"categories": queries.offered_categories()})


@require_safe
def fabrics(request: HttpRequest, category: str) -> HttpResponse:
    """Eight fabrics. The address names the first seed, so the page can be found again; without one it begins anywhere."""
    chosen = get_object_or_404(queries.offered_categories(), slug=category)
    form = FabricPageForm(request.GET)
    if not form.is_valid():
        raise RecipeError(first_error(form))
    first = form.cleaned_data["from"]
    if first is None:
        response = redirect(f"{request.path}?from={services.fresh_seed()}")
        response["Cache-Control"] = "no-store"
        return response
    context = {
        "category": chosen,
        "categories": queries.offered_categories(),
        "version": queries.published_version(category),
        "seeds": services.page_of_seeds(first),
        "next": services.next_page(first),
    }
    return render(request, "patterns/fabrics.html", context)


@require_safe
def gallery(request: HttpRequest, category: str = "") -> HttpResponse:
    """The first seeds as they come: a row of each category, or forty of one."""
    offered = queries.offered_categories()
    chosen = get_object_or_404(offered, slug=category) if category else None
    shown = [chosen] if chosen else list(offered)
    versions = queries.published_versions()
    seeds = range(services.GALLERY_SEEDS if chosen else services.GALLERY_ROW)
    walls = [{"category": each, "version": versions[each.pk], "seeds": seeds} for each in shown]
    context = {"category": chosen, "categories": offered, "walls": walls, "last": services.GALLERY_SEEDS - 1}
    return render(request, "patterns/gallery.html", context)


@require_safe
def tile(request: HttpRequest, category: str, seed: str) -> HttpResponse:
    """One tile as PNG, exact."""
    return _tile(request, category, seed, "png", services.draw_fabric)


@require_safe
def shown_tile(request: HttpRequest, category: str, seed: str) -> HttpResponse:
    """The same for a page to show."""
    return _tile(request, category, seed, "webp", services.show_fabric)


def _tile(request: HttpRequest, category: str, seed: str, form: str, draw: Draw) -> HttpResponse:
    """One tile, drawn now. With its version in the address (``v``) it may be kept for ever."""
    from ml.textiles.recipe import Recipe

    seed_form, asked = SeedForm({"seed": seed}), TileForm(request.GET)
    for checked in (seed_form, asked):
        if not checked.is_valid():
            raise RecipeError(first_error(checked))
    version = _version_or_404(category, asked.cleaned_data["v"])
    recipe, size = Recipe(seed=seed_form.cleaned_data["seed"]), asked.cleaned_data["size"] or DEFAULT_SIZE
    etag = services.fabric_etag(version, recipe, size, form)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(draw(version, recipe, size), content_type=f"image/{form}")
    response["ETag"] = etag
    response["Cache-Control"] = FOR_EVER if asked.cleaned_data["v"] else ASK_AGAIN
    return response


def _version_or_404(category: str, name: str) -> GeneratorVersion:
    try:
        return queries.past_or_present_version(category, name) if name else queries.published_version(category)
    except GeneratorVersion.DoesNotExist:
        raise Http404 from None
