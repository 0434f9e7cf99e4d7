"""What the try-on page shows, worked out before any template sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from ml.errors import ModelFileError
from patterns import queries as fabrics
from patterns.models import Category, GeneratorVersion
from patterns.services import next_page, page_of_seeds
from tryon.forms import FabricChoice, TryOnForm, parse_fabric
from tryon.models import Photo, StockGarment, Wearable
from tryon.services import read_grey, scale_of


@dataclass(frozen=True)
class Addresses:
    """Where the page of one wearable lives, and its neighbours."""

    page: str
    preview: str
    keep: str
    before: str


@dataclass(frozen=True)
class Chip:
    """One garment found: to choose by its name, to see by its outline."""

    name: str
    label: str
    is_chosen: bool
    share: str
    paths: list[str]


@dataclass(frozen=True)
class Swatch:
    """One fabric of the grid."""

    value: str
    label: str
    picture: str
    is_chosen: bool


@dataclass(frozen=True)
class DressedGarment:
    """A stock garment in a fabric, for the home page."""

    page: str
    picture: str
    label: str


def dressed_garments(
    garments: Sequence[StockGarment], categories: Sequence[Category], seed: int
) -> list[DressedGarment]:
    """Each garment in a fabric of another category."""
    return [
        dressed_garment(garment, categories[(seed + 5 * place) % len(categories)], seed + place)
        for place, garment in enumerate(garments if categories else [])
    ]


def dressed_garment(garment: StockGarment, category: Category, seed: int) -> DressedGarment:
    addresses = addresses_of(garment)
    state = {"garment": garment.garment_names, "fabric": f"{category.slug}:{seed}", "cm": 20}
    query = urlencode(state, doseq=True)
    label = f"{garment.name} in {category.name.lower()} {seed}"
    return DressedGarment(f"{addresses.page}?{query}", f"{addresses.preview}?{query}", label)


def addresses_of(wearable: Photo | StockGarment) -> Addresses:
    if isinstance(wearable, Photo):
        kind, key, before = "photo", str(wearable.public_id), reverse("photo-image", args=[wearable.public_id])
    else:
        kind, key, before = "stock", wearable.slug, wearable.screen.url
    page, preview, keep = (reverse(f"{name}-{kind}", args=[key]) for name in ("try", "preview", "keep"))
    return Addresses(page, preview, keep, before)


def try_page(wearable: Photo | StockGarment, form: TryOnForm) -> dict[str, Any]:
    """The page's context. Raises ModelFileError when there is no fabric to offer at all."""
    is_valid = form.is_valid()
    addresses = addresses_of(wearable)
    shown = is_valid and form.is_confirmed
    return {
        "wearable": wearable,
        "is_photo": isinstance(wearable, Photo),
        "addresses": addresses,
        "form": form,
        "chips": chips_of(wearable, form),
        "needs_confirmation": wearable.outcome == Wearable.Outcome.UNSURE,
        "nothing_found": wearable.outcome == Wearable.Outcome.NONE,
        "preview": f"{addresses.preview}?{form.address()}" if shown else "",
        "scale": scale_of(wearable, read_grey(wearable.labels), tuple(form.cleaned_data["garment"])) if shown else None,
        "state": form.state(),
        "placement_fields": [form[name] for name in ("cm", "rotation", "dx", "dy", "repeat")],
        **fabric_grid(form),
    }


def chips_of(wearable: Wearable, form: TryOnForm) -> list[Chip]:
    chosen = form.data.getlist("garment")  # type: ignore[attr-defined]
    return [
        Chip(
            garment["name"],
            garment["name"].capitalize(),
            garment["name"] in chosen,
            f"{garment['share']:.0%}",
            garment["outline"],
        )
        for garment in wearable.found
    ]


def fabric_grid(form: TryOnForm) -> dict[str, Any]:
    """Eight fabrics of the category being looked at, and the chosen one first when it is not among them."""
    categories = list(fabrics.offered_categories())
    if not categories:  # the last one was withdrawn a moment ago
        raise ModelFileError("No fabric generator is published.")
    category = next((each for each in categories if each.slug == form.data.get("category")), categories[0])
    first = form.cleaned_data.get("from") or 0
    chosen = form.choice or parse_fabric(form.data.get("fabric", ""))
    seeds = [FabricChoice(category.slug, seed) for seed in page_of_seeds(first)]
    if form.choice and form.choice not in seeds:
        seeds.insert(0, form.choice)
    versions = {
        version.category.slug: version.version
        for version in GeneratorVersion.objects.filter(state=GeneratorVersion.State.PUBLISHED).select_related(
            "category"
        )
    }
    return {
        "categories": categories,
        "category": category,
        "swatches": [swatch_of(choice, versions[choice.category], choice == chosen) for choice in seeds],
        "first": first,
        "next": next_page(first),
    }


def swatch_of(choice: FabricChoice, version: str, is_chosen: bool) -> Swatch:
    tile = reverse("fabric-tile", args=[choice.category, choice.seed])
    label = f"{choice.category.capitalize()} {choice.seed}"
    return Swatch(str(choice), label, f"{tile}?size=256&v={version}", is_chosen)
