"""Staff pages for stock garments, photos and results."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from patterns.downloads import send_file
from patterns.staff import MadeByPeople, QuickAdmin, Records, picture
from tryon import garment_pages as garment_pages  # registers its own
from tryon import services, sharing
from tryon.forms import StockGarmentForm
from tryon.models import Photo, Result, ShareLink, StockGarment
from tryon.words import garment_list


class ThumbnailPages(MadeByPeople):
    """Private pictures reach staff only through admin, with admin's own permissions."""

    exclude = ("image", "labels", "screen", "thumbnail")
    readonly_fields = ("preview", "public_id", "created")
    view_on_site = False  # the site shows people's things to nobody but them

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.thumbnail_view)
        return [path("<int:pk>/thumbnail", view, name=self._address_name()), *super().get_urls()]

    def thumbnail_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return send_file(self.row_or_404(request, pk).thumbnail)

    @admin.display(description="")
    def preview(self, row: models.Model) -> SafeString:
        return picture(reverse(f"admin:{self._address_name()}", args=[row.pk]), str(row))

    def _address_name(self) -> str:
        return f"tryon_{self.model._meta.model_name}_thumbnail"


@admin.register(StockGarment)
class StockGarmentAdmin(QuickAdmin):
    form = StockGarmentForm
    list_display = ("preview", "name", "slug", "garments", "order", "is_published")
    list_display_links = ("preview", "name")
    list_editable = ("order", "is_published")
    list_filter = ("is_published",)
    search_fields = ("name", "slug", "blurb")
    autocomplete_fields = ("view_of",)
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012

    def save_model(self, request: HttpRequest, obj: StockGarment, form: Any, change: bool) -> None:
        pixels, maps = form.cleaned_data.get("picture"), form.cleaned_data.get("maps")
        if pixels is not None:
            services.put_stock_picture(obj, pixels, maps)
        elif maps:
            services.put_stock_maps(obj, maps)
        else:
            super().save_model(request, obj, form, change)

    @admin.display(description="")
    def preview(self, garment: StockGarment) -> SafeString | str:
        return picture(garment.thumbnail.url, str(garment)) if garment.thumbnail else "–"

    @admin.display(description=_("Found"))
    def garments(self, garment: StockGarment) -> str:
        return garment_list(garment.garment_names) or gettext("nothing")


@admin.register(Photo)
class PhotoAdmin(ThumbnailPages):
    list_display = (
        "preview",
        "public_id",
        "maker",
        "outcome",
        "garments",
        "width",
        "height",
        "created",
        "last_used_at",
    )
    list_display_links = ("preview", "public_id")
    list_filter = ("outcome", "created", "last_used_at")
    list_select_related = ("owner",)
    search_fields = ("public_id__startswith", "owner__email", "owner__username")
    search_help_text = _("The beginning of an id, or a person's e-mail or name.")
    ordering = ("-pk",)

    @admin.display(description=_("Found"))
    def garments(self, photo: Photo) -> str:
        return garment_list(photo.garment_names) or gettext("nothing")


@admin.register(ShareLink)
class ShareLinkAdmin(Records):
    """Staff see that there are links and end them. Neither whose they are nor the links themselves are shown."""

    list_display = ("__str__", "maker", "stands", "shows_photo", "created", "expires")
    list_filter = ("with_photo", "expires")
    list_select_related = ("result",)
    search_fields = ("result__public_id__startswith",)
    search_help_text = _("The beginning of a result's id.")
    ordering = ("-pk",)
    fields = ("result_id_text", "maker", "stands", "shows_photo", "created", "expires", "revoked")
    readonly_fields = ("result_id_text", "maker", "stands", "shows_photo")
    actions = ("revoke",)

    @admin.display(description=_("Result"))
    def result_id_text(self, link: ShareLink) -> str:
        return str(link.result.public_id)

    @admin.display(description=_("Made by"))
    def maker(self, link: ShareLink) -> str:
        """The same person has the same mark, and nobody can tell who that is."""
        who = f"{link.result.owner_id or link.result.visitor}"
        mark = salted_hmac("tryon.share-links", who).hexdigest()[:6]
        return gettext("somebody (%(mark)s)") % {"mark": mark}

    @admin.display(description=_("Now"))
    def stands(self, link: ShareLink) -> str:
        if link.revoked:
            return gettext("ended early")
        return gettext("open") if link.is_open else gettext("over")

    @admin.display(description=_("Photo"))
    def shows_photo(self, link: ShareLink) -> str:
        return gettext("shown too") if link.with_photo else gettext("not shown")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("tryon.change_sharelink"))

    @admin.action(description=_("End these links now"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        ended = [link for link in queryset if link.is_open]
        for link in ended:
            sharing.revoke(link)
            self.log_change(request, link, "Ended the link for everybody who has it.")
        count = len(ended)
        said = ngettext("%(count)s link ended.", "%(count)s links ended.", count) % {"count": count}
        if not ended:
            said = gettext("None of these was open any more.")
        self.message_user(request, said, messages.SUCCESS if ended else messages.WARNING)


@admin.register(Result)
class ResultAdmin(ThumbnailPages):
    list_display = ("preview", "public_id", "maker", "category", "on", "created")
    list_display_links = ("preview", "public_id")
    list_filter = ("fabric__generator_version__category", "created")
    list_select_related = ("owner", "stock", "fabric__generator_version__category")
    search_fields = ("public_id__startswith", "owner__email", "owner__username", "stock__name")
    search_help_text = _("The beginning of an id, a person's e-mail or name, or a stock garment.")
    ordering = ("-pk",)

    @admin.display(description=_("Fabric"), ordering="fabric__generator_version__category__name")
    def category(self, result: Result) -> str:
        return f"{result.fabric.generator_version.category} {result.fabric.recipe.get('seed', '?')}"

    @admin.display(description=_("On"))
    def on(self, result: Result) -> str:
        return str(result.stock) if result.stock else gettext("a photo")
