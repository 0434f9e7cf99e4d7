"""Weights, settings and scores saved together in one safetensors file; safe loading, clear errors.

No pickle is ever read or written. The settings travel in the file's own header, so a checkpoint explains itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.errors import ModelFileError


@dataclass(frozen=True)
class Checkpoint:
    """What a model file holds: tensors by name (NumPy or torch, as asked), its settings and its scores."""

    tensors: dict[str, Any]
    kind: str
    settings: dict[str, Any]
    scores: dict[str, Any]


def sha256_of(path: Path | str) -> str:
    """The file's SHA-256 as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, sha256: str) -> None:
    """Raise ModelFileError unless ``path`` exists and has exactly this SHA-256."""
    if not path.is_file():
        raise ModelFileError(f"The model file {path.name} is missing; restore it or train and export the model again.")
    if sha256_of(path) != sha256:
        raise ModelFileError(f"The model file {path.name} is not the one that was published (its SHA-256 differs).")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(half, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def save_checkpoint(
    path: Path,
    tensors: Mapping[str, Any],
    *,
    kind: str,
    settings: Mapping[str, Any],
    scores: Mapping[str, Any] | None = None,
) -> None:
    """Save torch tensors with their settings and scores, atomically; the same ones give the same bytes.

    ``kind`` names what the weights are for ("textile-generator"), so that the wrong file is refused by name.
    """
    from safetensors.torch import save

    header = {"kind": kind, "settings": json.dumps(dict(settings)), "scores": json.dumps(dict(scores or {}))}
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, _with_sorted_header(save(plain, metadata=header)))


def _with_sorted_header(content: bytes) -> bytes:
    """The same safetensors file with its metadata in order; the library writes them in another order each time."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[end:]


def load_checkpoint(path: Path, *, kind: str, framework: str = "pt") -> Checkpoint:
    """Load a checkpoint of this kind; ``framework`` "pt" gives torch tensors, "np" NumPy arrays (no torch needed).

    Raises ModelFileError when the file is missing, broken or of another kind.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework=framework) as file:
            header = file.metadata() or {}
            if header.get("kind") != kind:
                raise ModelFileError(f"{path.name} holds '{header.get('kind')}', not '{kind}': choose another file.")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            settings, scores = json.loads(header["settings"]), json.loads(header["scores"])
    except FileNotFoundError:
        raise ModelFileError(f"There is no model file {path}.") from None
    except (SafetensorError, KeyError, json.JSONDecodeError, OSError) as error:
        raise ModelFileError(f"{path.name} is not a readable model file ({type(error).__name__}).") from None
    return Checkpoint(tensors, kind, settings, scores)
