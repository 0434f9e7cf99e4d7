"""Where training data lies, for every model family."""

from __future__ import annotations

import os
from pathlib import Path

DATA_VARIABLE = "AIFASHION_DATA"


def training_data(given: Path | str | None = None) -> Path:
    """The data folder: the one given, else ``AIFASHION_DATA``, else ``../shared/data`` beside the project. It may be absent."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    return Path(given or os.environ.get(DATA_VARIABLE) or beside)
