"""Print files, one at a time: at 8192 px one needs most of a gigabyte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from patterns.models import GeneratorVersion
from patterns.studio.services import block_of, heavy_slots

if TYPE_CHECKING:
    from ml.textiles.press import PrintPlan
    from ml.textiles.recipe import Recipe
    from ml.textiles.recipe_file import RecipeFile
    from ml.textiles.separations import Separations


@dataclass(frozen=True)
class PrintFile:
    """Ready to send."""

    content: bytes
    content_type: str
    suffix: str


def press_file(version: GeneratorVersion, recipe: Recipe, plan: PrintPlan, kind: str) -> PrintFile:
    """One of PRESSES, of the printed size that the plan says. Raises MlError, Busy."""
    drawn = block_of(version, recipe)
    with heavy_slots().take():
        return PRESSES[kind](version, recipe, drawn, plan)


def _press_picture(kind: str) -> Press:
    def press(version: GeneratorVersion, recipe: Recipe, drawn: Separations, plan: PrintPlan) -> PrintFile:
        from ml.textiles.press import encode_print, print_block

        return PrintFile(encode_print(print_block(drawn, plan), plan.dpi, kind), f"image/{kind}", f".{kind}")

    return press


def _press_layers(version: GeneratorVersion, recipe: Recipe, drawn: Separations, plan: PrintPlan) -> PrintFile:
    from ml.textiles.press import zip_layers

    return PrintFile(zip_layers(drawn, plan, recipe_file(version, recipe)), "application/zip", "-inks.zip")


def _press_svg(version: GeneratorVersion, recipe: Recipe, drawn: Separations, plan: PrintPlan) -> PrintFile:
    from ml.errors import RecipeError
    from ml.textiles.trace import is_flat, trace_svg

    if not is_flat(drawn):
        raise RecipeError(
            _(
                "The inks of this fabric melt into each other, so an SVG would not look like it. Take the PNG, the TIFF or "
                "the ink layers."
            )
        )
    svg = trace_svg(drawn, plan, f"{version.category.name} fabric, drawn by an AI model")
    return PrintFile(svg.encode(), "image/svg+xml", ".svg")


Press = Callable[[GeneratorVersion, "Recipe", "Separations", "PrintPlan"], PrintFile]
PRESSES: dict[str, Press] = {
    "png": _press_picture("png"),
    "tiff": _press_picture("tiff"),
    "layers": _press_layers,
    "svg": _press_svg,
}


def recipe_file(version: GeneratorVersion, recipe: Recipe) -> RecipeFile:
    from ml.textiles.recipe_file import RecipeFile

    return RecipeFile(version.category.slug, version.version, recipe)
