"""What curators ask for: what to bring, what to look at, what to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from patterns.models import Category
from patterns.swatches.models import Swatch

LICENCES = (
    "CC0",
    "CC BY 4.0",
    "CC BY-SA 4.0",
    "Public domain",
    "MIT",
    "Apache-2.0",
    "Our own photo",
    "Bought, invoice on file",
)
State = Swatch.State
FLAGS = {  # value of the filter → words, condition
    "fine": (_("Nothing to complain of"), Q(like=None, is_tiny=False, is_blurry=False)),
    "double": (_("Looks like another"), Q(like__isnull=False)),
    "tiny": (_("Tiny"), Q(is_tiny=True)),
    "blurry": (_("Blurry"), Q(is_blurry=True)),
    "plain": (_("Near-uniform"), Q(is_plain=True)),
}
ORDERS = {  # value → words, column, whether from the largest down
    "first": (_("First come first"), "pk", False),
    "last": (_("Last come first"), "pk", True),
    "soft": (_("Least sharp first"), "sharpness", False),
    "even": (_("Most uniform first"), "contrast", False),
}


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: MultiValueDict[str, Any], name: str) -> Any:
        return files.getlist(name)


class BringForm(forms.Form):
    pictures = forms.Field(
        widget=ManyFiles(attrs={"accept": "image/*,.heic,.zip,.csv"}),
        label=_("Pictures"),
        help_text=_("Choose or drop many pictures, one zip, or one index (CSV)."),
        error_messages={"required": _("Choose pictures, a zip, or an index.")},
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        required=False,
        label=_("Category"),
        empty_label=_("As folders or classes say"),
        help_text=_("Left open, folders in a zip or the classes of an index name the category."),
    )
    source = forms.CharField(
        label=_("Source"), max_length=300, help_text=_("Who made the pictures, or where they were published.")
    )
    licence = forms.CharField(
        label=_("Licence"),
        max_length=100,
        help_text=_("What allows us to train with them."),
        widget=forms.TextInput(attrs={"list": "licences"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        files = cleaned.get("pictures") or []
        if not cleaned.get("category") and len(files) > 1:
            self.add_error("category", _("Pictures need a category: choose one."))
        return cleaned


@dataclass(frozen=True)
class Looking:
    """What of a category's swatches a curator looks at. Odd values fall back to the usual, so that every address opens."""

    state: str = State.NEW
    flag: str = ""
    order: str = "first"
    delivery: int | None = None
    words: str = ""
    after: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Looking:
        delivery, state = query.get("delivery", ""), query.get("state", State.NEW)
        return cls(
            state=state if state in (*State.values, "all") else State.NEW,
            flag=query.get("flag", "") if query.get("flag", "") in FLAGS else "",
            order=query.get("order", "") if query.get("order", "") in ORDERS else "first",
            delivery=int(delivery) if delivery.isascii() and delivery.isdigit() and len(delivery) < 12 else None,
            words=query.get("words", "").replace("\0", "")[:80].strip(),
            after=query.get("after", "")[:80],
        )

    def address(self, **changes: Any) -> str:
        """The part of the address after the "?", with changes; the usual values are left out."""
        query = QueryDict(mutable=True)
        for name, usual in vars(Looking()).items():
            value = changes.get(name, getattr(self, name))
            if value not in (usual, None):
                query[name] = str(value)
        return query.urlencode()

    def narrow(self, swatches: QuerySet[Swatch]) -> QuerySet[Swatch]:
        if self.state != "all":
            swatches = swatches.filter(state=self.state)
        if self.flag:
            swatches = swatches.filter(FLAGS[self.flag][1])
        if self.delivery is not None:
            swatches = swatches.filter(item__delivery=self.delivery)
        if self.words:
            words = self.words
            swatches = swatches.filter(
                Q(name__icontains=words) | Q(source__icontains=words) | Q(licence__icontains=words)
            )
        return swatches

    def page(self, swatches: QuerySet[Swatch], size: int) -> tuple[list[Swatch], str]:
        """The next swatches in order, and ``after`` of the page behind them; "" at the end.

        A page begins after a swatch, not at a number: what was decided and has left the list moves nothing.
        """
        column, falling = ORDERS[self.order][1:]
        past = "lt" if falling else "gt"
        if start := self._start():
            value, pk = start
            later = Q(**{f"{column}__{past}": value}) | Q(**{column: value, f"pk__{past}": pk})
            swatches = swatches.filter(Q(**{f"pk__{past}": pk}) if column == "pk" else later)
        signed = "-" if falling else ""
        order = [f"{signed}{column}"] if column == "pk" else [f"{signed}{column}", f"{signed}pk"]
        found = list(swatches.order_by(*order)[: size + 1])
        if len(found) <= size:
            return found, ""
        last = found[size - 1]
        return found[:size], f"{getattr(last, column)!r}_{last.pk}"

    def _start(self) -> tuple[float, int] | None:
        value, pk = self.after.partition("_")[::2]
        try:
            return float(value), int(pk)
        except ValueError:
            return None
