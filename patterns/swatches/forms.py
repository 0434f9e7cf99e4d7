"""What curators ask for: what to bring, what to look at, what to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

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
    "fine": ("Nothing to complain of", Q(like=None, is_tiny=False, is_blurry=False)),
    "double": ("Looks like another", Q(like__isnull=False)),
    "tiny": ("Tiny", Q(is_tiny=True)),
    "blurry": ("Blurry", Q(is_blurry=True)),
    "plain": ("Near-uniform", Q(is_plain=True)),
}
ORDERS = {  # value → words, column, whether from the largest down
    "first": ("First come first", "pk", False),
    "last": ("Last come first", "pk", True),
    "soft": ("Least sharp first", "sharpness", False),
    "even": ("Most uniform first", "contrast", False),
}


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: MultiValueDict[str, Any], name: str) -> Any:
        return files.getlist(name)


class BringForm(forms.Form):
    pictures = forms.Field(
        widget=ManyFiles(attrs={"accept": "image/*,.heic,.zip,.csv"}),
        help_text="Choose or drop many pictures, one zip, or one index (CSV).",
        error_messages={"required": "Choose pictures, a zip, or an index."},
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        required=False,
        empty_label="As folders or classes say",
        help_text="Left open, folders in a zip or the classes of an index name the category.",
    )
    source = forms.CharField(max_length=300, help_text="Who made the pictures, or where they were published.")
    licence = forms.CharField(
        max_length=100,
        help_text="What allows us to train with them.",
        widget=forms.TextInput(attrs={"list": "licences"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        files = cleaned.get("pictures") or []
        if not cleaned.get("category") and len(files) > 1:
            self.add_error("category", "Pictures need a category: choose one.")
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
        _, column, falling = ORDERS[self.order]
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
        value, _, pk = self.after.partition("_")
        try:
            return float(value), int(pk)
        except ValueError:
            return None
