"""Staff pages for categories, generator versions and fabrics."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ml.errors import MlError
from patterns import services
from patterns.exchange_pages import ExchangePages
from patterns.models import Category, Direction, Fabric, GeneratorVersion
from patterns.staff import Inline, MadeByPeople, QuickAdmin, picture
from patterns.training.version_pages import VersionPages
from patterns.words import told

SAMPLE_SEED, SAMPLE_SIZE = 1, 128
State = GeneratorVersion.State


@admin.register(Category)
class CategoryAdmin(ExchangePages):
    list_display = ("sample", "name", "slug", "order", "is_published", "published_as")
    list_display_links = ("sample", "name")
    list_editable = ("order", "is_published")
    list_filter = ("is_published",)
    search_fields = ("name", "slug", "blurb")
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        published = Prefetch("versions", GeneratorVersion.objects.filter(state=State.PUBLISHED), "published_versions")
        return super().get_queryset(request).prefetch_related(published)

    @admin.display(description="")
    def sample(self, category: Any) -> SafeString | str:
        versions = category.published_versions
        return (
            picture(_sample_address(versions[0]), _("A fabric of the category %(category)s") % {"category": category})
            if versions
            else "–"
        )

    @admin.display(description=_("Published version"))
    def published_as(self, category: Any) -> str:
        return ", ".join(version.version for version in category.published_versions) or str(_("none"))


class DirectionInline(Inline):
    """Staff name a slider, order it and hide it; which sliders there are, the generator version decides."""

    model = Direction
    extra = 0
    can_delete = False
    fields = ("name", "label", "order", "is_shown", "what_it_does")
    readonly_fields = ("name", "what_it_does")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("Measured, in standard deviations from one end to the other"))
    def what_it_does(self, direction: Direction) -> str:
        strongest = sorted(direction.effects.items(), key=lambda effect: -abs(effect[1]))[:3]
        return ", ".join(f"{told(name)} {'+' * (change >= 0)}{number_format(change, 1)}" for name, change in strongest)


@admin.register(GeneratorVersion)
class GeneratorVersionAdmin(VersionPages, QuickAdmin):
    inlines = (DirectionInline,)
    list_display = ("sample", "category", "version", "state", "created")
    list_display_links = ("sample", "version")
    list_filter = ("state", "category")
    list_select_related = ("category",)
    search_fields = ("version", "category__name", "weights_sha256", "onnx_sha256")
    ordering = ("category__order", "-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["quality", *(field.name for field in GeneratorVersion._meta.fields)]

    def get_urls(self) -> list[URLPattern]:
        sample = self.admin_site.admin_view(self.sample_view)
        return [path("<int:pk>/sample.webp", sample, name="patterns_version_sample"), *super().get_urls()]

    def sample_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        from ml.textiles.recipe import Recipe

        return _tile_response(self.row_or_404(request, pk), Recipe(seed=SAMPLE_SEED))

    @admin.display(description="")
    def sample(self, version: GeneratorVersion) -> SafeString:
        return picture(_sample_address(version), _("A fabric of %(version)s") % {"version": version})

    def draw(self, version: GeneratorVersion, seed: int) -> HttpResponse:
        from ml.textiles.recipe import Recipe

        return _tile_response(version, Recipe(seed=seed))


@admin.register(Fabric)
class FabricAdmin(MadeByPeople):
    list_display = ("tile", "public_id", "category", "seed", "version", "maker", "created")
    list_display_links = ("tile", "public_id")
    list_filter = ("generator_version__category", "created")
    list_select_related = ("generator_version__category", "owner")
    search_fields = ("public_id__startswith", "owner__email", "owner__username", "generator_version__version")
    search_help_text = _("A seed, the beginning of an id, a person's e-mail or name, or a version.")
    ordering = ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term.isascii() and search_term.isdigit() and len(search_term) <= 10:
            found |= queryset.filter(recipe__seed=int(search_term))
        return found, may_repeat

    def get_urls(self) -> list[URLPattern]:
        tile = self.admin_site.admin_view(self.tile_view)
        return [path("<int:pk>/tile.webp", tile, name="patterns_fabric_tile"), *super().get_urls()]

    def tile_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        fabric = self.row_or_404(request, pk)
        return _tile_response(fabric.generator_version, fabric.as_recipe())

    @admin.display(description="")
    def tile(self, fabric: Fabric) -> SafeString:
        return picture(reverse("admin:patterns_fabric_tile", args=[fabric.pk]), str(fabric))

    @admin.display(description=_("Category"), ordering="generator_version__category__name")
    def category(self, fabric: Fabric) -> str:
        return str(fabric.generator_version.category)

    @admin.display(description=_("Version"))
    def version(self, fabric: Fabric) -> str:
        return fabric.generator_version.version

    @admin.display(description=_("Seed"))
    def seed(self, fabric: Fabric) -> str:
        return str(fabric.recipe.get("seed", "?"))


def _sample_address(version: GeneratorVersion) -> str:
    return reverse("admin:patterns_version_sample", args=[version.pk])


def _tile_response(version: GeneratorVersion, recipe: Any) -> HttpResponse:
    try:
        tile = services.show_fabric(version, recipe, SAMPLE_SIZE)
    except MlError:  # a version whose files are gone: the list still opens, this picture is missing
        return HttpResponse(status=404)
    return HttpResponse(tile, content_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})
