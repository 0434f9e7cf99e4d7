"""What a person can ask: a photo to upload, and how a fabric is to lie on which garments."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ml.errors import ModelFileError, PictureError
from patterns import queries as fabrics
from patterns.models import GeneratorVersion
from patterns.references import LONGEST, FabricReference
from patterns.services import LARGEST_SEED, fresh_seed
from patterns.units import CM_PER_INCH, to_inches
from patterns.uploads import MAX_BYTES, UploadError, read_upload
from patterns.words import told
from tryon.cloth import MAPS, check_maps
from tryon.inks import recoloured
from tryon.layers import MOST, Held, version_of
from tryon.models import StockGarment, Wearable
from tryon.services import USUAL_STRENGTH, Look
from tryon.words import garment_title, part_title

if TYPE_CHECKING:
    from ml.images import Bytes

    ModelForm = forms.ModelForm[StockGarment]
else:
    ModelForm = forms.ModelForm

REPEATS = (
    ("straight", _("Straight")),
    ("half-drop", _("Half-drop")),
    ("half-brick", _("Half-brick")),
    ("mirror", _("Mirror")),
)


class UploadForm(forms.Form):
    """One photo, from a file or from the camera; the page has an input for each."""

    photo = forms.FileField(required=False, allow_empty_file=True, max_length=None)
    camera = forms.FileField(required=False, allow_empty_file=True, max_length=None)
    fabric = forms.CharField(required=False, max_length=LONGEST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["file"] = cleaned.get("camera") or cleaned.get("photo")
        if cleaned["file"] is None:
            raise forms.ValidationError(_("No photo came with this. Choose a file or take a photo, then try again."))
        return cleaned


class StockGarmentForm(ModelForm):
    """A stock garment in admin: its words, one picture, and what is known of its cloth; the rest is made from these."""

    picture = forms.FileField(
        required=False, help_text=_("JPEG, PNG, WebP or HEIC, at most 15 MB: one garment on plain ground.")
    )
    new_uv_map = forms.FileField(
        label=_("UV map"),
        required=False,
        help_text=_(
            "PNG of the picture's size, red, green, blue of 16 bits: centimetres of cloth at each pixel, as "
            "cm = value / 200 - 163.84; blue is 65535 on the cloth and 0 elsewhere. Leave empty if you have none."
        ),
    )
    new_shading = forms.FileField(
        label=_("Shading"),
        required=False,
        help_text=_(
            "PNG of the picture's size, grey of 8 bits: light on white cloth = 2 (value / 255)². Goes with a UV map."
        ),
    )
    new_parts = forms.FileField(
        label=_("Parts"),
        required=False,
        help_text=_(
            "PNG of the picture's size, grey of 8 bits: 0 is no cloth, 1 and up are the parts. Goes with a UV map."
        ),
    )

    class Meta:
        model = StockGarment
        fields = ("name", "slug", "blurb", "credit", "order", "is_published", "px_per_cm", "view_of")

    def clean_picture(self) -> Bytes | None:
        file = self.cleaned_data["picture"]
        if file is None:
            if not self.instance.image:
                raise forms.ValidationError(_("A new garment needs a picture."))
            return None
        try:
            return read_upload(file, file.size).pixels
        except UploadError as error:
            raise forms.ValidationError(told(str(error))) from None

    def clean(self) -> dict[str, Any]:
        """The maps are checked together, against the picture they belong to."""
        cleaned = super().clean() or {}
        given = {name: cleaned.get(f"new_{name}") for name in MAPS}
        if any(file.size > MAX_BYTES for file in given.values() if file):
            raise forms.ValidationError(_("A UV map, shading or parts picture may be at most 15 MB."))
        cleaned["maps"] = maps = {name: file.read() for name, file in given.items() if file}
        pixels = cleaned.get("picture")
        size = (self.instance.width, self.instance.height) if pixels is None else (pixels.shape[1], pixels.shape[0])
        if maps and size[0]:
            try:
                check_maps(maps, size)
            except PictureError as error:
                raise forms.ValidationError(told(str(error))) from None
        return cleaned


class TryOnForm(forms.Form):
    """The state of the try-on page, all of it from the address. Whatever is missing has a default."""

    garment = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("That garment is not in this picture. Choose from those that are.")},
    )
    plain = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("This garment has no such part. Choose from those that are shown.")},
    )
    fabric = forms.CharField(max_length=LONGEST)
    category = forms.SlugField(max_length=40)
    cm = forms.FloatField(label=_("Pattern width in cm"), min_value=1, max_value=200)
    inches = forms.FloatField(label=_("Pattern width in inches"), min_value=0.5, max_value=78)
    rotation = forms.FloatField(label=_("Rotation in degrees"), min_value=-180, max_value=180)
    dx = forms.FloatField(label=_("Shift right, in repeats"), min_value=-1, max_value=1)
    dy = forms.FloatField(label=_("Shift down, in repeats"), min_value=-1, max_value=1)
    repeat = forms.ChoiceField(label=_("Repeat"), choices=REPEATS)
    strength = forms.FloatField(label=_("Drape, from flat to deep"), min_value=0, max_value=2)
    sure = forms.BooleanField(label=_("Yes, this outline is what I want to dress"), required=False)

    STEPS = (("cm", "0.1"), ("inches", "0.1"), ("rotation", "1"), ("dx", "0.005"), ("dy", "0.005"), ("strength", "0.1"))
    WIDTHS = {"cm": "20", "inches": "8"}  # noqa: RUF012  (only one of them is in a form, and in an address)
    START = (
        ("rotation", "0"),
        ("dx", "0"),
        ("dy", "0"),
        ("repeat", "straight"),
        ("strength", f"{USUAL_STRENGTH:g}"),
    )
    PLACEMENT = ("rotation", "dx", "dy", "repeat", "strength")

    def __init__(self, query: QueryDict, wearable: Wearable, in_inches: bool = False) -> None:
        """``in_inches``: what the width is given in where the address does not say."""
        self.wearable = wearable
        given = [name for name in self.WIDTHS if query.get(name)]
        self.width = given[0] if given else "inches" if in_inches else "cm"
        self.held_texts = query.getlist("layer")
        self.held: list[Held] = []
        super().__init__(self._with_defaults(query))
        del self.fields["cm" if self.width == "inches" else "inches"]
        self.fields["from"] = forms.IntegerField(min_value=0, max_value=LARGEST_SEED)
        names = wearable.garment_names
        self.fields["garment"].choices = [(name, garment_title(name)) for name in names]  # type: ignore[attr-defined]
        parts = [(name, part_title(name)) for name in wearable.parts_known]
        self.fields["plain"].choices = parts  # type: ignore[attr-defined]
        for name, step in self.STEPS:
            if name in self.fields:
                self.fields[name].widget.attrs["step"] = step
        for name, value in self.start:
            self.fields[name].widget.attrs["data-start"] = value
        self.version: GeneratorVersion | None = None
        self.choice: FabricReference | None = None

    @staticmethod
    def is_complete(query: QueryDict) -> bool:
        """Whether the address already says which fabrics the page shows; only then it shows the same ones again."""
        return bool(query.get("fabric") and query.get("from") and query.get("category"))

    @staticmethod
    def asks_for_change(query: QueryDict) -> bool:
        """Whether the address is no state yet, but a change of one: a button, or other inks."""
        return bool(query.get("do") or query.get("inks-of"))

    @property
    def start(self) -> tuple[tuple[str, str], ...]:
        """How a fabric lies before anybody moves it."""
        return ((self.width, self.WIDTHS[self.width]), *self.START)

    @property
    def placement(self) -> tuple[str, ...]:
        """The fields that say how it lies."""
        return (self.width, *self.PLACEMENT)

    @property
    def free_garments(self) -> list[str]:
        """Those not dressed before."""
        taken = {name for text in self.held_texts for name in text.partition(",")[0].split(".")}
        return [name for name in self.wearable.garment_names if name not in taken]

    def _with_defaults(self, query: QueryDict) -> QueryDict:
        filled = query.copy()
        names = self.free_garments
        choice = FabricReference.parse(query.get("fabric", ""))
        category = query.get("category") or (choice.category if choice else first_category())
        first = query.get("from") or str(choice.recipe.seed if choice else fresh_seed())
        defaults = {"fabric": f"{category}:{first}", "category": category, "from": first, **dict(self.start)}
        if choice:  # a fabric of the Studio comes with the repeat it was designed in
            defaults["repeat"] = choice.recipe.repeat
        for name, value in defaults.items():
            if not filled.get(name):
                filled[name] = value
        if not filled.get("garment") and names:
            filled["garment"] = names[0]
        return filled

    def clean_fabric(self) -> FabricReference:
        choice = FabricReference.parse(self.cleaned_data["fabric"])
        if choice is None:
            raise forms.ValidationError(_("This is not a fabric. Choose one of those shown."))
        self.version = version_of(choice)
        self.choice = recoloured(choice, self.version, self.data)
        return self.choice

    def clean_garment(self) -> list[str]:
        chosen = self.cleaned_data["garment"]
        names = [name for name in self.free_garments if name in chosen]
        if not names:
            raise forms.ValidationError(_("This garment is dressed already. Choose another one, or change that one."))
        return names

    def clean_plain(self) -> list[str]:
        plain: list[str] = self.cleaned_data["plain"]
        if plain and len(plain) == len(self.wearable.parts_known):
            raise forms.ValidationError(
                _("The fabric needs a part of the garment to lie on. Leave at least one to it.")
            )
        return plain

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(self.held_texts) >= MOST:
            raise forms.ValidationError(
                gettext("At most %(most)s pieces fit into one picture. Take one off.") % {"most": MOST}
            )
        known = self.wearable.garment_names
        self.held = [Held.parse(text, known) for text in self.held_texts]
        cleaned["below"] = tuple(each.look() for each in self.held)
        return cleaned

    @property
    def is_confirmed(self) -> bool:
        """Found for certain, or the person said so."""
        outcome = self.wearable.outcome
        return outcome == Wearable.Outcome.FOUND or (
            outcome == Wearable.Outcome.UNSURE and bool(self.cleaned_data.get("sure"))
        )

    def look(self) -> Look:
        """The look asked for; only of a valid form."""
        from ml.compositing.placement import Placement

        asked = self.cleaned_data
        assert self.version is not None  # noqa: S101  (set by clean_fabric)
        return Look(
            garments=tuple(asked["garment"]),
            version=self.version,
            recipe=asked["fabric"].recipe,
            placement=Placement(self._cm(), asked["rotation"], asked["dx"], asked["dy"], asked["repeat"]),
            strength=asked["strength"],
            below=asked["below"],
            plain=tuple(asked["plain"]),
        )

    def _cm(self) -> float:
        width = float(self.cleaned_data[self.width])
        return width if self.width == "cm" else width * CM_PER_INCH

    def can_hold(self) -> bool:
        """Whether another garment can be dressed besides."""
        chosen = self.data.getlist("garment")  # type: ignore[attr-defined]
        return len(self.held_texts) + 1 < MOST and any(name not in chosen for name in self.free_garments)

    def state(self) -> list[tuple[str, str]]:
        """The page's whole state as name and value, for addresses and hidden fields."""
        given: QueryDict = self.data  # type: ignore[assignment]
        pairs = [("garment", name) for name in given.getlist("garment") if name in self.free_garments]
        pairs += [("plain", name) for name in given.getlist("plain")]
        fabric = str(self.choice or given["fabric"])
        names = ("category", "from", *self.placement, "sure")
        rest = [(name, str(given[name])) for name in names if given.get(name)]
        return [*pairs, ("fabric", fabric), *rest, *(("layer", text) for text in self.held_texts)]

    def address(self) -> str:
        return urlencode(self.state())

    def changed_state(self) -> list[tuple[str, str]]:
        """The state after what a button asks for; only of a valid form."""
        task, _, number = str(self.data.get("do", "")).partition("-")
        state = self.state()
        place = int(number) if number.isdecimal() and int(number) < len(self.held) else None
        if task == "hold" and self.can_hold():
            return self._with_another(state)
        if task == "drop" and place is not None:
            return [pair for pair in state if pair != ("layer", str(self.held_texts[place]))]
        if task == "edit" and place is not None:
            return self._with_in_hand(state, place)
        if task in self.WIDTHS:
            return [self._width_in(task) if name == self.width else (name, value) for name, value in state]
        if task == "surprise":
            return self._surprised(state)
        return state

    def _width_in(self, unit: str) -> tuple[str, str]:
        return unit, to_inches(self._cm()) if unit == "inches" else f"{round(self._cm(), 1):g}"

    def _with_another(self, state: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """What is in hand is laid on; the next garment begins as everything begins."""
        asked = self.cleaned_data["garment"]
        rest = next(name for name in self.free_garments if name not in asked)
        kept = [pair for pair in state if pair[0] in ("category", "from", "sure", "layer")]
        fresh = [("fabric", f"{self.data['category']}:{fresh_seed()}"), *self.start]
        return [("garment", rest), *fresh, *kept, ("layer", str(Held.of(self.look())))]

    def _with_in_hand(self, state: list[tuple[str, str]], place: int) -> list[tuple[str, str]]:
        wanted = self.held[place]
        kept = [pair for pair in state if pair[0] in ("category", "from", "sure")]
        others = [("layer", str(each)) for each in self.held if each is not wanted]
        garments = [("garment", name) for name in wanted.garments]
        lies = wanted.state
        if self.width == "inches":
            lies["inches"] = to_inches(float(lies.pop("cm")))
        return [*garments, *lies.items(), *kept, *others, ("layer", str(Held.of(self.look())))]

    def _surprised(self, state: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Another fabric of any category, at a width that suits most."""
        others = [each.slug for each in fabrics.offered_categories()]
        category, seed = secrets.choice(others), fresh_seed()
        changed = {"fabric": f"{category}:{seed}", "category": category, "from": str(seed)}
        return [(name, changed.get(name, value)) for name, value in state]


def first_category() -> str:
    """Where a page begins that names no category. Raises ModelFileError when there is none to offer."""
    category = fabrics.offered_categories().first()
    if category is None:
        raise ModelFileError("No fabric generator is published.")
    return category.slug
