"""What the browser asks for to drape by itself."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ml.errors import PlacementError
from patterns.ownership import person_of
from patterns.references import FabricReference
from tryon import live
from tryon.access import photo_in_use, stock_or_404
from tryon.inks import recoloured
from tryon.layers import version_of
from tryon.models import Photo, StockGarment, Wearable

AN_HOUR = "max-age=3600"  # a mended outline has another address


@require_safe
def live_photo(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    return _pack(request.GET, photo_in_use(person_of(request), public_id), f"private, {AN_HOUR}")


@require_safe
def live_stock(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _pack(request.GET, stock_or_404(slug), f"public, {AN_HOUR}")


@require_safe
def live_fabric(request: HttpRequest) -> HttpResponseBase:
    """Where the browser finds the cloth and inks of one fabric, its inks changed or not. Fabrics are everybody's."""
    choice = FabricReference.parse(request.GET.get("fabric", ""))
    if choice is None:
        raise Http404
    try:
        version = version_of(choice)
        worn = recoloured(choice, version, request.GET)
    except ValidationError:
        raise Http404 from None
    return JsonResponse(live.fabric_sources(version, worn), headers={"Cache-Control": f"public, {AN_HOUR}"})


def _pack(query: QueryDict, wearable: Photo | StockGarment, cache: str) -> HttpResponse:
    garments, below = (_known(query.getlist(name), wearable) for name in ("garment", "below"))
    if not garments:
        raise PlacementError(_("This picture has no such garment, so there is nothing to dress."))
    if wearable.outcome != Wearable.Outcome.FOUND and not query.get("sure"):
        raise PlacementError(_("We are not sure what to dress in this picture. Go back and confirm the outline first."))
    plain = tuple(name for name in wearable.parts_known if name in query.getlist("plain"))
    pack = live.live_pack(wearable, garments, below, plain)
    return HttpResponse(
        pack,
        content_type="application/octet-stream",
        headers={"Cache-Control": cache, "X-Content-Type-Options": "nosniff"},
    )


def _known(asked: list[str], wearable: Wearable) -> tuple[str, ...]:
    """In the order of the picture, so that one set of garments is one pack."""
    return tuple(name for name in wearable.garment_names if name in asked)
