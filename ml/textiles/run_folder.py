"""What a run notes in its folder, a line at a time, so that a kill costs no more than the last line. No torch is needed to read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCORES, FIGURES, LOG = "scores.jsonl", "figures.jsonl", "log.txt"


def append_line(path: Path, values: dict[str, Any]) -> None:
    with open(path, "a") as file:
        file.write(json.dumps(values) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of JSON in a file; a last one that was cut off by a kill is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def note(out: Path, sentence: str) -> None:
    """A line for people in the run's log."""
    with open(out / LOG, "a") as file:
        file.write(f"{datetime.now(UTC):%d %b %H:%M:%S}  {sentence}\n")


def log_tail(out: Path, lines: int = 40) -> list[str]:
    path = out / LOG
    return path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []


def sample_name(step: int) -> str:
    return f"step-{step:07d}.png"


def sample_steps(out: Path) -> list[int]:
    """The steps of which there is a sample, earliest first."""
    return sorted(int(path.stem.removeprefix("step-")) for path in out.glob("step-*.png"))
