"""Every question a program may ask. Each fetches, checks, calls the service that the pages call, and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from ninja import File, Query, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from pydantic import Field

from aifashion.api import schemas
from aifashion.api.answers import told_photo, told_result
from aifashion.api.house import ALWAYS, api
from patterns import queries as fabrics
from patterns.downloads import send_bytes, send_file
from patterns.models import GeneratorVersion
from patterns.ownership import Person
from patterns.references import LONGEST, FabricReference
from patterns.services import draw_fabric, fresh_seed
from patterns.uploads import UploadError
from tryon import queries, services
from tryon.access import photo_or_404, result_or_404, stock_or_404
from tryon.layers import version_of
from tryon.masks import labels_of
from tryon.models import Photo, StockGarment
from tryon.views import look_or_refuse

__all__ = ["api"]
FabricName = Annotated[str, Field(max_length=LONGEST, pattern=schemas.FABRIC, examples=["plaid:17"])]
MOST = 100  # the latest so many are listed
NOT_FOUND: dict[int, Any] = ALWAYS | {404: schemas.Problem}
REFUSED: dict[int, Any] = NOT_FOUND | {400: schemas.Problem}
LINK = {302: {"description": "The file lies in a bucket: follow the link, which ends after five minutes."}}


def picture(kind: str) -> dict[str, Any]:
    """How the document describes an answer that is a picture."""
    content = {f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": "The picture", "content": content}, **LINK}}


def person_in(request: HttpRequest) -> Person:
    """Whoever's token came along."""
    return cast(Person, request.auth)  # type: ignore[attr-defined]


@api.get("/categories", response={200: list[schemas.Category], **ALWAYS}, tags=["Fabrics"], url_name="categories")
def list_categories(request: HttpRequest) -> Any:
    """The kinds of fabric there are."""
    return list(fabrics.offered_categories())


@api.post("/fabrics", response={201: schemas.Fabric, **REFUSED}, tags=["Fabrics"], url_name="fabrics")
def make_fabric(request: HttpRequest, wanted: schemas.FabricWanted) -> Any:
    """A fabric, by seed or fresh. Nothing is stored: its name is all there is of it."""
    seed = fresh_seed() if wanted.seed is None else wanted.seed
    name = FabricReference.of_seed(wanted.category, seed)
    version = _version_or_404(name)
    return Status(201, schemas.Fabric(fabric=str(name), category=wanted.category, seed=seed, version=version.version))


@api.get(
    "/fabrics/picture",
    response={200: None, **REFUSED},
    tags=["Fabrics"],
    url_name="fabric-picture",
    openapi_extra=picture("png"),
)
def fabric_picture(
    request: HttpRequest,
    fabric: Query[FabricName],
    size: Literal["256", "512", "1024"] = "512",
) -> HttpResponseBase:
    """One seamless tile as PNG, ``size`` pixels a side; the same fabric gives the same bytes."""
    choice = FabricReference.parse(fabric)
    if choice is None:
        raise HttpError(400, "This is not a fabric: ask for one by /fabrics.")
    return send_bytes(draw_fabric(_version_or_404(choice), choice.recipe, int(size)), "image/png")


@api.get("/garments", response={200: list[schemas.StockGarment], **ALWAYS}, tags=["Clothes"], url_name="garments")
def list_garments(request: HttpRequest) -> Any:
    """The garments of the house, that can be dressed without a photo."""
    return [
        schemas.StockGarment(slug=each.slug, name=each.name, blurb=each.blurb, garments=each.garment_names)
        for each in queries.stock_garments()
    ]


@api.get("/photos", response={200: list[schemas.Photo], **ALWAYS}, tags=["Photos"], url_name="photos")
def list_photos(request: HttpRequest) -> Any:
    """Your latest photos."""
    return [told_photo(photo) for photo in queries.photos_of(person_in(request))[:MOST]]


@api.post(
    "/photos",
    response={201: schemas.Photo, 400: schemas.Problem, 413: schemas.Problem, **ALWAYS},
    tags=["Photos"],
    url_name="photos",
)
def upload_photo(request: HttpRequest, photo: File[UploadedFile]) -> Any:
    """Upload a photo (JPEG, PNG, WebP or HEIC, at most 15 MB and 40 megapixels) and find the clothes in it.

    It is kept without name and metadata, for you alone, and as long as the site's page on privacy says.
    """
    try:
        return Status(201, told_photo(services.accept_photo(person_in(request), photo, photo.size or 0)))
    except UploadError as error:
        raise HttpError(400, str(error)) from None


