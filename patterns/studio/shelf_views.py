"""A person's saved fabrics, their families, favourites and collections. Another person's are not found."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ml.errors import RecipeError
from patterns import queries
from patterns.models import Collection, Fabric
from patterns.ownership import Person, new_person_of, person_of
from patterns.studio import keeping, services
from patterns.studio.forms import ChangeForm, read_work, refuse_errors
from patterns.studio.shelf_page import fabric_page, shelf_page
from patterns.studio.views import version_or_404

FABRICS_A_PAGE = 24


@require_POST
def save(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """Onto the shelf of whoever asks, with its family."""
    work = read_work(version_or_404(category, version), request.POST)
    services.block_of(work.version, work.recipe)  # a recipe that this generator cannot draw is refused here
    person = new_person_of(request)
    source = queries.fabrics_of(person).filter(public_id=work.source).first() if work.source else None
    return redirect(keeping.save_fabric(person, work.version, work.recipe, source))


@require_safe
@never_cache
def my_fabrics(request: HttpRequest) -> HttpResponse:
    person, favourites = person_of(request), "favourites" in request.GET
    fabrics = queries.saved_fabrics(person)
    if favourites:
        fabrics = fabrics.filter(is_favourite=True)
    page = Paginator(fabrics, FABRICS_A_PAGE).get_page(request.GET.get("page"))
    context = shelf_page(person, list(page)) | {"page": page, "favourites": favourites}
    return render(request, "patterns/studio/shelf.html", context)


@require_safe
@never_cache
def fabric(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request)
    return render(request, "patterns/studio/fabric.html", fabric_page(person, fabric_or_404(person, public_id)))


@require_POST
def change_fabric(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person, form = person_of(request), ChangeForm(request.POST)
    found = fabric_or_404(person, public_id)
    refuse_errors(form)
    wish = form.cleaned_data["do"]
    if wish == "remove":
        keeping.forget_fabric(found)
        return redirect("my-fabrics")
    if wish in ("favourite", "plain"):
        keeping.set_favourite(found, wish == "favourite")
    elif wish == "name":
        keeping.name_fabric(found, form.cleaned_data["name"])
    elif wish in ("collect", "take-out"):
        keeping.put_into(_collection(person, form), found, wish == "collect")
    else:
        raise RecipeError(_("There is no such button on this page. Go back and choose one of those shown."))
    return redirect(found)


@require_safe
@never_cache
def collection(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request)
    found = collection_or_404(person, public_id)
    page = Paginator(found.fabrics.select_related("generator_version__category"), FABRICS_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = shelf_page(person, list(page)) | {"page": page, "collection": found}
    return render(request, "patterns/studio/shelf.html", context)


@require_POST
def change_collection(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Its fabrics stay on the shelf when a collection goes."""
    found, form = collection_or_404(person_of(request), public_id), ChangeForm(request.POST)
    refuse_errors(form)
    if form.cleaned_data["do"] == "delete":
        found.delete()
        return redirect("my-fabrics")
    if form.cleaned_data["do"] != "name" or not form.cleaned_data["name"]:
        raise RecipeError(_("Give the collection a name."))
    found.name = form.cleaned_data["name"]
    found.save(update_fields=["name"])
    return redirect(found)


def fabric_or_404(person: Person, public_id: UUID) -> Fabric:
    found = queries.fabrics_of(person).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def collection_or_404(person: Person, public_id: UUID) -> Collection:
    found = queries.collections_of(person).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _collection(person: Person, form: ChangeForm) -> Collection:
    """The one that is named by id, or by a name that may be new."""
    given = form.cleaned_data
    if given["collection"]:
        return collection_or_404(person, given["collection"])
    if not given["name"]:
        raise RecipeError(_("Give the collection a name."))
    return keeping.make_collection(person, given["name"])
