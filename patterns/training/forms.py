"""What staff fill in to train a category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patterns.jobs.views import span_in_words
from patterns.models import GeneratorVersion
from patterns.training.models import TrainingRun
from patterns.training.pictures import count_pictures
from patterns.training.recipes import estimate

State = GeneratorVersion.State


class RunForm(forms.ModelForm[TrainingRun]):
    class Meta:
        model = TrainingRun
        fields = ("category", "base_version", "net", "steps", "resolution", "loss", "seed", "device")
        labels = {  # noqa: RUF012
            "base_version": _("Start from"),
            "net": _("Size of the net"),
            "resolution": _("Size at which swatches are seen"),
            "device": _("Train on"),
        }
        help_texts = {  # noqa: RUF012
            "base_version": _(
                "A version that can draw already learns the category much sooner. Without one, count on ten times the steps."
            ),
            "net": _("Only without a version to start from: a version brings its own size."),
            "steps": _(
                "300 from a good start is a first try; 3,000 and more from nothing. You can train further afterwards."
            ),
            "loss": _("How fabrics are compared with real cloth. Leave it at the usual one unless a run goes wrong."),
            "seed": _("Another number gives another run of the same kind."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = self.fields["base_version"]
        base.queryset = GeneratorVersion.objects.select_related("category").exclude(  # type: ignore[attr-defined]
            weights_name=""
        )
        base.empty_label = _("Nothing: learn from the beginning")  # type: ignore[attr-defined]
        self.fields["category"].required = True
        self.fields["steps"].widget.attrs |= {"min": 1, "max": 100_000}

    def clean_steps(self) -> int:
        steps = int(self.cleaned_data["steps"])
        if not 1 <= steps <= 100_000:
            raise forms.ValidationError(_("Choose from 1 to 100,000 steps."))
        return steps

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        category, net = given.get("category"), given.get("net")
        if category and net != TrainingRun.Net.TRIAL and (reason := why_not_yet(category)):
            advice = _("A trial net can be trained with fewer, to see how it works.")
            self.add_error("category", f"{reason} {advice}")
        return given

    def choices(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "category"}


def usual_choices(asked: Mapping[str, str]) -> dict[str, str]:
    """What the form begins with: the category asked for, and the version that draws it now to start from."""
    chosen = {name: asked[name] for name in ("category", "base_version") if name in asked}
    if "base_version" not in chosen and chosen.get("category", "").isdecimal():
        published = GeneratorVersion.objects.filter(category=int(chosen["category"]), state=State.PUBLISHED).first()
        chosen |= {"base_version": str(published.pk)} if published else {}
    return chosen


def why_not_yet(category: Any) -> str:
    """Why the accepted swatches are not enough; empty when they are, or when the training data's folder is used."""
    from patterns.swatches.enough import judge, tally_of

    tally = tally_of(category)
    if not tally.total and count_pictures(category):
        return ""
    verdict = judge(tally)
    return verdict.reason if verdict.level == "none" else ""


def estimate_in_words(net: str, steps: int) -> str:
    return span_in_words(estimate(net, steps))
