"""The twelve categories the house starts with: name, a word about it, place in the row. Staff may change all of it."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    slug: str
    name: str
    blurb: str


CATALOGUE = (
    Entry("floral", "Floral", "Blossoms from meadow-small to peony-large."),
    Entry("leaves", "Leaves", "Fronds and foliage, quiet or jungle-bold."),
    Entry("plaid", "Plaid", "Crossing bands, from tartan to window-pane."),
    Entry("checkered", "Checkered", "Gingham and chessboard in two voices or more."),
    Entry("striped", "Striped", "Pinstripe, deckchair and everything between."),
    Entry("dotted", "Dotted", "Polka dots, pin dots, scattered confetti."),
    Entry("zigzag", "Zigzag", "Chevrons and flame stitch with a pulse."),
    Entry("geometric", "Geometric", "Tiles, lattices and sharp little inventions."),
    Entry("batik", "Batik", "Wax-resist rhythms with a hand-dyed depth."),
    Entry("animal", "Animal", "Leopard, zebra, snake, without the animal."),
    Entry("novelty", "Novelty", "Playful prints that refuse to be explained."),
    Entry("solid", "Solid", "One colour, with the weave left in."),
)
