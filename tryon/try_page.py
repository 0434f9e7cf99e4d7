"""What the try-on page shows, worked out before any template sees it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from ml.errors import ModelFileError
from ml.garments.people import places
from patterns import queries as fabrics
from patterns.models import Category, GeneratorVersion
from patterns.references import FabricReference
from patterns.services import next_page, page_of_seeds
from patterns.studio.services import swatches_of
from patterns.units import said_in_inches
from patterns.words import percent, told
from tryon.forms import TryOnForm
from tryon.masks import labels_of
from tryon.models import Photo, StockGarment, Wearable
from tryon.pictures import SCREEN_SIDE, SMALL_SIDE
from tryon.services import scale_of
from tryon.words import garment_title, mid_sentence, part_title

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
TROUBLE: dict[str, str] = {
    Photo.Trouble.DARK: _("It is very dark. Take it again by day, or with a lamp in front of you and not behind."),
    Photo.Trouble.SMALL: _(
        "It is only %(width)s x %(height)s pixels. One with at least 400 on each side shows us more."
    ),
}


@dataclass(frozen=True)
class Addresses:
    """Where the page of one wearable lives, and its neighbours."""

    page: str
    preview: str
    keep: str
    before: str
    live: str
    sheet: str


@dataclass(frozen=True)
class Chip:
    """One garment found: to choose by its name, to see by its outline."""

    name: str
    label: str
    is_chosen: bool
    share: str
    paths: list[str]
    box: str


@dataclass(frozen=True)
class PartChip:
    """One part of a garment, which may stay as it is."""

    name: str
    label: str
    is_plain: bool


@dataclass(frozen=True)
class PersonChip:
    """One of several people in a photo, 0 for all of them."""

    number: int
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Swatch:
    """One fabric of the grid."""

    value: str
    label: str
    picture: str
    is_chosen: bool


@dataclass(frozen=True)
class Ink:
    """One ink of the fabric that is on: its number in the recipe, its colour, how much of the cloth it covers."""

    number: int
    colour: str
    share: str


@dataclass(frozen=True)
class DressedGarment:
    """A stock garment in a fabric, for the home page."""

    page: str
    picture: str
    sizes: str
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
    state = {"garment": garment.garment_names, "fabric": f"{category.slug}:{seed}"}
    query = urlencode(state, doseq=True)
    label = gettext("%(garments)s in %(fabric)s") % {
        "garments": garment,
        "fabric": mid_sentence(f"{category} {seed}"),
    }
    picture = f"{addresses.preview}?{query}"
    return DressedGarment(f"{addresses.page}?{query}", picture, in_two_sizes(picture, garment), label)


def in_two_sizes(preview: str, wearable: Wearable) -> str:
    """A preview's address as a srcset, for pages that show several side by side."""
    longest = max(wearable.width, wearable.height)
    small, large = (round(wearable.width * min(1, side / longest)) for side in (SMALL_SIDE, SCREEN_SIDE))
    return f"{preview}&small=1 {small}w, {preview} {large}w"


def addresses_of(wearable: Photo | StockGarment) -> Addresses:
    if isinstance(wearable, Photo):
        kind, key, before = "photo", str(wearable.public_id), reverse("photo-image", args=[wearable.public_id])
    else:
        kind, key, before = "stock", wearable.slug, wearable.screen.url
    names = ("try", "preview", "keep", "live", "sheet")
    page, preview, keep, live, sheet = (reverse(f"{name}-{kind}", args=[key]) for name in names)
    return Addresses(page, preview, keep, before, live, sheet)


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
        "parts": parts_of(wearable, form),
        "needs_confirmation": wearable.outcome == Wearable.Outcome.UNSURE,
        "nothing_found": wearable.outcome == Wearable.Outcome.NONE,
        "preview": f"{addresses.preview}?{form.address()}&v={mask_version_of(wearable)}" if shown else "",
        "mask_version": mask_version_of(wearable),
        **about_photo(wearable, form),
        "scale": scale_words(wearable, form) if shown else "",
        "state": form.state(),
        "in_inches": form.width == "inches",
        "placement_fields": [form[name] for name in form.placement],
        "held": list(enumerate(form.held)),
        "layer_texts": form.held_texts,
        "can_hold": shown and form.can_hold(),
        "sheet": f"{addresses.sheet}?{form.address()}" if shown else "",
        **inks_asked_for(form),
        **fabric_grid(form),
    }