@api.get("/photos/{uuid:photo_id}", response={200: schemas.Photo, **NOT_FOUND}, tags=["Photos"], url_name="photo")
def show_photo(request: HttpRequest, photo_id: UUID) -> Any:
    """A photo of yours, and the garments found in it with their outlines."""
    return told_photo(photo_or_404(person_in(request), photo_id))


@api.delete("/photos/{uuid:photo_id}", response={204: None, **NOT_FOUND}, tags=["Photos"], url_name="photo")
def delete_photo(request: HttpRequest, photo_id: UUID) -> Any:
    """Delete the photo, the results made with it, and every file of theirs."""
    services.delete_photo(photo_or_404(person_in(request), photo_id))
    return Status(204, None)


@api.get(
    "/photos/{uuid:photo_id}/picture",
    response={200: None, **NOT_FOUND},
    tags=["Photos"],
    url_name="photo-picture",
    openapi_extra=picture("png"),
)
def photo_picture(request: HttpRequest, photo_id: UUID) -> HttpResponseBase:
    """The photo as it is kept: upright, PNG."""
    return send_file(photo_or_404(person_in(request), photo_id).image)


@api.get(
    "/photos/{uuid:photo_id}/segments",
    response={200: None, **NOT_FOUND},
    tags=["Photos"],
    url_name="photo-segments",
    openapi_extra=picture("png"),
)
def photo_segments(request: HttpRequest, photo_id: UUID) -> HttpResponseBase:
    """What each pixel is, as a grey PNG of the photo's size: 0 background, 1 body, 2 top, 3 outerwear, 4 bottom, 5 skirt,
    6 dress, 7 shoes, 8 accessory, 9 clothes of whatever kind."""
    photo = photo_or_404(person_in(request), photo_id)
    return send_bytes(services.labels_file(labels_of(photo))[1], "image/png")


@api.post(
    "/photos/{uuid:photo_id}/results",
    response={201: schemas.Result, **REFUSED},
    tags=["Try on"],
    url_name="photo-results",
)
def dress_photo(request: HttpRequest, photo_id: UUID, look: schemas.LookWanted) -> Any:
    """Dress a photo of yours and keep the result."""
    return _keep(request, photo_or_404(person_in(request), photo_id), look)


@api.post(
    "/garments/{slug:slug}/results",
    response={201: schemas.Result, **REFUSED},
    tags=["Try on"],
    url_name="garment-results",
)
def dress_garment(request: HttpRequest, slug: str, look: schemas.LookWanted) -> Any:
    """Dress a garment of the house and keep the result."""
    return _keep(request, stock_or_404(slug), look)


@api.get("/results", response={200: list[schemas.Result], **ALWAYS}, tags=["Results"], url_name="results")
def list_results(request: HttpRequest) -> Any:
    """Your latest results."""
    return [told_result(result) for result in queries.results_of(person_in(request))[:MOST]]


@api.get("/results/{uuid:result_id}", response={200: schemas.Result, **NOT_FOUND}, tags=["Results"], url_name="result")
def show_result(request: HttpRequest, result_id: UUID) -> Any:
    """A result of yours."""
    return told_result(result_or_404(person_in(request), result_id))


@api.delete("/results/{uuid:result_id}", response={204: None, **NOT_FOUND}, tags=["Results"], url_name="result")
def delete_result(request: HttpRequest, result_id: UUID) -> Any:
    """Delete the result and every file of it."""
    services.delete_result(result_or_404(person_in(request), result_id))
    return Status(204, None)


@api.get(
    "/results/{uuid:result_id}/picture",
    response={200: None, **NOT_FOUND},
    tags=["Results"],
    url_name="result-picture",
    openapi_extra=picture("png"),
)
def result_picture(request: HttpRequest, result_id: UUID) -> HttpResponseBase:
    """The result at full size: PNG, outside the garment the photo's own pixels."""
    return send_file(result_or_404(person_in(request), result_id).image, download_as=f"{result_id}.png")


def _keep(request: HttpRequest, wearable: Photo | StockGarment, look: schemas.LookWanted) -> Any:
    form = QueryDict(mutable=True)
    for name, value in look.as_form():
        form.appendlist(name, value)
    try:
        kept = services.keep_result(person_in(request), wearable, look_or_refuse(form, wearable))
    except ObjectDoesNotExist:  # deleted while it was being dressed
        raise Http404 from None
    return Status(201, told_result(kept))


def _version_or_404(choice: FabricReference) -> GeneratorVersion:
    try:
        return version_of(choice)
    except ValidationError:
        raise Http404 from None
