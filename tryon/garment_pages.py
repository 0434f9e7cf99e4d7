"""Staff's pages of garment models: figures and card, publish and roll back through the quality gate, what each one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ml.errors import MlError
from patterns.slots import model_slots
from patterns.staff import Records
from patterns.training.services import Refused
from patterns.training.version_pages import tell_checks
from patterns.words import in_digits, percent, told
from tryon import garment_models
from tryon.garment_gate import checks_of
from tryon.models import GarmentVersion, StockGarment
from tryon.pictures import read_pixels, shrink

if TYPE_CHECKING:
    from ml.images import Bytes

State = GarmentVersion.State
SIDE, LOOKED_AT = 480, 6  # px of a picture; garments on a page
FIGURES = {
    "clothing_iou": _("Cloth told from the rest (overlap)"),
    "upper_body_clothing_iou": _("The same above the waist"),
    "mean_iou": _("Kinds of clothing told apart (mean overlap)"),
    "pixel_accuracy": _("Pixels named rightly"),
}
# Okabe and Ito (2008), told apart by everybody: body, top, outerwear, bottom, skirt, dress, shoes, accessory, clothes.
COLOURS = (
    (0, 0, 0),
    (150, 150, 150),
    (0, 114, 178),
    (86, 180, 233),
    (213, 94, 0),
    (204, 121, 167),
    (0, 158, 115),
    (240, 228, 66),
    (230, 159, 0),
    (0, 114, 178),
)


@admin.register(GarmentVersion)
class GarmentVersionAdmin(Records):
    """They come in by ``manage.py add_garment_model``; here they are judged, published and taken back."""

    change_form_template = "admin/tryon/garmentversion/version.html"
    change_list_template = "admin/tryon/garmentversion/list.html"
    list_display = ("version", "state", "outlines", "names", "came_along", "created")
    list_filter = ("state",)
    search_fields = ("version", "onnx_sha256", "weights_sha256")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("version", "state", "quality", "figures", "looked_at", "created")}),
        (_("Its card"), {"fields": ("card_text",)}),
        (
            _("Files, for those who look after the machines"),
            {
                "classes": ("collapse",),
                "fields": ("came_along", "onnx_name", "onnx_sha256", "weights_name", "weights_sha256"),
            },
        ),
    )
    readonly_fields = ("quality", "figures", "looked_at", "card_text")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/publish/", wrap(self.publish_view), name="tryon_garmentversion_publish"),
            path("<int:pk>/sees/<slug:slug>.webp", wrap(self.sees_view), name="tryon_garmentversion_sees"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "notice": garment_models.notice()})

    @admin.display(description=_("Outlines"))
    def outlines(self, version: GarmentVersion) -> str:
        return _percent(version.scores.get("clothing_iou"))

    @admin.display(description=_("Names"))
    def names(self, version: GarmentVersion) -> str:
        return _percent(version.scores.get("mean_iou"))

    @admin.display(description=_("Quality gate"))
    def quality(self, version: GarmentVersion) -> SafeString | str:
        return tell_checks(checks_of(version))

    @admin.display(description=_("Figures"))
    def figures(self, version: GarmentVersion) -> SafeString | str:
        known = [(label, _percent(version.scores[key])) for key, label in FIGURES.items() if key in version.scores]
        return format_html_join("", "<p>{}: <strong>{}</strong></p>", known) or gettext("It brought none.")

    @admin.display(description=_("Photos whose clothes it found"))
    def looked_at(self, version: GarmentVersion) -> str:
        said = gettext("%(count)s. They keep the outlines it found, whatever is published later.")
        return said % {"count": in_digits(version.photos.count())}

    @admin.display(description=_("Card"))
    def card_text(self, version: GarmentVersion) -> SafeString | str:
        return (
            format_html('<pre class="card-text" tabindex="0">{}</pre>', version.card)
            if version.card
            else gettext("It brought none.")
        )

    # Publish and roll back ---------------------------------------------------------------------------------------------

    def may_publish(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("tryon.change_garmentversion"))

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.row_or_404(request, pk)
        if not self.may_publish(request):
            raise PermissionDenied
        reason, problem = request.POST.get("reason", "")[:300], ""
        if request.method == "POST":
            try:
                said = garment_models.publish(version, reason)
            except Refused as error:
                problem = told(str(error))
            else:
                self.log_change(request, version, said)
                from_now = gettext("The site finds clothes with %(version)s from now on.") % {
                    "version": version.version
                }
                self.message_user(request, f"{told(said)} {from_now}")
                return redirect(reverse("admin:tryon_garmentversion_change", args=[pk]))
        now = garment_models.published_version()
        checks = checks_of(version)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Publish %(version)s") % {"version": version},
            "version": version,
            "checks": checks,
            "sides": [each for each in (version, now if now != version else None) if each],
            "garments": StockGarment.objects.filter(is_published=True)[:LOOKED_AT],
            "comes_back": version.state == State.RETIRED,
            "needs_reason": version.state == State.DRAFT and not all(check.passed for check in checks),
            "notice": garment_models.notice(),
            "problem": problem,
            "reason": reason,
        }
        return TemplateResponse(request, "admin/tryon/garmentversion/publish.html", context)

    def sees_view(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        """A stock garment with what this version finds in it laid over."""
        from ml.encode import encode_webp

        version = self.row_or_404(request, pk)
        garment = StockGarment.objects.filter(slug=slug, is_published=True).first()
        if garment is None:
            raise Http404
        pixels = shrink(read_pixels(garment.screen), SIDE)
        try:
            with model_slots().take():
                labels = garment_models.load(garment_models.files_of(version)).segment(pixels).labels
        except MlError:  # its files are gone: the page still opens, this picture is missing
            raise Http404 from None
        content = encode_webp(lay_colours(pixels, labels), 85)
        return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


def lay_colours(pixels: Bytes, labels: Bytes) -> Bytes:
    """Each kind of clothing in a colour of its own, half seen through; uint8 (H, W, 3)."""
    import numpy as np

    over = np.array(COLOURS, np.float32)[labels]
    mixed = np.where((labels > 1)[..., None], 0.45 * pixels + 0.55 * over, pixels)
    return mixed.round().astype(np.uint8)


def _percent(share: Any) -> str:
    return percent(share, 1) if isinstance(share, int | float) else gettext("not measured")
