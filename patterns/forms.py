"""What an address may ask of a fabric."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from patterns.services import LARGEST_SEED, PREVIEW_SIZES
from patterns.words import told


class TileForm(forms.Form):
    size = forms.IntegerField(min_value=PREVIEW_SIZES[0], max_value=PREVIEW_SIZES[1], required=False)
    v = forms.SlugField(max_length=80, required=False)


class SeedForm(forms.Form):
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED)


class FabricPageForm(forms.Form):
    def __init__(self, query: object) -> None:
        super().__init__(query)  # type: ignore[arg-type]
        self.fields["from"] = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False)


def first_error(form: forms.Form) -> str:
    """One sentence for a page that cannot show the form again: the field's name and what is wrong with it."""
    field, messages = next(iter(form.errors.items()))
    name = {"v": "version", "from": "seed"}.get(field, field)
    return _("The %(field)s in this address cannot be used. %(why)s") % {"field": told(name), "why": messages[0]}
