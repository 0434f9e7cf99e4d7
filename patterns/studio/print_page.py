"""Which print files there are of a fabric, and how large they print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from ml.errors import RecipeError
from patterns.studio import services
from patterns.studio.addresses import UNITS, Work, recipe_query
from patterns.studio.forms import PrintForm, refuse_errors
from patterns.studio.pages import (
    fabric_name,
)
from patterns.studio.press import PRESSES
from patterns.words import told

TILE = 512  # pixels a side, of the picture on the page

if TYPE_CHECKING:
    from ml.textiles.press import PrintPlan


def print_query(query: QueryDict, work: Work) -> dict[str, Any]:
    """The form's fields, as the table has them where the address does not say."""
    start = {"width": f"{work.width:g}", "unit": work.unit, "dpi": "150"}
    return {name: query.get(name) or value for name, value in start.items()}


def plan_of(work: Work, form: PrintForm) -> PrintPlan:
    """Raises RecipeError."""
    from ml.textiles.press import plan_print

    refuse_errors(form)
    asked = form.cleaned_data
    return plan_print(asked["width"], asked["unit"], asked["dpi"], work.recipe.repeat)


def print_page(work: Work, form: PrintForm) -> dict[str, Any]:
    from ml.textiles.press import size_range
    from ml.textiles.repeats import BLOCKS
    from ml.textiles.trace import is_flat

    plan, errors = None, []
    try:
        plan = plan_of(work, form)
        work = replace(work, width=form.cleaned_data["width"], unit=form.cleaned_data["unit"])
    except RecipeError as error:
        errors = [told(str(error))]
    unit, dpi = form.data["unit"], form.data["dpi"]
    is_plain = unit in dict(UNITS) and dpi in ("150", "300")
    query = [*recipe_query(work.recipe), *((name, str(form.data[name])) for name in form.fields)]
    return {
        "work": work,
        "name": fabric_name(work),
        "repeat": told(work.recipe.repeat),
        "category": work.version.category,
        "recipe_fields": recipe_query(work.recipe),
        "form": form,
        "units": [(value, label, value == unit) for value, label in UNITS],
        "resolutions": [(value, f"{value} DPI", value == dpi) for value in ("150", "300")],
        "range": size_range(unit, int(dpi), work.recipe.repeat) if is_plain else None,
        "plan": told(str(plan)) if plan else "",
        "pixels": plan.pixels if plan else None,
        "is_flat": is_flat(services.block_of(work.version, work.recipe)),
        "files": {
            kind: f"{reverse('studio-print-file', args=[*work.keys, kind])}?{urlencode(query)}"
            for kind in (*PRESSES, "recipe")
        },
        "picture": work.picture("studio-shown", size=TILE),
        "picture_size": [TILE * tiles for tiles in BLOCKS[work.recipe.repeat]],
        "errors": errors,
    }


def file_stem(work: Work) -> str:
    what = "mix" if work.recipe.mix else "picture" if work.recipe.latent else str(work.recipe.seed)
    return f"ai-fashion-{work.version.category.slug}-{what}"
