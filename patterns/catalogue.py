"""The twelve categories the house starts with: name, a word about it, place in the row. Staff may change all of it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop as _  # rows are English; where they are shown they are translated


class Entry(NamedTuple):
    slug: str
    name: str
    blurb: str


CATALOGUE = (
    Entry("floral", _("Floral"), _("Blossoms from meadow-small to peony-large.")),
    Entry("leaves", _("Leaves"), _("Fronds and foliage, quiet or jungle-bold.")),
    Entry("plaid", _("Plaid"), _("Crossing bands, from tartan to window-pane.")),
    Entry("checkered", _("Checkered"), _("Gingham and chessboard in two voices or more.")),
    Entry("striped", _("Striped"), _("Pinstripe, deckchair and everything between.")),
    Entry("dotted", _("Dotted"), _("Polka dots, pin dots, scattered confetti.")),
    Entry("zigzag", _("Zigzag"), _("Chevrons and flame stitch with a pulse.")),
    Entry("geometric", _("Geometric"), _("Tiles, lattices and sharp little inventions.")),
    Entry("batik", _("Batik"), _("Wax-resist rhythms with a hand-dyed depth.")),
    Entry("animal", _("Animal"), _("Leopard, zebra, snake, without the animal.")),
    Entry("novelty", _("Novelty"), _("Playful prints that refuse to be explained.")),
    Entry("solid", _("Solid"), _("One colour, with the weave left in.")),
)
