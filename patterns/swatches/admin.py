"""Staff pages of swatches: the lists, and the addresses of the pages in ``views``."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ml.errors import PictureError
from patterns.downloads import send_file
from patterns.models import Category
from patterns.staff import QuickAdmin, picture
from patterns.swatches import views
from patterns.swatches.book import fresh_book, takes_plain
from patterns.swatches.curate_page import complaints
from patterns.swatches.models import Delivery, Item, Swatch, SwatchBook
from patterns.swatches.queries import read_square

UNCHANGING = "private, max-age=86400"
SHOWN = (
    "views_in_training",
    "category",
    "state",
    "flags",
    "source",
    "licence",
    "name",
    "address",
    "size",
    "enlarged",
    "sharpness",
    "contrast",
    "created",
    "decided",
)


class SharedPages(QuickAdmin):
    """Pages of our own inside admin, with its header, sidebar and login."""

    view_on_site = False

    def shared(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def own(self, address: str, view: Any, name: str) -> URLPattern:
        route: URLPattern = path(address, self.admin_site.admin_view(view), name=f"swatches_{name}")
        return route


@admin.register(Swatch)
class SwatchAdmin(SharedPages):
    list_display = ("preview", "pk", "category", "state", "flags", "source", "licence", "created")
    list_display_links = ("preview", "pk")
    list_filter = ("state", "category", "is_tiny", "is_blurry", "is_plain", "created")
    list_select_related = ("category", "category__book")
    search_fields = ("name", "source", "licence", "address")
    search_help_text = _("A part of the file's name, of its address, source or licence.")
    ordering = ("-pk",)
    fields = SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in SHOWN if name not in ("source", "licence")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own("curate/<slug:slug>/", self.curate_view, "curate"),
            self.own("<int:pk>/thumbnail", self.thumbnail_view, "swatch_thumbnail"),
            self.own("<int:pk>/image.jpg", self.image_view, "swatch_image"),
            self.own("<int:pk>/turned/<int:degrees>.webp", self.turned_view, "swatch_turned"),
            *super().get_urls(),
        ]

    def curate_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        return views.curate(request, slug, self.shared(request))

    def thumbnail_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        response = send_file(self.row_or_404(request, pk).thumbnail)
        if response.status_code == 200:
            response["Cache-Control"] = UNCHANGING
        return response

    def image_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return send_file(self.row_or_404(request, pk).image)

    def turned_view(self, request: HttpRequest, pk: int, degrees: int) -> HttpResponse:
        from ml.encode import encode_webp
        from ml.textiles.swatch import turned

        swatch = self.row_or_404(request, pk)
        try:
            view = turned(read_square(swatch), degrees % 360)
        except (FileNotFoundError, PictureError):
            raise Http404 from None
        return HttpResponse(encode_webp(view, 90), content_type="image/webp", headers={"Cache-Control": UNCHANGING})

    @admin.display(description="")
    def preview(self, swatch: Swatch) -> SafeString:
        return picture(reverse("admin:swatches_swatch_thumbnail", args=[swatch.pk]), str(swatch))

    @admin.display(description=_("As training sees it"))
    def views_in_training(self, swatch: Swatch) -> SafeString:
        from ml.textiles.swatch import TURNS

        about = _("Turned by %(degrees)s degrees")
        rows = (
            (reverse("admin:swatches_swatch_turned", args=[swatch.pk, degrees]), about % {"degrees": degrees})
            for degrees in TURNS
        )
        html = '<img src="{}" alt="{}" width="112" height="112" loading="lazy">'
        return format_html('<div class="swatch-turns">{}</div>', format_html_join("", html, rows))

    @admin.display(description=_("Flags"))
    def flags(self, swatch: Swatch) -> str:
        words = [word for word, why in complaints(swatch, takes_plain(swatch.category))]
        if swatch.like_id:
            words.append(_("looks like %(number)s") % {"number": swatch.like_id})
        return ", ".join(words) or "–"

    @admin.display(description=_("Size of the original"))
    def size(self, swatch: Swatch) -> str:
        return f"{swatch.width} x {swatch.height} px"

    class Media:
        css = {"all": ("css/pages/swatches.css",)}  # noqa: RUF012


@admin.register(Delivery)
class DeliveryAdmin(SharedPages):
    list_display = ("pk", "__str__", "kind", "category", "source", "licence", "standing", "created")
    list_display_links = ("pk", "__str__")
    list_filter = ("kind", "category", "created")
    list_select_related = ("category",)
    search_fields = ("name", "source", "licence")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        items = Item.objects.filter(delivery=OuterRef("pk"))
        waits, failed = (Exists(items.filter(state=state)) for state in (Item.State.WAITING, Item.State.FAILED))
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.annotate(waits=waits, has_failed=failed)

    @admin.display(description=_("How it stands"))
    def standing(self, delivery: Any) -> str:
        if delivery.waits or not delivery.is_planned:
            return str(_("Under way or waiting"))
        return str(_("Taken in, with failures") if delivery.has_failed else _("Taken in"))

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own("add/", self.bring_view, "delivery_add"),
            self.own("<int:pk>/change/", self.delivery_view, "delivery_change"),
            self.own("<int:pk>/report.csv", self.report_view, "delivery_report"),
            *super().get_urls(),
        ]

    def bring_view(self, request: HttpRequest) -> HttpResponseBase:
        return views.bring(request, self.shared(request))

    bring_view.csrf_exempt = True  # type: ignore[attr-defined]  # checked inside, once it is known who asks

    def delivery_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return views.delivery(request, pk, self.shared(request))

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return views.report(request, pk)


@admin.register(SwatchBook)
class SwatchBookAdmin(SharedPages):
    """The overview of every category, and the page of each."""

    fields = ("category", "takes_plain")
    readonly_fields = ("category",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own("of/<slug:slug>/", self.book_view, "book"),
            self.own("of/<slug:slug>/sheet", self.sheet_view, "sheet"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return views.overview(request, self.shared(request))

    def book_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        return views.book(request, slug, self.shared(request))

    def sheet_view(self, request: HttpRequest, slug: str) -> HttpResponseBase:
        views.require(request, "view_swatchbook")
        sheet = fresh_book(get_object_or_404(Category, slug=slug)).sheet
        if not sheet:
            raise Http404
        return send_file(sheet)