def scale_words(wearable: Wearable, form: TryOnForm) -> str:
    """How the scale is known, in the unit of the page."""
    said = told(scale_of(wearable, labels_of(wearable), tuple(form.cleaned_data["garment"])).how)
    return said_in_inches(said) if form.width == "inches" else said


def parts_of(wearable: Wearable, form: TryOnForm) -> list[PartChip]:
    """What can be left plain; nothing where parts are not known."""
    chosen = form.data.getlist("plain")  # type: ignore[attr-defined]
    return [PartChip(name, part_title(name), name in chosen) for name in wearable.parts_known]


def inks_asked_for(form: TryOnForm) -> dict[str, Any]:
    """The inks of the fabric that is on; only where a page without script asks, for they have to be drawn."""
    if form.data.get("inks") != "show" or not form.version or not form.choice:
        return {}
    inks = [Ink(each.ink, each.colour, percent(each.share)) for each in swatches_of(form.version, form.choice.recipe)]
    return {"inks": inks, "inks_of": str(form.choice)}


def mask_version_of(wearable: Photo | StockGarment) -> str:
    """In the preview's address, so that no browser shows what was mended since."""
    return wearable.mask_version if isinstance(wearable, Photo) else "0"


def about_photo(wearable: Photo | StockGarment, form: TryOnForm) -> dict[str, Any]:
    """What only a person's own photo has: mending, its people, what is wrong with it."""
    if not isinstance(wearable, Photo):
        return {}
    return {
        "mend": f"{reverse('mend-photo', args=[wearable.public_id])}?{form.address()}",
        "choose_person": f"{reverse('choose-person-photo', args=[wearable.public_id])}?{form.address()}",
        "people": people_of(wearable),
        "trouble": trouble_in(wearable),
    }


def trouble_in(photo: Photo) -> str:
    """What is wrong with a photo, and what to do about it; empty when nothing."""
    known = TROUBLE.get(photo.trouble)
    return gettext(known) % {"width": photo.width, "height": photo.height} if known else ""


def people_of(photo: Photo) -> list[PersonChip]:
    """Whom a photo with several people offers to dress; nobody to choose from when there is one."""
    if photo.people < 2:
        return []
    labels = [_("Everybody"), *(f"The one {place}" for place in places(photo.people))]
    return [PersonChip(number, gettext(label), number == photo.person) for number, label in enumerate(labels)]


def box_of_paths(paths: Sequence[str]) -> str:
    """The SVG viewBox around outlines, square, so that a garment can be drawn small by itself."""
    numbers = [float(number) for path in paths for number in NUMBER.findall(path)]
    if len(numbers) < 2:
        return "0 0 1 1"
    left, top = min(numbers[::2]), min(numbers[1::2])
    side = max(max(numbers[::2]) - left, max(numbers[1::2]) - top, 1.0)
    across, down = max(numbers[::2]) - left, max(numbers[1::2]) - top
    return f"{left - (side - across) / 2:.0f} {top - (side - down) / 2:.0f} {side:.0f} {side:.0f}"


def chips_of(wearable: Wearable, form: TryOnForm) -> list[Chip]:
    chosen = form.data.getlist("garment")  # type: ignore[attr-defined]
    return [
        Chip(
            garment["name"],
            garment_title(garment["name"]),
            garment["name"] in chosen,
            percent(garment["share"]),
            garment["outline"],
            box_of_paths(garment["outline"]),
        )
        for garment in wearable.found
        if garment["name"] in form.free_garments
    ]


def fabric_grid(form: TryOnForm) -> dict[str, Any]:
    """Eight fabrics of the category being looked at, and the chosen one first when it is not among them."""
    categories = list(fabrics.offered_categories())
    if not categories:  # the last one was withdrawn a moment ago
        raise ModelFileError("No fabric generator is published.")
    category = next((each for each in categories if each.slug == form.data.get("category")), categories[0])
    first = form.cleaned_data.get("from") or 0
    chosen = form.choice or FabricReference.parse(form.data.get("fabric", ""))
    seeds = [FabricReference.of_seed(category.slug, seed) for seed in page_of_seeds(first)]
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
        "swatches": [swatch_of(choice, versions.get(choice.category, ""), choice == chosen) for choice in seeds],
        "first": first,
        "next": next_page(first),
    }


def swatch_of(choice: FabricReference, version: str, is_chosen: bool) -> Swatch:
    return Swatch(str(choice), choice.label, choice.picture(version), is_chosen)
