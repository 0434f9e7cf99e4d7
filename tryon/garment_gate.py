"""The quality gate of garment models: a new one must do about as well as the one it would replace."""

from __future__ import annotations

from typing import Any

from patterns.training.gate import Check
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
            "Outlines", "Cloth is told from the rest", "clothing_iou", version.scores, beside, OUTLINES, LEAST_OUTLINES
        ),
        _share("Names", "Kinds of clothing are told apart", "mean_iou", version.scores, beside, NAMES, LEAST_NAMES),
        _wardrobe(version.scores.get("wardrobe"), beside.get("wardrobe")),
    ]


def _share(
    name: str, about: str, key: str, scores: dict[str, Any], beside: dict[str, Any], worse: float, least: float
) -> Check:
    if not isinstance(scores.get(key), int | float):
        return Check(name, None, "The bundle does not say; it was not measured on the held-out photos.")
    share, now = float(scores[key]), beside.get(key)
    asked = least if now is None else float(now) - worse
    than = f"the published one has {_percent(now)}" if now is not None else "nothing is published to be beside"
    return Check(
        name, share >= asked, f"{about} at {_percent(share)} on held-out photos; {than}, {_percent(asked)} is asked."
    )


def _wardrobe(found: dict[str, Any] | None, now: dict[str, Any] | None) -> Check:
    name = "Our own garments"
    if not found:
        return Check(name, None, "There is no stock garment whose outline is known, so it could not be tried.")
    least = now or {"named": found["garments"], "garments": found["garments"], "outline": LEAST_OUTLINES + WARDROBE}
    asked = least["named"] / least["garments"]
    passed = found["named"] / found["garments"] >= asked and found["outline"] >= least["outline"] - WARDROBE
    said = "It knows them" if passed else "It knows them less well than is asked"
    than = f"; the published one names {least['named']} and covers {_percent(least['outline'])}" if now else ""
    return Check(
        name,
        passed,
        f"{said}: {found['named']} of {found['garments']} named rightly, {_percent(found['outline'])} of their outlines covered{than}.",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
