"""Buttons on the Studio's table that give another recipe: each takes what lies there and a word, and answers with a recipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from ml.errors import RecipeError
from patterns.services import fresh_seed
from patterns.studio import services
from patterns.studio.addresses import Work
from patterns.studio.forms import begun_again

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe

Action = Callable[[Work, str], "Recipe"]


def take_action(work: Work, wish: str, number: int | None = None, degrees: float | None = None) -> Recipe:
    """The recipe after a button: "shuffle", "colourway:Dusk". Raises RecipeError, which names nothing but what is wrong."""
    name, word = wish.partition(":")[::2]
    if name == "reduce":
        return reduce_inks(work, number)
    if name == "hues":
        return turn_hues(work, degrees or 0)
    if name not in ACTIONS:
        raise RecipeError(_("The Studio has no such button. Go back and choose one of those shown."))
    return ACTIONS[name](work, word)


def reduce_inks(work: Work, number: int | None) -> Recipe:
    from ml.textiles import palette

    if number is None:
        raise RecipeError(_("Say how many inks shall remain."))
    drawn = services.block_of(work.version, work.recipe)
    return palette.reduce_inks(drawn, work.recipe, min(number, len(drawn.inks)), work.locked)


def turn_hues(work: Work, degrees: float) -> Recipe:
    from ml.textiles import palette

    return palette.turn_hues(services.block_of(work.version, work.recipe), work.recipe, degrees, work.locked)


def wear_colours(work: Work, colours: Sequence[str]) -> Recipe:
    """The fabric in these colours, light and dark where they were."""
    from ml.textiles import palette

    drawn = services.block_of(work.version, work.recipe)
    return palette.apply_colours(drawn, work.recipe, colours, locked=work.locked)


def _shuffle(work: Work, word: str) -> Recipe:
    from ml.textiles import palette

    return palette.shuffle_inks(services.block_of(work.version, work.recipe), work.recipe, fresh_seed(), work.locked)


def _colourway(work: Work, word: str) -> Recipe:
    from ml.textiles.colourways import COLOURWAYS

    if word not in COLOURWAYS:
        raise RecipeError(_("There is no colourway of that name. Choose one of those shown."))
    return wear_colours(work, COLOURWAYS[word])


def _own_inks(work: Work, word: str) -> Recipe:
    return replace(work.recipe, palette=(), merged=())


def _no_edits(work: Work, word: str) -> Recipe:
    return replace(work.recipe, edits=())


def _fresh(work: Work, word: str) -> Recipe:
    return begun_again(replace(work.recipe, latent=""), fresh_seed())


ACTIONS: dict[str, Action] = {
    "shuffle": _shuffle,
    "colourway": _colourway,
    "own-inks": _own_inks,
    "no-edits": _no_edits,
    "fresh": _fresh,
}
