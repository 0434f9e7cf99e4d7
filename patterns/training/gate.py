"""The quality gate: what a version must be before it is published, and in plain words how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns.model_files import is_bundled
from patterns.models import GeneratorVersion

SEAM = 2  # of 255, when the pattern is shifted
VARIED = 0.6  # of how varied the swatches are
COPIES = 0.15  # of the fabrics may lie close to a swatch, beyond the share of unseen real swatches that do
RECOGNISED = 0.6  # of how often real swatches are recognised
BY_CHANCE = 2.0  # times


@dataclass(frozen=True)
class Check:
    """``passed``: None where it could not be measured."""

    name: str
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
        return _unmeasured("Seamless")
    worst = found["shift"]
    said = "The repeat shows no seam." if worst <= SEAM else "The repeat shows a seam."
    return Check("Seamless", worst <= SEAM, f"{said} Largest difference {worst} of 255; up to {SEAM} cannot be seen.")


def _varied(found: Mapping[str, Any]) -> Check:
    if not found.get("spread_real"):
        return _unmeasured("Varied")
    share = found["spread"] / found["spread_real"]
    said = "The fabrics differ enough from each other." if share >= VARIED else "The fabrics look too much alike."
    return Check(
        "Varied", share >= VARIED, f"{said} {_percent(share)} as varied as the swatches; {_percent(VARIED)} is asked."
    )


def _own(found: Mapping[str, Any]) -> Check:
    if "copies" not in found:
        return _unmeasured("Not copied")
    copies, most = found["copies"], min(found.get("copies_real", 0) + COPIES, 0.6)
    said = "The fabrics are its own." if copies <= most else "Too many fabrics repeat a swatch."
    return Check(
        "Not copied", copies <= most, f"{said} {_percent(copies)} lie close to a swatch; {_percent(most)} may."
    )


def _recognised(found: Mapping[str, Any]) -> Check:
    if "recognised" not in found:
        return _unmeasured("Recognisable")
    asked = max(
        RECOGNISED * found["recognised_real"], BY_CHANCE / found["categories"] if found["categories"] > 2 else 0.6
    )
    share = found["recognised"]
    said = "It is taken for what it is." if share >= asked else "It is too often taken for something else."
    return Check(
        "Recognisable",
        share >= asked,
        f"{said} A judge names {_percent(share)} of the fabrics rightly, and {_percent(found['recognised_real'])} of real "
        f"swatches it never saw; {_percent(asked)} is asked.",
    )


def _unmeasured(name: str) -> Check:
    return Check(
        name, None, "This could not be measured: it takes at least 12 swatches, and other categories beside it."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
