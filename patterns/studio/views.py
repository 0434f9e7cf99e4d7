"""The Studio's table: a GET form whose every state is an address, and the pictures and print files of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ml.errors import ModelFileError, PictureError, RecipeError
from patterns import queries
from patterns.downloads import send_bytes
from patterns.forms import TileForm
from patterns.models import GeneratorVersion
from patterns.ownership import person_of
from patterns.services import fresh_seed
from patterns.studio import pages, press, services
from patterns.studio.actions import take_action, wear_colours
from patterns.studio.addresses import START_INCHES, Work
from patterns.studio.forms import (
    FileForm,
    MixForm,
    PictureForm,
    PrintForm,
    TableForm,
    asked_recipe,
    is_settled,
    read_work,
    refuse_errors,
)
from patterns.studio.mix_page import child_of, mix_address, mix_page
from patterns.studio.print_page import file_stem, plan_of, print_page, print_query
from patterns.units import reads_inches
from patterns.uploads import UploadError
from patterns.views import Draw
from patterns.words import told

FOR_EVER = "public, max-age=31536000, immutable"
DEFAULT_SIZE = 256


@require_safe
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "patterns/studio/start.html", pages.start_page(person_of(request)))


@require_safe
@never_cache
def begin(request: HttpRequest, category: str) -> HttpResponse:
    """A fresh fabric of the category, or the one whose seed the address names, by the version published now."""
    chosen = get_object_or_404(queries.offered_categories(), slug=category)
    version = queries.published_version(chosen.slug)
    query = request.GET.copy()
    query.setdefault("seed", str(fresh_seed()))
    if reads_inches(request) and not query.get("width") and not query.get("unit"):
        query.update({"width": f"{START_INCHES:g}", "unit": "in"})
    return redirect(read_work(version, query).address)


@require_safe
@never_cache
def studio(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """The table. An address that asks for a change leads on to the one that names its outcome."""
    chosen = version_or_404(category, version)
    if not (request.GET.get("r") or request.GET.get("seed")):
        return begin(request, category)
    work = read_work(chosen, request.GET)
    error = ""
    if not is_settled(request.GET):
        try:
            return redirect(changed_work(work, request.GET).address)
        except ModelFileError:
            raise
        except RecipeError as refused:
            if not request.GET.get("r"):  # nothing to fall back on
                raise
            error = told(str(refused))
    context = pages.studio_page(work) | {"errors": [error] if error else []}
    return render(request, "patterns/studio/studio.html", context, status=400 if error else 200)


def changed_work(work: Work, query: QueryDict) -> Work:
    """The table after what the form asks. Raises RecipeError, Busy."""
    form = TableForm(query, work, list(queries.shown_directions(work.version)))
    moved = work.with_recipe(form.changed())
    given = form.cleaned_data
    if not given["do"]:
        return moved
    return work.with_recipe(take_action(moved, given["do"], given["number"], given["degrees"]))


@require_safe
def preview(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """What lies on the table while a hand moves a slider: the form's own fields, nothing of them stored."""
    work = read_work(version_or_404(category, version), request.GET)
    query = request.GET.copy()
    query.pop("do", None)
    work = changed_work(work, query)
    return _picture(
        request,
        f"preview-{work.view}",
        work,
        "image/webp",
        lambda: services.draw_preview(work.version, work.recipe, work.view),
    )


