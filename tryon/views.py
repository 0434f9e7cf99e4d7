"""The pages of trying on. Each view fetches, checks, calls one service and answers."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ml.errors import PlacementError
from patterns import queries as fabrics
from patterns.downloads import send_bytes, send_file, send_public
from patterns.ownership import new_person_of, person_of
from patterns.references import FabricReference
from patterns.services import DOWNLOAD_SIZE, draw_fabric
from patterns.units import reads_inches, to_inches
from patterns.uploads import UploadError
from patterns.words import told
from tryon import queries, services
from tryon.access import photo_in_use, photo_or_404, result_or_404, stock_or_404
from tryon.forms import TryOnForm, UploadForm
from tryon.layers import Held
from tryon.models import Photo, Result, StockGarment
from tryon.pictures import SCREEN_SIDE, SMALL_SIDE
from tryon.share_page import pattern_width, pieces_of, sharing_context
from tryon.storage import catalogue_storage
from tryon.try_page import about_photo, addresses_of, dressed_garments, try_page

RESULTS_A_PAGE = 24
LATEST_PHOTOS = 12
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    seed = datetime.now(UTC).date().toordinal()  # another fabric of each category every day
    categories, garments = list(fabrics.offered_categories()), list(queries.wardrobe()[:6])
    context = {
        "categories": categories,
        "seed": seed,
        "garments": garments,
        "dressed": dressed_garments(garments[:3], categories, seed),
    }
    return render(request, "tryon/home.html", context)


@require_safe
@never_cache
def clothes(request: HttpRequest) -> HttpResponse:
    return _clothes_page(request, fabric=request.GET.get("fabric", ""))


@read_or_post
@never_cache
def upload_photo(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("clothes")
    form = UploadForm(request.POST, request.FILES)
    fabric = request.POST.get("fabric", "")
    if not form.is_valid():
        return _clothes_page(request, fabric, error=[_("Choose a file or take a photo, then try again.")])
    file = form.cleaned_data["file"]
    try:
        photo = services.accept_photo(new_person_of(request), file, file.size)
    except UploadError as error:
        return _clothes_page(request, fabric, error=[told(str(error))])
    return redirect(_with_fabric(photo.get_absolute_url(), fabric))


@require_safe
def photo_image(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    return send_file(photo_or_404(person_of(request), public_id).screen)


@require_safe
def photo_thumbnail(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    return send_file(photo_or_404(person_of(request), public_id).thumbnail)


@read_or_post
@never_cache
def delete_photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    photo = photo_or_404(person_of(request), public_id)
    if request.method != "POST":
        return render(request, "tryon/delete_photo.html", {"photo": photo, "results": photo.results.count()})
    services.delete_photo(photo)
    return redirect("my-photos")


@require_safe
@never_cache
def try_photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _try_page(request, photo_in_use(person_of(request), public_id))


@require_safe
@never_cache
def try_stock(request: HttpRequest, slug: str) -> HttpResponse:
    return _try_page(request, stock_or_404(slug))


@require_safe
def preview_photo(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    photo = photo_in_use(person_of(request), public_id)
    preview = services.render_preview(photo, look_or_refuse(request.GET, photo), _side_of(request))
    return HttpResponse(preview, content_type="image/webp", headers={"Cache-Control": "private, max-age=300"})


@require_safe
def preview_stock(request: HttpRequest, slug: str) -> HttpResponseBase:
    stock = stock_or_404(slug)
    preview = services.render_stock_preview(stock, look_or_refuse(request.GET, stock), _side_of(request))
    return HttpResponse(preview, content_type="image/webp", headers={"Cache-Control": "public, max-age=300"})


@require_POST
def keep_photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _keep(request, photo_in_use(person_of(request), public_id))


@require_POST
def keep_stock(request: HttpRequest, slug: str) -> HttpResponse:
    return _keep(request, stock_or_404(slug))


@require_safe
@never_cache
def results(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.results_of(person_of(request)), RESULTS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "tryon/results.html", {"page": page})


@require_safe
@never_cache
def result(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = result_or_404(person_of(request), public_id)
    if found.photo:
        services.touch(found.photo)
    wearable = found.photo or found.stock
    context = {
        "result": found,
        "recipe": found.fabric.recipe,
        "category": found.fabric.generator_version.category,
        "fabric_picture": FabricReference.of(found.fabric).picture(found.fabric.generator_version.version, 512),
        "before": addresses_of(wearable).before if wearable else "",
        "again": _address_of_look(found, wearable, reads_inches(request)) if wearable else "",
        "pieces": pieces_of(found),
        "pattern_width": pattern_width(found, reads_inches(request)),
        **sharing_context(found, request.build_absolute_uri),
    }
    return render(request, "tryon/result.html", context)


@require_safe
def result_image(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    return send_file(result_or_404(person_of(request), public_id).screen)


@require_safe
def result_thumbnail(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    return send_file(result_or_404(person_of(request), public_id).thumbnail)


@require_safe
def download_png(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    found = result_or_404(person_of(request), public_id)
    return send_file(found.image, download_as=f"{_file_stem(found)}.png")


@require_safe
def download_jpeg(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    found = result_or_404(person_of(request), public_id)
    return send_bytes(services.result_as_jpeg(found), "image/jpeg", download_as=f"{_file_stem(found)}.jpg")


@require_safe
def download_fabric(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    fabric = result_or_404(person_of(request), public_id).fabric
    tile = draw_fabric(fabric.generator_version, fabric.as_recipe(), DOWNLOAD_SIZE)
    name = f"{fabric.generator_version.category.slug}-{fabric.recipe['seed']}.png"
    return send_bytes(tile, "image/png", download_as=name)


@read_or_post
@never_cache
def delete_result(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = result_or_404(person_of(request), public_id)
    if request.method != "POST":
        return render(request, "tryon/delete_result.html", {"result": found})
    services.delete_result(found)
    return redirect("results")


@require_safe
def catalogue_picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Pictures of stock garments, where they lie in a local folder; a bucket serves its own."""
    return send_public(name, catalogue_storage)


