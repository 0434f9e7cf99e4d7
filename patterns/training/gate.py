"""The quality gate: what a version must be before it is published, and in plain words how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patterns.model_files import is_bundled
from patterns.models import GeneratorVersion
from patterns.words import percent

SEAM = 2  # of 255, when the pattern is shifted
VARIED = 0.6  # of how varied the swatches are
COPIES = 0.15  # of the fabrics may lie close to a swatch, beyond the share of unseen real swatches that do
RECOGNISED = 0.6  # of how often real swatches are recognised
BY_CHANCE = 2.0  # times


@dataclass(frozen=True)
class Check:
    """``passed``: None where it could not be measured."""

    name: str | Promise
    passed: bool | None
    sentence: str


def checks_of(version: GeneratorVersion) -> list[Check]:
    """The four checks; none for a version that came with the project, which was measured there."""
    figures = version.scores.get("figures")
    if figures is None and is_bundled(version.weights_name):
        return []
    found = figures if isinstance(figures, Mapping) else {}
    return [_seamless(found), _varied(found), _own(found), _recognised(found)]


def passes(version: GeneratorVersion) -> bool:
    return all(check.passed for check in checks_of(version))


def _seamless(found: Mapping[str, Any]) -> Check:
    if "shift" not in found:
        return _unmeasured(gettext_lazy("Seamless"))
    worst = found["shift"]
    said = _("The repeat shows no seam.") if worst <= SEAM else _("The repeat shows a seam.")
    why = _("Largest difference %(worst)s of 255; up to %(most)s cannot be seen.") % {"worst": worst, "most": SEAM}
    return Check(gettext_lazy("Seamless"), worst <= SEAM, f"{said} {why}")


def _varied(found: Mapping[str, Any]) -> Check:
    if not found.get("spread_real"):
        return _unmeasured(gettext_lazy("Varied"))
    share = found["spread"] / found["spread_real"]
    said = _("The fabrics differ enough from each other.") if share >= VARIED else _("The fabrics look too much alike.")
    why = _("%(share)s as varied as the swatches; %(asked)s is asked.")
    why %= {"share": percent(share), "asked": percent(VARIED)}
    return Check(gettext_lazy("Varied"), share >= VARIED, f"{said} {why}")


def _own(found: Mapping[str, Any]) -> Check:
    if "copies" not in found:
        return _unmeasured(gettext_lazy("Not copied"))
    copies, most = found["copies"], min(found.get("copies_real", 0) + COPIES, 0.6)
    said = _("The fabrics are its own.") if copies <= most else _("Too many fabrics repeat a swatch.")
    why = _("%(share)s lie close to a swatch; %(most)s may.") % {"share": percent(copies), "most": percent(most)}
    return Check(gettext_lazy("Not copied"), copies <= most, f"{said} {why}")


def _recognised(found: Mapping[str, Any]) -> Check:
    if "recognised" not in found:
        return _unmeasured(gettext_lazy("Recognisable"))
    asked = max(
        RECOGNISED * found["recognised_real"], BY_CHANCE / found["categories"] if found["categories"] > 2 else 0.6
    )
    share = found["recognised"]
    said = _("It is taken for what it is.") if share >= asked else _("It is too often taken for something else.")
    why = _(
        "A judge names %(share)s of the fabrics rightly, and %(real)s of real swatches it never saw; %(asked)s is asked."
    )
    why %= {"share": percent(share), "real": percent(found["recognised_real"]), "asked": percent(asked)}
    return Check(gettext_lazy("Recognisable"), share >= asked, f"{said} {why}")


def _unmeasured(name: str | Promise) -> Check:
    return Check(
        name, None, _("This could not be measured: it takes at least 12 swatches, and other categories beside it.")
    )
