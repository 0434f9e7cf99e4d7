"""The quality gate of garment models: a new one must do about as well as the one it would replace."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from patterns.training.gate import Check
from patterns.words import percent
from tryon.models import GarmentVersion

OUTLINES, NAMES = 0.01, 0.02  # how much worse it may be, of 1
LEAST_OUTLINES, LEAST_NAMES = 0.8, 0.4  # where nothing is published to be beside
WARDROBE = 0.02


def checks_of(version: GarmentVersion) -> list[Check]:
    """The three checks; none for a model that came with the project, which was measured there."""
    if version.came_along:
        return []
    now = GarmentVersion.objects.filter(state=GarmentVersion.State.PUBLISHED).exclude(pk=version.pk).first()
    beside = now.scores if now else {}
    return [
        _share(
            _("Outlines"),
            _("Cloth is told from the rest"),
            "clothing_iou",
            version.scores,
            beside,
            OUTLINES,
            LEAST_OUTLINES,
        ),
        _share(
            _("Names"), _("Kinds of clothing are told apart"), "mean_iou", version.scores, beside, NAMES, LEAST_NAMES
        ),
        _wardrobe(version.scores.get("wardrobe"), beside.get("wardrobe")),
    ]


def _share(
    name: str, about: str, key: str, scores: dict[str, Any], beside: dict[str, Any], worse: float, least: float
) -> Check:
    if not isinstance(scores.get(key), int | float):
        return Check(name, None, _("The bundle does not say; it was not measured on the held-out photos."))
    share, now = float(scores[key]), beside.get(key)
    asked = least if now is None else float(now) - worse
    if now is None:
        said = _("%(about)s at %(share)s on held-out photos; nothing is published to be beside, %(asked)s is asked.")
    else:
        said = _("%(about)s at %(share)s on held-out photos; the published one has %(now)s, %(asked)s is asked.")
    figures = {"about": about, "share": _percent(share), "asked": _percent(asked), "now": _percent(float(now or 0))}
    return Check(name, share >= asked, said % figures)


def _wardrobe(found: dict[str, Any] | None, now: dict[str, Any] | None) -> Check:
    name = _("Our own garments")
    if not found:
        return Check(name, None, _("There is no stock garment whose outline is known, so it could not be tried."))
    least = now or {"named": found["garments"], "garments": found["garments"], "outline": LEAST_OUTLINES + WARDROBE}
    asked = least["named"] / least["garments"]
    passed = found["named"] / found["garments"] >= asked and found["outline"] >= least["outline"] - WARDROBE
    said = _("It knows them") if passed else _("It knows them less well than is asked")
    if now:
        tried = _(
            "%(said)s: %(named)s of %(all)s named rightly, %(outline)s of their outlines covered; "
            "the published one names %(least)s and covers %(covered)s."
        )
    else:
        tried = _("%(said)s: %(named)s of %(all)s named rightly, %(outline)s of their outlines covered.")
    figures = {"said": said, "named": found["named"], "all": found["garments"], "outline": _percent(found["outline"])}
    return Check(name, passed, tried % (figures | {"least": least["named"], "covered": _percent(least["outline"])}))


def _percent(share: float) -> str:
    return percent(share, 1)
