import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ml.textiles.config import GeneratorSettings, TrainingSettings

torch.set_num_threads(1)

TINY = GeneratorSettings(latent=8, style=16, noise=4, inks=3, widths=(8, 8, 8, 8, 8), waves=4)
SHORT = TrainingSettings(categories=("striped",), steps=4, batch=4, r1_every=2, discriminator_widths=(4, 4, 8, 8))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three small striped swatches where training looks for them."""
    folder = tmp_path / "data" / "textiles" / "striped"
    folder.mkdir(parents=True)
    for number in range(3):
        stripes = np.zeros((128, 128, 3), np.uint8)
        stripes[:: number + 2] = (200, 40 * number, 90)
        Image.fromarray(stripes).save(folder / f"{number}.png")
    return tmp_path / "data"


def full_disk_for(name: str) -> Callable[[int], None]:
    """An fsync that finds the disk full when a file of this name is written."""
    real = os.fsync

    def fsync(file: int) -> None:
        if name in Path(f"/proc/self/fd/{file}").readlink().name:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    return fsync
