"""The models that ship with the project: which files, which version, which SHA-256.

``ml/bundled/manifest.json`` is written by the export commands and read here; nothing is loaded whose hash differs.
Layout: ``{"textiles": {"plaid": {"version": ..., "files": {"weights": {"name": ..., "sha256": ...}, "onnx": {...}}}},
"garments": {"street": {...}}}``; file names are relative to ``ml/bundled``. Under ``"earlier"`` an entry keeps the versions before it, so
that what was made with them can be made again.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ml.checkpoints import sha256_of, verify, write_atomically
from ml.errors import ModelFileError

BUNDLED = Path(__file__).parent / "bundled"
# ONNX, opset 17: one Identity from x to y, float (1,).
_IDENTITY = (
    b'\x08\x08:7\n\x10\n\x01x\x12\x01y"\x08Identity\x12\x01gZ\x0f\n\x01x\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01'
    b"b\x0f\n\x01y\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01B\x04\n\x00\x10\x11"
)


@dataclass(frozen=True)
class BundledModel:
    """One model version and its files: role ("weights", "onnx") → (path, SHA-256)."""

    family: str
    name: str
    version: str
    files: dict[str, tuple[Path, str]]
    scores: dict[str, Any]


def bundled_models(family: str, root: Path = BUNDLED) -> dict[str, BundledModel]:
    """All bundled models of a family ("textiles", "garments") by name; empty when none is exported yet."""
    return {name: _model(family, name, entry, root) for name, entry in _read_manifest(root).get(family, {}).items()}


def earlier_models(family: str, root: Path = BUNDLED) -> list[BundledModel]:
    """The versions that came before the bundled ones and ship beside them, oldest first within a name."""
    return [
        _model(family, name, entry, root)
        for name, latest in _read_manifest(root).get(family, {}).items()
        for entry in latest.get("earlier", [])
    ]


def _model(family: str, name: str, entry: dict[str, Any], root: Path) -> BundledModel:
    files = {role: (root / file["name"], file["sha256"]) for role, file in entry["files"].items()}
    return BundledModel(family, name, entry["version"], files, entry.get("scores", {}))


def bundled_model(family: str, name: str, root: Path = BUNDLED) -> BundledModel:
    """One bundled model. Raises ModelFileError, naming those there are, when it does not exist."""
    models = bundled_models(family, root)
    if name not in models:
        raise ModelFileError(f"There is no {family} model '{name}'; there are: {', '.join(sorted(models)) or 'none'}.")
    return models[name]


def register_model(
    family: str, name: str, version: str, files: dict[str, Path], scores: dict[str, Any], root: Path = BUNDLED
) -> None:
    """Write a model's entry into the manifest; ``files`` lie below ``root`` already. Two exports at a time take turns.

    The version it replaces is kept as an earlier one where its files are others.
    """
    entry = {
        "version": version,
        "files": {
            role: {"name": path.relative_to(root).as_posix(), "sha256": sha256_of(path)} for role, path in files.items()
        },
        "scores": scores,
    }
    with open(root / ".manifest.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        manifest = _read_manifest(root)
        before = manifest.setdefault(family, {}).get(name)
        if before:
            earlier = before.pop("earlier", [])
            if not _names(before) & _names(entry):
                earlier.append(before)
            entry |= {"earlier": earlier} if earlier else {}
        manifest[family][name] = entry
        text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
        write_atomically(root / "manifest.json", text.encode())


def _names(entry: dict[str, Any]) -> set[str]:
    return {file["name"] for file in entry["files"].values()}


def load_session(path: Path, sha256: str, threads: int | None = None) -> Any:
    """An ONNX Runtime session of a verified model file; safe to call from several threads at once.

    ``threads``: cores one call may use; default ``AIFASHION_MODEL_THREADS`` or 2.
    Raises ModelFileError when the file is missing, altered or not a model.
    """
    import onnxruntime

    verify(path, sha256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or int(os.environ.get("AIFASHION_MODEL_THREADS", "2"))
    options.inter_op_num_threads = 1
    _share_memory()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # waiting threads leave the cores to others
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own family of exceptions without a common public base
        raise ModelFileError(f"{path.name} could not be loaded as an ONNX model ({type(error).__name__}).") from None


@cache
def _share_memory() -> None:
    """All nets of a process work in the same memory. By itself each keeps its own, as much as its largest run took, for good."""
    import onnxruntime

    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    as_requested = onnxruntime.OrtArenaCfg({"arena_extend_strategy": 1})  # not doubled each time
    onnxruntime.create_and_register_allocator(memory, as_requested)


def let_go_of_memory() -> None:
    """Give back what the nets of this process have worked in and do not use at this moment; the next runs take it anew.

    Before something that needs much memory itself, such as a photo of 40 megapixels. Costs a few milliseconds, and the next run a
    little more.
    """
    import numpy as np
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    _idle_net().run(None, {"x": np.zeros(1, np.float32)}, options)


@cache
def _idle_net() -> Any:
    """A net that does nothing, in the memory that all share: only a run can give that back."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    _share_memory()
    options.add_session_config_entry("session.use_env_allocators", "1")
    return onnxruntime.InferenceSession(_IDENTITY, options, providers=["CPUExecutionProvider"])


def _read_manifest(root: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads((root / "manifest.json").read_text())
        return loaded
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError:
        raise ModelFileError(f"{root / 'manifest.json'} is not valid JSON; restore it from git.") from None