def _clothes_page(request: HttpRequest, fabric: str, error: list[str] | None = None) -> HttpResponse:
    choice = FabricReference.parse(fabric)
    garments = [(each, _with_fabric(each.get_absolute_url(), fabric)) for each in queries.wardrobe()]
    latest = queries.photos_to_list(person_of(request))[:LATEST_PHOTOS]
    photos = [(each, _with_fabric(each.get_absolute_url(), fabric)) for each in latest]
    context = {"garments": garments, "photos": photos, "fabric": choice, "errors": error or []}
    return render(request, "tryon/clothes.html", context, status=400 if error else 200)


def _try_page(request: HttpRequest, wearable: Photo | StockGarment) -> HttpResponse:
    if wearable.outcome == wearable.Outcome.NONE:
        context = {"wearable": wearable, "addresses": addresses_of(wearable)}
        context |= about_photo(wearable, TryOnForm(request.GET, wearable))
        return render(request, "tryon/nothing_found.html", context)
    form = TryOnForm(request.GET, wearable, reads_inches(request))
    if TryOnForm.asks_for_change(request.GET) and form.is_valid():
        return redirect(f"{request.path}?{urlencode(form.changed_state())}")
    if not TryOnForm.is_complete(request.GET):  # the address comes to name every fabric it shows
        return redirect(f"{request.path}?{form.address()}")
    context = try_page(wearable, form)
    return render(request, "tryon/try.html", context, status=200 if form.is_valid() else 400)


def _side_of(request: HttpRequest) -> int:
    """How large a preview is to be: as try_page.in_two_sizes says it."""
    return SMALL_SIDE if "small" in request.GET else SCREEN_SIDE


def _keep(request: HttpRequest, wearable: Photo | StockGarment) -> HttpResponse:
    look = look_or_refuse(request.POST, wearable)
    layers = [str(Held.of(each)) for each in look.below]  # each with its version: it stays what it is
    try:
        return redirect(services.keep_result(new_person_of(request), wearable, look, layers))
    except ObjectDoesNotExist:
        raise Http404 from None


def look_or_refuse(query: QueryDict, wearable: Photo | StockGarment) -> services.Look:
    """A look is drawn only on garments that were found, or that the person said are there; never on background."""
    if wearable.outcome == wearable.Outcome.NONE:
        raise PlacementError(_("We found no clothes in this picture, so there is nothing to dress."))
    form = TryOnForm(query, wearable)
    if not form.is_valid():
        raise PlacementError(str(next(iter(form.errors.values()))[0]))
    if not form.is_confirmed:
        raise PlacementError(_("We are not sure what to dress in this picture. Go back and confirm the outline first."))
    return form.look()


def _with_fabric(address: str, fabric: str) -> str:
    choice = FabricReference.parse(fabric)
    return f"{address}?{urlencode({'fabric': str(choice)})}" if choice else address


def _file_stem(found: Result) -> str:
    category = found.fabric.generator_version.category.slug
    return f"ai-fashion-{'-'.join(found.garments)}-{category}-{found.fabric.recipe['seed']}"


def _address_of_look(found: Result, wearable: Photo | StockGarment, in_inches: bool) -> str:
    """The try-on page as it was when this was kept; its width is in the reader's unit, as the result's page tells it."""
    lay, fabric = found.placement, FabricReference.of(found.fabric)
    state = [("garment", name) for name in found.garments]
    state += [("fabric", str(fabric)), ("category", fabric.category), ("from", str(fabric.recipe.seed))]
    cm = lay["cm_per_tile"]
    state += [("inches", to_inches(cm)) if in_inches else ("cm", f"{cm:g}"), ("rotation", f"{lay['rotation']:g}")]
    state += [("dx", f"{lay['offset_x']:g}"), ("dy", f"{lay['offset_y']:g}"), ("repeat", lay["repeat"])]
    state += [("strength", f"{lay.get('strength', services.USUAL_STRENGTH):g}")]
    state += [("plain", name) for name in lay.get("plain", [])]
    state += [("layer", text) for text in found.layers]
    return f"{wearable.get_absolute_url()}?{urlencode(state)}"
