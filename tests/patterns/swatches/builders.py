"""Swatches with good defaults."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from typing import Any

import numpy as np
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from ml.textiles.swatch import fingerprint
from patterns.models import Category
from patterns.swatches.models import Swatch
from tests.factories import encoded, make_category

_numbers = itertools.count(1)


def cloth(seed: int = 1, side: int = 318) -> np.ndarray:
    """A woven-looking print that is like no other: blocks of colour with a grain, uint8 (side, side, 3)."""
    stream = np.random.RandomState(seed)
    blocks = stream.randint(20, 235, (9, 9, 3)).astype(np.uint8)
    grown = np.asarray(Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST)).astype(np.int16)
    return np.clip(grown + stream.randint(-20, 20, (side, side, 1)), 0, 255).astype(np.uint8)


def make_swatch(category: Category | None = None, seed: int | None = None, **fields: Any) -> Swatch:
    """A swatch as a delivery brings it, from a picture of its own."""
    square = cloth(next(_numbers) if seed is None else seed)
    files = {"image": (".jpg", encoded(square, "JPEG")), "thumbnail": (".jpg", encoded(square[:64, :64], "JPEG"))}
    defaults = {
        "category": category or make_category(),
        "source": "A test",
        "licence": "CC0",
        "width": 318,
        "height": 318,
        "digest": hashlib.sha256(square.tobytes()).hexdigest(),
        "fingerprint": fingerprint(square),
        "enlarged": 1.0,
        "sharpness": 1.0,
        "contrast": 0.1,
    }
    return Swatch.objects.create(**{**defaults, **_save(files), **fields})


def _save(files: dict[str, tuple[str, bytes]]) -> dict[str, str]:
    return {
        field: default_storage.save(f"swatches/{secrets.token_hex(12)}{suffix}", ContentFile(content))
        for field, (suffix, content) in files.items()
    }


def make_curator(name: str = "curator") -> User:
    """Somebody on the staff with every permission about swatches."""
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label="swatches"))
    return user
