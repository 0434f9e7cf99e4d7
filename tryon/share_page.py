"""What the result's page says about its pieces and links, and what a shared page shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patterns.references import FabricReference
from patterns.units import CM_PER_INCH
from tryon.forms import REPEATS
from tryon.layers import Held
from tryon.models import Result, ShareLink
from tryon.sharing import DAYS, USUAL_DAYS, token_of
from tryon.words import garments_together, mid_sentence


class ShareForm(forms.Form):
    days = forms.TypedChoiceField(label=_("The link works for"), choices=DAYS, coerce=int, initial=USUAL_DAYS)
    photo = forms.BooleanField(label=_("Show the picture before, too"), required=False)


@dataclass(frozen=True)
class Link:
    """One open link, for its owner."""

    key: UUID
    address: str
    expires: datetime
    with_photo: bool


@dataclass(frozen=True)
class Piece:
    """What is worn in which fabric."""

    garments: str
    fabric: str
    picture: str
    page: str

    def __str__(self) -> str:
        return gettext("%(garments)s in %(fabric)s") % {
            "garments": self.garments,
            "fabric": mid_sentence(self.fabric),
        }


def sharing_context(result: Result, absolute: Callable[[str], str]) -> dict[str, Any]:
    links = [
        Link(link.key, absolute(reverse("shared", args=[token_of(link)])), link.expires, link.with_photo)
        for link in result.share_links.all()
        if link.is_open
    ]
    return {"links": links, "share_form": ShareForm()}


def pieces_of(result: Result) -> list[Piece]:
    """Every piece of a result, the one that was in hand first."""
    version = result.fabric.generator_version.version
    pieces = [_piece(result.garments, FabricReference.of(result.fabric), version)]
    names = {name for text in result.layers for name in text.partition(",")[0].split(".")}
    for text in reversed(result.layers):
        try:
            held = Held.parse(text, names)
        except forms.ValidationError:
            continue
        pieces.append(_piece(held.garments, held.fabric, held.fabric.version))
    return pieces


def _piece(garments: list[str] | tuple[str, ...], fabric: FabricReference, version: str) -> Piece:
    page = f"{reverse('clothes')}?{urlencode({'fabric': str(fabric)})}"
    return Piece(garments_together(garments), fabric.label, fabric.picture(version, 256), page)


def pattern_width(result: Result, in_inches: bool) -> str:
    """How wide the pattern lies on the cloth, and in which repeat."""
    lay = result.placement
    repeat = dict(REPEATS).get(lay["repeat"], lay["repeat"])
    cm = lay["cm_per_tile"]
    said = gettext("%(length)s inches") if in_inches else gettext("%(length)s cm")
    width = said % {"length": floatformat(cm / CM_PER_INCH if in_inches else cm, -1)}
    return gettext("%(width)s, %(repeat)s repeat") % {"width": width, "repeat": mid_sentence(str(repeat))}


def shared_page(link: ShareLink, token: str) -> dict[str, Any]:
    result = link.result
    return {
        "link": link,
        "result": result,
        "pieces": pieces_of(result),
        "picture": reverse("shared-picture", args=[token]),
        "before": reverse("shared-before", args=[token]) if shows_before(link) else "",
    }


def shows_before(link: ShareLink) -> bool:
    return link.with_photo and bool(link.result.photo or link.result.stock)
