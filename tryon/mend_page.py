"""The page where outlines are mended: what can be asked there, and what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ml.garments.config import GARMENTS
from ml.garments.mend import MOST_PIXELS, MOST_POINTS, RADIUS, Stroke, garment_at
from patterns.words import percent
from tryon import mend
from tryon.forms import TryOnForm
from tryon.masks import labels_of
from tryon.models import Photo
from tryon.try_page import addresses_of
from tryon.words import garment_title

TOOLS = (("tap", _("Tap a region")), ("add", _("Brush")), ("remove", _("Eraser")))
TASKS = tuple((name, name) for name in ("place", "grow", "shrink", "undo", "redo", "reset"))
# Without JavaScript the picture is a button that sends where it was pressed, in pixels of the size it is shown at.
PICTURES = {"small": 320, "large": 640}
POINTS = re.compile(r"[01](\.\d{1,6})?,[01](\.\d{1,6})?( [01](\.\d{1,6})?,[01](\.\d{1,6})?)*")
KEPT = ("pick", "tool", "size", "exact", "by", "x", "y")  # what the page remembers from one change to the next
SAID = {
    "same": _("That changed nothing: the outline was already so."),
    "where": _("To mend without pointing, say where in the two fields for the place, then press “Apply there”."),
    "end": _("There is nothing more to undo or to do again."),
}

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Pick:
    """A garment to mend: its name in the form and on the page, how much of the picture it is, its outline."""

    name: str
    label: str
    is_picked: bool
    share: str
    paths: list[str]


class MendForm(forms.Form):
    """One change to the outlines. Where it was pressed may come as a line, as a place on the picture, or in numbers."""

    pick = forms.ChoiceField(error_messages={"invalid_choice": _("Choose a garment that is in the list.")})
    tool = forms.ChoiceField(choices=TOOLS)
    size = forms.FloatField(label=_("Brush size, in percent"), min_value=RADIUS[0] * 200, max_value=RADIUS[1] * 200)
    exact = forms.BooleanField(label=_("Paint exactly, without looking for edges"), required=False)
    by = forms.IntegerField(label=_("Pixels"), min_value=1, max_value=MOST_PIXELS)
    x = forms.FloatField(label=_("From the left, in percent"), min_value=0, max_value=100)
    y = forms.FloatField(label=_("From the top, in percent"), min_value=0, max_value=100)
    do = forms.ChoiceField(choices=TASKS, required=False)
    points = forms.CharField(required=False, max_length=24 * MOST_POINTS)

    START = (("tool", "tap"), ("size", "3"), ("by", "2"), ("x", "50"), ("y", "50"))

    def __init__(self, query: QueryDict, photo: Photo) -> None:
        self.photo = photo
        filled = query.copy()
        defaults = {"pick": (*query.getlist("garment"), *photo.garment_names, GARMENTS[0])[0], **dict(self.START)}
        for name, value in defaults.items():
            if not filled.get(name):
                filled[name] = value
        super().__init__(filled)
        self.fields["pick"].choices = [(name, garment_title(name)) for name in self.garments()]  # type: ignore[attr-defined]
        self.fields["size"].widget.attrs["step"] = "0.2"
        for name in ("x", "y"):
            self.fields[name].widget.attrs["step"] = "0.5"

    def garments(self) -> list[str]:
        """Those found, then those that could be added."""
        return list(dict.fromkeys([*self.photo.garment_names, *GARMENTS]))

    def clean_points(self) -> Points:
        text = self.cleaned_data["points"]
        if text and not POINTS.fullmatch(text):
            raise forms.ValidationError(_("This line cannot be read. Draw it again."))
        pairs = (pair.split(",") for pair in text.split())
        return tuple((min(float(x), 1.0), min(float(y), 1.0)) for x, y in pairs)

    def pressed(self) -> Points | None:
        """Where the change is to be; None when the picture was pressed by a key, which tells no place."""
        asked = self.cleaned_data
        if asked["points"]:
            return asked["points"]  # type: ignore[no-any-return]
        if asked["do"] == "place":
            return ((asked["x"] / 100, asked["y"] / 100),)
        for name, width in PICTURES.items():
            across, down = self.data.get(f"{name}.x", ""), self.data.get(f"{name}.y", "")
            if across.isdecimal() and down.isdecimal() and (int(across), int(down)) != (0, 0):
                tall = width * self.photo.height / self.photo.width
                return ((min(int(across) / width, 1.0), min(int(down) / tall, 1.0)),)
        return None

    def stroke(self, points: Points) -> Stroke:
        """The hint meant: a tap adds or removes by what is there, the eraser takes whatever garment it lies on."""
        asked = self.cleaned_data
        there = garment_at(labels_of(self.photo), points)
        adds = asked["tool"] == "add" or (asked["tool"] == "tap" and there != asked["pick"])
        garment = asked["pick"] if adds else there or asked["pick"]
        return Stroke(garment, adds, points, asked["size"] / 200, asked["exact"] and asked["tool"] != "tap")

    def kept(self) -> list[tuple[str, str]]:
        return [(name, str(self.data[name])) for name in KEPT if self.data.get(name)]


def carry_out(form: MendForm) -> str:
    """Do what a valid form asks. Returns a key of SAID, or nothing when the outline is as asked now."""
    photo, asked = form.photo, form.cleaned_data
    task = asked["do"]
    if task in ("undo", "redo"):
        return "" if (mend.undo if task == "undo" else mend.redo)(photo) else "end"
    if task == "reset":
        return "" if mend.reset(photo) else "same"
    if task in ("grow", "shrink"):
        by = asked["by"] if task == "grow" else -asked["by"]
        return "" if mend.grow(photo, asked["pick"], by) else "same"
    points = form.pressed()
    if points is None:
        return "where"
    return "" if mend.add_stroke(photo, form.stroke(points)) else "same"


def mend_page(photo: Photo, query: QueryDict, form: MendForm, said: str = "") -> dict[str, Any]:
    """The page's context."""
    look = TryOnForm(_with_garments(query, photo, form.data["pick"]), photo)
    is_valid = look.is_valid() and look.is_confirmed
    addresses = addresses_of(photo)
    state = look.address()
    return {
        "photo": photo,
        "wearable": photo,
        "addresses": addresses,
        "form": form,
        "picks": [pick for pick in picks_of(form) if pick.paths],
        "others": [pick for pick in picks_of(form) if not pick.paths],
        "chips": [],
        "tools": TOOLS,
        "history": mend.history_of(photo),
        "said": str(SAID.get(said, "")),
        "preview": f"{addresses.preview}?{state}&v={photo.mask_version}" if is_valid else "",
        "done": f"{addresses.page}?{state}",
        "here": f"{mend_address(photo)}?{state}",
        "pictures": [(name, width, round(width * photo.height / photo.width)) for name, width in PICTURES.items()],
    }


def picks_of(form: MendForm) -> list[Pick]:
    found = {garment["name"]: garment for garment in form.photo.found}
    return [
        Pick(
            name,
            garment_title(name),
            name == form.data["pick"],
            percent(found[name]["share"]) if name in found else "",
            found[name]["outline"] if name in found else [],
        )
        for name in form.garments()
    ]


def mend_address(photo: Photo) -> str:
    return reverse("mend-photo", args=[photo.public_id])


def address_after(photo: Photo, query: QueryDict, form: MendForm, said: str) -> str:
    """The page again after a change, its tools as they were."""
    look = TryOnForm(_with_garments(query, photo, form.data["pick"]), photo)
    more = [*form.kept(), ("said", said)] if said else form.kept()
    return f"{mend_address(photo)}?{urlencode([*look.state(), *more])}"


def _with_garments(query: QueryDict, photo: Photo, pick: str) -> QueryDict:
    """The look's state with the garments that are still there, and the one being mended."""
    state = query.copy()
    wanted = (*query.getlist("garment"), pick)
    state.setlist("garment", [name for name in photo.garment_names if name in wanted])
    return state
