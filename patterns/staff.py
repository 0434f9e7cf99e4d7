"""What all our admin pages share: quick with ten thousand rows, pictures that load when scrolled to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    Inline = admin.TabularInline


class QuickAdmin(ModelAdmin):
    show_full_result_count = False  # no second count(*) over the whole table
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # a count(*) for each choice of each filter

    def row_or_404(self, request: HttpRequest, pk: int) -> Any:
        """A row for a picture of it, with the same permission as its page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row


class LookedAt(QuickAdmin):
    """Rows that staff look at; they neither make nor change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class Records(LookedAt):
    """What the house writes down for itself; staff do not delete it either."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class MadeByPeople(LookedAt):
    """Staff look at what people made and may delete it."""

    @admin.display(description=_("Made by"))
    def maker(self, row: Any) -> str:
        if row.owner_id:
            return str(row.owner.email or row.owner.get_username())
        return _("visitor %(visitor)s") % {"visitor": str(row.visitor)[:8]}


def picture(address: str, about: str = "") -> SafeString:
    return format_html('<img src="{}" alt="{}" height="72" loading="lazy" decoding="async">', address, about)
