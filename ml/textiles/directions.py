"""Directions in which a fabric can be edited, found without labels, for one generator version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.checkpoints import verify, write_atomically
from ml.errors import ModelFileError, RecipeError
from ml.images import Floats
from ml.textiles.latents import decode_latent, encode_latent

KIND, FORMAT = "textile-directions", 1


@dataclass(frozen=True)
class Direction:
    """One slider. ``name`` is what recipes call it, for ever; ``label`` a first name for people.

    An edit by an amount a adds a * ``vector``, float32 (style,), to the styles of ``layers``. ``effects``: how much each measured
    attribute changes from amount -2 to 2, in standard deviations of that attribute over the category's fabrics.
    """

    name: str
    label: str
    layers: tuple[int, ...]
    vector: Floats
    effects: Mapping[str, float] = field(default_factory=dict)


def write_directions(path: Path, directions: Sequence[Direction], weights_sha256: str) -> None:
    """As JSON, the vectors in half precision. The file names the weights that it belongs to."""
    rows = [
        {
            "name": direction.name,
            "label": direction.label,
            "layers": list(direction.layers),
            "vector": encode_latent(direction.vector),
            "effects": dict(direction.effects),
        }
        for direction in directions
    ]
    values = {"kind": KIND, "format": FORMAT, "weights_sha256": weights_sha256, "directions": rows}
    write_atomically(path, (json.dumps(values, indent=1, sort_keys=True) + "\n").encode())


def read_directions(path: Path, sha256: str, weights_sha256: str) -> tuple[Direction, ...]:
    """In their order. Raises ModelFileError when the file is not the promised one, or belongs to other weights."""
    verify(path, sha256)
    try:
        values: Any = json.loads(path.read_bytes())
        if (values["kind"], values["format"]) != (KIND, FORMAT):
            raise ModelFileError(f"{path.name} does not hold directions: choose another file.")
        if values["weights_sha256"] != weights_sha256:
            raise ModelFileError(f"{path.name} belongs to another generator; find the directions again.")
        return tuple(_read_row(row) for row in values["directions"])
    except (ValueError, KeyError, TypeError, RecipeError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{path.name} is not a readable file of directions ({type(error).__name__}).") from None


def _read_row(row: Any) -> Direction:
    layers = tuple(int(layer) for layer in row["layers"])
    return Direction(str(row["name"]), str(row["label"]), layers, decode_latent(row["vector"]), row["effects"])
