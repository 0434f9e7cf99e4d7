"""Export and import of categories in admin: a file is first shown as what it would do, then carried out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from patterns import exchange
from patterns.staff import QuickAdmin

KINDS = {"csv": ("text/csv", exchange.to_csv), "json": ("application/json", exchange.to_json)}


class ExchangeForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("CSV or JSON"), widget=forms.FileInput(attrs={"accept": ".csv,.json"}))


class ExchangePages(QuickAdmin):
    """Mixed into the admin of categories."""

    change_list_template = "admin/patterns/category/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("exchange/", view(self.exchange_view), name="patterns_category_exchange"),
            path("categories.<str:kind>", view(self.export_view), name="patterns_category_export"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in KINDS:
            raise Http404
        content_type, write = KINDS[kind]
        headers = {
            "Content-Disposition": f'attachment; filename="categories.{kind}"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(write(), content_type=f"{content_type}; charset=utf-8", headers=headers)

    def exchange_view(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_change_permission(request) and self.has_add_permission(request)):
            raise PermissionDenied
        context: dict[str, Any] = {"form": ExchangeForm(), "rows": None, "text": ""}
        if request.method == "POST":
            try:
                content = _content(request, context)
                if content is not None:
                    planned = exchange.plan(exchange.read_rows(content))
                    if "text" in request.POST and self._carry_out(request, planned):
                        return redirect("admin:patterns_category_changelist")
                    context |= {"rows": planned, "text": content.decode("utf-8-sig"), **_counted(planned)}
            except exchange.ExchangeError as error:
                context["form"].add_error("file", str(error))
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Import categories")}
        status = 400 if context["form"].errors else 200
        return TemplateResponse(request, "admin/patterns/category/exchange.html", {**shared, **context}, status=status)

    def _carry_out(self, request: HttpRequest, planned: list[exchange.Row]) -> bool:
        if any(row.errors for row in planned):  # somebody changed something since it was shown
            return False
        done = exchange.carry_out(planned)
        for category, row in done:
            flag = ADDITION if row.is_new else CHANGE
            said = "Imported." if row.is_new else f"Imported: {', '.join(column for column, _, _ in row.changes)}."
            LogEntry.objects.log_actions(int(request.user.pk or 0), [category], flag, said, single_object=True)
        count = len(done)
        said = ngettext("%(count)s category added or changed.", "%(count)s categories added or changed.", count)
        messages.success(request, said % {"count": count})
        return True


def _content(request: HttpRequest, context: dict[str, Any]) -> bytes | None:
    """The file as it came, or as it was shown a moment ago."""
    if "text" in request.POST:
        context["form"] = ExchangeForm(request.POST)
        return request.POST["text"].replace("\r\n", "\n").encode()  # browsers write every new line of a form like that
    form = context["form"] = ExchangeForm(request.POST, request.FILES)
    if not form.is_valid():
        return None
    content: bytes = form.cleaned_data["file"].read(exchange.MOST_BYTES + 1)
    return content


def _counted(planned: list[exchange.Row]) -> dict[str, int]:
    kinds = [row.does for row in planned]
    return {f"count_{kind}": kinds.count(kind) for kind in ("new", "changed", "same", "error")}
