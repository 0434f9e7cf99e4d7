"""Staff's pages of a generator version: publish and roll back through the quality gate, and two versions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from patterns import services
from patterns.models import GeneratorVersion
from patterns.staff import QuickAdmin
from patterns.training.gate import Check, checks_of, passes
from patterns.training.publishing import publish
from patterns.training.services import Refused
from patterns.words import told

State = GeneratorVersion.State
SEEDS = 12
FILES = (
    "weights_name",
    "weights_sha256",
    "onnx_name",
    "onnx_sha256",
    "directions_name",
    "directions_sha256",
    "encoder_name",
    "encoder_sha256",
    "scores",
)
LARGEST = services.LARGEST_SEED

if TYPE_CHECKING:
    Base = QuickAdmin
else:
    Base = object


def tell_checks(checks: list[Check]) -> SafeString | str:
    """How a model stands before the quality gate, for the page of its row."""
    if not checks:
        return str(_("It came with the project and was measured there."))
    said = {True: _("yes"), False: _("no"), None: _("not known")}
    rows = ((each.name, said[each.passed], each.sentence) for each in checks)
    return format_html_join("", "<p><strong>{}: {}.</strong> {}</p>", rows)


class VersionPages(Base):
    """Beside an admin of versions. ``draw(version, seed)`` answers with a tile; the admin says how."""

    change_form_template = "admin/training/version.html"
    actions = ("publish_chosen", "retire", "compare_chosen")
    fieldsets = (
        (None, {"fields": ("category", "version", "state", "quality", "created")}),
        (_("Files and figures, for those who look after the machines"), {"classes": ("collapse",), "fields": FILES}),
    )

    @admin.display(description=_("Quality gate"))
    def quality(self, version: GeneratorVersion) -> SafeString | str:
        return tell_checks(checks_of(version))

    def draw(self, version: GeneratorVersion, seed: int) -> HttpResponse:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/publish/", wrap(self.publish_view), name="patterns_version_publish"),
            path("<int:pk>/tile/<int:seed>.png", wrap(self.tile_view), name="patterns_version_tile"),
            path("compare/", wrap(self.compare_view), name="patterns_version_compare"),
            *super().get_urls(),
        ]

    def tile_view(self, request: HttpRequest, pk: int, seed: int) -> HttpResponse:
        if seed > LARGEST:
            raise Http404
        return self.draw(self.row_or_404(request, pk), seed)

    # Publish and roll back -------------------------------------------------------------------------------------------

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.row_or_404(request, pk)
        if not self.has_change_permission(request, version):
            raise PermissionDenied
        reason, problem = request.POST.get("reason", "")[:300], ""
        if request.method == "POST":
            try:
                said = publish(version, reason)
            except Refused as error:
                problem = str(error)
            else:
                self.log_change(request, version, said)
                words = _("The site draws %(category)s with %(version)s from now on.")
                now = words % {"category": version.category, "version": version.version}
                self.message_user(request, f"{told(said)} {now}")
                return redirect(reverse("admin:patterns_generatorversion_change", args=[pk]))
        published = GeneratorVersion.objects.filter(category=version.category_id, state=State.PUBLISHED).first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Publish %(version)s") % {"version": version},
            "version": version,
            "published": published,
            "checks": checks_of(version),
            "comes_back": version.state == State.RETIRED,
            "needs_reason": version.state == State.DRAFT and not passes(version),
            "seeds": range(SEEDS),
            "problem": problem,
            "reason": reason,
        }
        return TemplateResponse(request, "admin/training/publish.html", context)

    @admin.action(description=_("Publish, in place of the version published now"), permissions=["change"])
    def publish_chosen(self, request: HttpRequest, queryset: QuerySet[GeneratorVersion]) -> None:
        for version in queryset:
            try:
                said = publish(version)
            except Refused as error:
                page = reverse("admin:patterns_version_publish", args=[version.pk])
                words = format_html('{}: {} <a href="{}">{}</a>', version, str(error), page, _("Look at it"))
                self.message_user(request, words, messages.WARNING)
            else:
                self.log_change(request, version, said)
                self.message_user(request, f"{version}: {told(said)}")

    @admin.action(description=_("Retire"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[GeneratorVersion]) -> None:
        for version in queryset:
            services.retire_version(version)
            self.log_change(request, version, "Retired.")
        self.message_user(request, _("Retired. Fabrics made with it keep it."))

    # Side by side ----------------------------------------------------------------------------------------------------

    @admin.action(description=_("Compare two side by side"), permissions=["view"])
    def compare_chosen(self, request: HttpRequest, queryset: QuerySet[GeneratorVersion]) -> HttpResponse | None:
        chosen = list(queryset[:3])
        if len(chosen) != 2:
            self.message_user(request, _("Choose two versions to compare."), messages.WARNING)
            return None
        address = reverse("admin:patterns_version_compare")
        return redirect(f"{address}?a={chosen[0].pk}&b={chosen[1].pk}")

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        first = _number(request.GET.get("from"), 0)
        sides = [self._side(request, name) for name in ("a", "b")]
        if sides[0] and not sides[1]:
            others = GeneratorVersion.objects.filter(category=sides[0].category_id).exclude(pk=sides[0].pk)
            sides[1] = others.filter(state=State.PUBLISHED).first() or others.first()
        offered = GeneratorVersion.objects.select_related("category")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Two versions side by side"),
            "sides": [(each, checks_of(each)) for each in sides if each],
            "offered": offered.filter(category__in={each.category_id for each in sides if each})
            if any(sides)
            else offered,
            "a": sides[0],
            "b": sides[1],
            "pair": (("a", sides[0], _("One")), ("b", sides[1], _("Beside"))),
            "first": first,
            "seeds": range(first, min(first + SEEDS, LARGEST + 1)),
            "next": (first + SEEDS) % LARGEST,
        }
        return TemplateResponse(request, "admin/training/compare.html", context)

    def _side(self, request: HttpRequest, name: str) -> Any:
        pk = _number(request.GET.get(name), 0)
        return self.row_or_404(request, pk) if pk else None


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST else otherwise
