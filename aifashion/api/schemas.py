"""What goes in and out, by name and kind; the OpenAPI document is made from these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from ml.garments.names import NAMES
from patterns.references import LONGEST
from patterns.services import LARGEST_SEED

FABRIC = r"^[a-z0-9_-]{1,40}:([0-9]{1,10}|[A-Za-z0-9_-]{1,80}:[A-Za-z0-9_-]{1,5000})$"
Garment = Annotated[str, Field(strict=True, json_schema_extra={"enum": list(NAMES[2:])})]

Part = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z -]{0,39}$")]


def whole(value: object) -> object:
    """JSON knows no integers: 17.0 is one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Seed = Annotated[int, Field(strict=True, ge=0, le=LARGEST_SEED), BeforeValidator(whole)]
Text = Annotated[str, Field(strict=True)]


class Problem(Schema):
    """What went wrong. ``detail`` is a sentence for people."""

    type: str
    title: str
    status: int
    detail: str


class Category(Schema):
    slug: str
    name: str
    blurb: str


class StockGarment(Schema):
    """A garment of the house that can be dressed without a photo."""

    slug: str
    name: str
    blurb: str
    garments: list[str]


class FabricWanted(Schema):
    model_config = ConfigDict(extra="forbid")
    category: Text = Field(max_length=40, pattern=r"^[a-z0-9_-]+$", examples=["plaid"])
    seed: Seed | None = Field(None, description="Without one, a fresh one is drawn by lot.")


class Fabric(Schema):
    """``fabric`` names it from now on: the same name gives the same picture, as long as ``version`` draws its category."""

    fabric: str
    category: str
    seed: int
    version: str


class Found(Schema):
    """A garment in a photo. ``share`` of the photo and ``confidence`` lie between 0 and 1; ``outline``: SVG paths."""

    name: str
    share: float
    confidence: float
    outline: list[str]


class Photo(Schema):
    """``outcome``: found, unsure (say ``sure`` to dress it all the same), or none."""

    id: str
    width: int
    height: int
    outcome: Literal["found", "unsure", "none"]
    found: list[Found]
    people: int
    trouble: str
    created: AwareDatetime


class LookWanted(Schema):
    """What to put on, and how the fabric is to lie."""

    model_config = ConfigDict(extra="forbid")
    fabric: Text = Field(max_length=LONGEST, pattern=FABRIC, examples=["plaid:17"])
    garments: list[Garment] = Field(min_length=1, max_length=len(NAMES), examples=[["top"]])
    plain: list[Part] = Field(
        [], max_length=20, description="Parts of a stock garment that stay as they are", examples=[["collar"]]
    )
    cm: Annotated[float, Field(strict=True)] = Field(20, ge=1, le=200, description="Width of the pattern")
    rotation: Annotated[float, Field(strict=True)] = Field(0, ge=-180, le=180, description="Degrees")
    dx: Annotated[float, Field(strict=True)] = Field(0, ge=-1, le=1, description="Shift right, in repeats")
    dy: Annotated[float, Field(strict=True)] = Field(0, ge=-1, le=1, description="Shift down, in repeats")
    repeat: Literal["straight", "half-drop", "half-brick", "mirror"] = "straight"
    strength: Annotated[float, Field(strict=True)] = Field(0.8, ge=0, le=2, description="Drape, from flat to deep")
    sure: Annotated[bool, Field(strict=True)] = Field(False, description="Dress it although the outline is unsure.")

    def as_form(self) -> list[tuple[str, str]]:
        """The fields of the site's own form, which does the checking."""
        numbers = ("cm", "rotation", "dx", "dy", "strength")
        fields = [("fabric", self.fabric), ("repeat", self.repeat), *(("garment", name) for name in self.garments)]
        fields += [("plain", name) for name in self.plain]
        fields += [(name, f"{getattr(self, name):.6f}") for name in numbers]
        return [*fields, ("sure", "on")] if self.sure else fields


class Result(Schema):
    id: str
    photo: str | None
    garment: str | None
    garments: list[str]
    fabric: str
    placement: dict[str, Any]
    px_per_cm: float
    width: int
    height: int
    created: AwareDatetime