@require_safe
def tile(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """The block that repeats, as PNG: exact."""
    return _block(request, version_or_404(category, version), "png", services.encode_block)


@require_safe
def shown_tile(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """The same for a page to show."""
    return _block(request, version_or_404(category, version), "webp", services.show_block)


def _block(request: HttpRequest, version: GeneratorVersion, form: str, draw: Draw) -> HttpResponse:
    asked = TileForm(request.GET)
    refuse_errors(asked)
    size = asked.cleaned_data["size"] or DEFAULT_SIZE
    work = read_work(version, request.GET)
    kind = f"tile-{size}-{form}"
    return _picture(request, kind, work, f"image/{form}", lambda: draw(work.version, work.recipe, size))


@require_safe
def inks(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """The separations, for recolouring in the browser."""
    work = read_work(version_or_404(category, version), request.GET)
    return _picture(request, "inks", work, "image/png", lambda: services.draw_inks(work.version, work.recipe))


@require_safe
@never_cache
def print_files(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """Which files there are, and how large they print."""
    work = Work(version_or_404(category, version), asked_recipe(request.GET))
    form = PrintForm(print_query(request.GET, work))
    context = print_page(work, form)
    return render(request, "patterns/studio/print.html", context, status=400 if context["errors"] else 200)


@require_safe
@never_cache
def print_file(request: HttpRequest, category: str, version: str, kind: str) -> HttpResponseBase:
    work = Work(version_or_404(category, version), asked_recipe(request.GET))
    stem = file_stem(work)
    if kind == "recipe":
        content = press.recipe_file(work.version, work.recipe).to_json().encode()
        return send_bytes(content, "application/json", download_as=f"{stem}.json")
    if kind not in press.PRESSES:
        raise Http404
    form = PrintForm(print_query(request.GET, work))
    file = press.press_file(work.version, work.recipe, plan_of(work, form), kind)
    return send_bytes(file.content, file.content_type, download_as=f"{stem}{file.suffix}")


@require_safe
@never_cache
def mix(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """Two parents beside their child. An address without a second parent leads on to one with it."""
    chosen, asked = version_or_404(category, version), MixForm(request.GET).mix()
    if not (request.GET.get("b") and request.GET.keys() <= MixForm.SETTLED):
        return redirect(mix_address(chosen, asked))
    return render(request, "patterns/studio/mix.html", mix_page(chosen, asked, person_of(request)))


@require_safe
def mix_preview(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """The child while a hand moves a slider."""
    work = Work(version_or_404(category, version), child_of(MixForm(request.GET).mix()))
    return _picture(
        request,
        "preview-sheet",
        work,
        "image/webp",
        lambda: services.draw_preview(work.version, work.recipe, "sheet"),
    )


@require_safe
def mix_loop(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """From the first parent to the second and back, as an animation."""
    chosen, asked = version_or_404(category, version), MixForm(request.GET).mix()
    work = Work(chosen, child_of(asked))
    return _picture(request, "loop", work, "image/webp", lambda: services.draw_loop(chosen, asked.first, asked.second))


@require_POST
def colours(request: HttpRequest, category: str, version: str) -> HttpResponse:
    """The fabric in the colours of an uploaded picture."""
    work = read_work(version_or_404(category, version), request.POST)
    form = FileForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise UploadError(_("No picture came with this. Choose a file, then try again."))
        file = form.cleaned_data["file"]
        taken = services.colours_of_upload(file, file.size)
    except UploadError as refused:
        context = pages.studio_page(work) | {"errors": [told(str(refused))]}
        return render(request, "patterns/studio/studio.html", context, status=400)
    return redirect(work.with_recipe(wear_colours(work, taken)).address)


@require_POST
def open_recipe(request: HttpRequest) -> HttpResponse:
    """A recipe file, read back: the Studio's page that draws the same bytes."""
    form = FileForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise RecipeError(_("No file came with this. Choose a recipe file, then try again."))
        return redirect(_work_in_file(form.cleaned_data["file"]).address)
    except RecipeError as refused:
        return _start_page(request, told(str(refused)))


@require_POST
def start_from_picture(request: HttpRequest) -> HttpResponse:
    """A fabric like an uploaded photo of cloth, on the table."""
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start_page(request, _("Choose a picture and a category, then try again."))
    try:
        version = queries.published_version(form.cleaned_data["category"])
        file = form.cleaned_data["file"]
        found = services.find_in_upload(version, file, file.size)
    except GeneratorVersion.DoesNotExist:
        return _start_page(request, _("This category is not offered. Choose one of those shown."))
    except (UploadError, PictureError) as refused:
        return _start_page(request, told(str(refused)))
    messages.info(request, pages.closeness_words(found))
    return redirect(Work(version, found.recipe).address)


def _start_page(request: HttpRequest, error: str) -> HttpResponse:
    context = pages.start_page(person_of(request)) | {"errors": [error]}
    return render(request, "patterns/studio/start.html", context, status=400)


def _work_in_file(file: IO[bytes]) -> Work:
    """Raises RecipeError."""
    from ml.textiles.recipe import LONGEST_TEXT
    from ml.textiles.recipe_file import RecipeFile

    try:
        read = RecipeFile.from_json(file.read(LONGEST_TEXT + 1))
    except UnicodeDecodeError:
        raise RecipeError(_("This is not a recipe file of AI Fashion; it is not even text.")) from None
    try:
        version = queries.past_or_present_version(read.category, read.generator)
    except GeneratorVersion.DoesNotExist:
        read.check_known(())
        raise
    return Work(version, read.recipe)


def version_or_404(category: str, version: str) -> GeneratorVersion:
    """The version that the address names, published or retired: it alone can draw its fabrics again."""
    try:
        return queries.past_or_present_version(category, version)
    except GeneratorVersion.DoesNotExist:
        raise Http404 from None


def _picture(request: HttpRequest, kind: str, work: Work, content_type: str, draw: Callable[[], bytes]) -> HttpResponse:
    etag = services.picture_etag(kind, work.version, work.recipe)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(draw(), content_type=content_type)
    response["ETag"] = etag
    response["Cache-Control"] = FOR_EVER
    return response
