"""Other inks for a fabric, as a form sends them: ``inks-of`` names the fabric, ``ink2=#b9312f`` a colour."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _

from patterns.models import GeneratorVersion
from patterns.references import FabricReference
from patterns.studio.services import swatches_of

INK = re.compile(r"ink(\d{1,2})")
COLOUR = re.compile(r"#[0-9a-f]{6}")


def recoloured(choice: FabricReference, version: GeneratorVersion, asked: Mapping[str, object]) -> FabricReference:
    """The fabric with the inks asked for, where they are meant for it. Raises ValidationError, MlError, Busy."""
    if asked.get("inks-of") != str(choice):
        return choice
    given = {int(match[1]): str(asked[key]).lower() for key in asked if (match := INK.fullmatch(key))}
    if not all(COLOUR.fullmatch(colour) for colour in given.values()):
        raise forms.ValidationError(_("An ink is written as # and six digits, such as #b9312f."))
    now = {swatch.ink: swatch.colour for swatch in swatches_of(version, choice.recipe)}
    changed = {ink: colour for ink, colour in given.items() if now.get(ink, colour) != colour}
    if not changed:
        return choice
    return FabricReference(choice.category, choice.recipe.coloured(changed), version.version)
