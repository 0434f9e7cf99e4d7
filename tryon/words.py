"""Clothes by their names, in the reader's language.

A garment's name in masks, rows and addresses is that of its class, in English; pages say it by these functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext_noop as _

# What comes with the house or came with it, as ``tryon/stock`` and ``wardrobe/garments`` describe it. Staff may call a garment
# otherwise; then it is called so everywhere.
OF_THE_HOUSE = (
    _("Coat"),
    _("Coat, turned a little"),
    _("Dress"),
    _("Dress, turned a little"),
    _("Pencil skirt"),
    _("Pencil skirt, turned a little"),
    _("Scarf"),
    _("Shirt"),
    _("Shorts"),
    _("Skirt"),
    _("Skirt, turned a little"),
    _("Slip dress"),
    _("Slip dress, turned a little"),
    _("Sweater"),
    _("T-shirt"),
    _("Tote bag"),
    _("Trousers"),
    _("A cotton dress with short sleeves, gathered at the waist into a full skirt."),
    _("A long slip dress on thin straps, cut to move."),
    _("A long wool scarf, thrown around the neck and left to hang."),
    _("A narrow skirt to the knee, smooth over the hip."),
    _("A single-breasted coat in heavy wool, with a wide collar, to the knee."),
    _("A single-breasted wool coat, knee length, with notched lapels."),
    _("A sturdy canvas tote with long handles."),
    _("A three-quarter circle skirt that falls in deep, soft flutes."),
    _("Crisp poplin with a soft collar and curved tails."),
    _("Crisp poplin with a soft collar, a chest pocket and curved tails."),
    _("Easy cotton shorts, mid-thigh, wide enough to move in."),
    _("Easy cotton twill shorts, mid-thigh, with topstitched hems."),
    _("Soft lambswool in stocking stitch, ribbed at every edge."),
    _("Straight cotton jersey with a ribbed crew neck."),
    _("Straight, easy trousers that break softly at the knee."),
)
PLACES = (  # as :func:`ml.garments.people.places` says them
    _("The one there"),
    _("The one on the left"),
    _("The one in the middle"),
    _("The one on the right"),
    _("The one second from the left"),
    _("The one third from the left"),
    _("The one fourth from the left"),
    _("The one fifth from the left"),
)
CLASSES = (  # as :mod:`ml.garments.config` and, for a model that knows no kinds, :mod:`ml.garments.names` call them
    _("top"),
    _("outerwear"),
    _("bottom"),
    _("skirt"),
    _("dress"),
    _("shoes"),
    _("accessory"),
    _("clothes"),
)


PARTS = {  # as the wardrobe calls them
    "body": pgettext_lazy("part of a garment", "Body"),
    "skirt": pgettext_lazy("part of a garment", "Skirt"),
    "legs": pgettext_lazy("part of a garment", "Legs"),
    "sleeves": gettext_lazy("Sleeves"),
    "collar": gettext_lazy("Collar"),
    "cuffs": gettext_lazy("Cuffs"),
    "waistband": gettext_lazy("Waistband"),
    "straps": gettext_lazy("Straps"),
    "ribs": gettext_lazy("Ribbing"),
    "handles": gettext_lazy("Handles"),
}


def part_title(name: str) -> str:
    """``Collar``: a part of a garment, as it stands alone; what the wardrobe does not have is called as it is."""
    return str(PARTS.get(name, capital(name)))


def garment_word(name: str) -> str:
    """``top``: as it stands within a sentence."""
    return gettext(name)


def garment_title(name: str) -> str:
    """``Top``: as it stands alone."""
    return capital(gettext(name))


def garment_list(names: Iterable[str]) -> str:
    """``top, skirt``."""
    return ", ".join(map(gettext, names))


def garments_together(names: Iterable[str]) -> str:
    """``Top and skirt``: of what is dressed as one piece."""
    return capital(gettext(" and ").join(map(gettext, names)))


def worn(names: Iterable[str], fabric: str) -> str:
    """``Top in plaid 17``."""
    return gettext("%(garments)s in %(fabric)s") % {
        "garments": garments_together(names),
        "fabric": mid_sentence(fabric),
    }


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def mid_sentence(words: str) -> str:
    """Words that begin with a capital when they stand alone, as they stand within a sentence; German keeps its nouns' capitals."""
    return words if get_language() == "de" else words.lower()


def moment(when: datetime) -> str:
    """Day and time, as short as the language has them."""
    return date_format(timezone.localtime(when), "SHORT_DATETIME_FORMAT")
