"""Builders with good defaults: pictures, clothes, people and what they made."""

from __future__ import annotations

import hashlib
import io
import itertools
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from ml.textiles.palette import dress
from ml.textiles.recipe import Recipe
from ml.textiles.separations import Separations
from patterns.jobs.models import Job
from patterns.models import Category, Fabric, GeneratorVersion
from patterns.ownership import Person, made_by
from patterns.training.roles import make_roles
from tryon import services
from tryon.models import GarmentVersion, Photo, Result, StockGarment
from tryon.storage import catalogue_storage

_numbers = itertools.count(1)
TOP = 2


def make_person() -> Person:
    return Person(visitor=uuid.uuid4())


def make_staff(name: str, group: str, **fields: Any) -> User:
    """Somebody on the staff, in one of the groups that make_roles makes."""
    make_roles()
    user = User.objects.create_user(name, is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=group))
    return user


def photo_pixels(width: int = 120, height: int = 160, colour: tuple[int, int, int] = (90, 140, 200)) -> np.ndarray:
    """A grainy room with a plain garment in the middle, where the stand-in segmenter finds a top."""
    grain = np.random.RandomState(3).randint(0, 60, (height, width, 3))
    pixels = (grain + 150).astype(np.uint8)
    pixels[garment_area(height, width)] = colour
    return pixels


def garment_area(height: int, width: int) -> tuple[slice, slice]:
    return slice(height // 4, 3 * height // 4), slice(width // 4, 3 * width // 4)


def two_people_pixels() -> tuple[np.ndarray, np.ndarray]:
    """Two people in tops side by side, pixels (240, 320, 3), and their classes."""
    labels = np.zeros((240, 320), np.uint8)
    for left in (60, 220):
        labels[30:70, left + 5 : left + 35], labels[70:170, left : left + 40] = 1, TOP
    colours = np.array([[170, 170, 170], [220, 170, 150], [90, 140, 200]], np.uint8)
    return colours[labels], labels


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def labels_for(height: int, width: int, value: int = TOP) -> np.ndarray:
    labels = np.zeros((height, width), np.uint8)
    labels[garment_area(height, width)] = value
    return labels


def probabilities_for(labels: np.ndarray) -> np.ndarray:
    """What a net believes that is fairly sure of these labels: float32 (9, 48, 32)."""
    small = np.asarray(Image.fromarray(labels).resize((32, 48), Image.Resampling.NEAREST))
    planes = np.full((9, 48, 32), 0.2 / 8, np.float32)
    np.put_along_axis(planes, small[None].astype(np.int64), 0.8, axis=0)
    return planes


@dataclass(frozen=True)
class StandInGarment:
    name: str
    index: int
    share: float
    confidence: float


@dataclass(frozen=True)
class StandInSegmentation:
    labels: np.ndarray
    found: tuple[StandInGarment, ...]
    outcome: str

    @property
    def probabilities(self) -> np.ndarray:
        return probabilities_for(self.labels)


class StandInSegmenter:
    """Finds a top in the middle of every picture, and a skirt below it when asked."""

    def __init__(self, outcome: str = "found", names: tuple[str, ...] = ("top",)) -> None:
        self.outcome, self.names = outcome, names

    def segment(self, photo: np.ndarray) -> StandInSegmentation:
        from ml.garments.config import CLASSES

        height, width = photo.shape[:2]
        if self.outcome == "none":
            return StandInSegmentation(np.zeros((height, width), np.uint8), (), "none")
        labels = labels_for(height, width)
        if "skirt" in self.names:
            labels[3 * height // 4 :, width // 3 : 2 * width // 3] = CLASSES.index("skirt")
        found = tuple(
            StandInGarment(name, CLASSES.index(name), float((labels == CLASSES.index(name)).mean()), 0.9)
            for name in self.names
        )
        return StandInSegmentation(labels, found, self.outcome)


class StandInGenerator:
    """Blocks of colour, and of ink, that depend on the recipe alone."""

    directions: dict[str, Any] = {}  # noqa: RUF012

    def draw(self, recipe: Recipe, size: int = 256) -> np.ndarray:
        seed = recipe.seed if recipe.is_plain else zlib.crc32(recipe.to_json().encode())
        blocks = np.random.RandomState(seed).randint(0, 256, (8, 8, 3)).astype(np.uint8)
        return np.asarray(Image.fromarray(blocks).resize((size, size), Image.Resampling.NEAREST))

    def draw_many(self, recipes: Sequence[Recipe], size: int = 256) -> np.ndarray:
        return np.stack([self.draw(recipe, size) for recipe in recipes])

    def block(self, recipe: Recipe) -> Separations:
        stream = np.random.RandomState(recipe.seed + 7 * len(recipe.edits) + 11 * len(recipe.near))
        across, down = {"half-drop": (2, 1), "half-brick": (1, 2)}.get(recipe.repeat, (1, 1))
        logits = np.kron(4 * stream.standard_normal((3, 4, 4)), np.ones((8, 8))).astype(np.float32)
        drawn = Separations(
            np.tile(logits, (1, down, across)),
            stream.uniform(-1, 1, (32 * down, 32 * across)).astype(np.float32),
            stream.uniform(0, 1, (3, 3)).astype(np.float32),
        )
        return dress(drawn, recipe)


def make_category(slug: str = "plaid", **fields: Any) -> Category:
    return Category.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize(), **fields})[0]


def make_version(category: Category | None = None, **fields: Any) -> GeneratorVersion:
    number = next(_numbers)
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    defaults = {
        "version": f"test-{number}",
        "state": GeneratorVersion.State.PUBLISHED,
        "weights_name": "textiles/none.safetensors",
        "weights_sha256": digest,
        "onnx_name": "textiles/none.onnx",
        "onnx_sha256": digest,
    }
    return GeneratorVersion.objects.create(category=category or make_category(), **{**defaults, **fields})


def version_of(slug: str = "plaid") -> GeneratorVersion:
    """The published version of a category, made when there is none."""
    known = GeneratorVersion.objects.filter(category__slug=slug, state=GeneratorVersion.State.PUBLISHED).first()
    return known or make_version(make_category(slug))


def make_fabric(person: Person, slug: str = "plaid", seed: int = 17) -> Fabric:
    recipe = {"format": 1, "seed": seed, "truncation": 0.85, "cells": 8}
    return Fabric.objects.create(generator_version=version_of(slug), recipe=recipe, **made_by(person))


def make_photo(person: Person, pixels: np.ndarray | None = None, **fields: Any) -> Photo:
    """A photo as the service keeps it, but with the stand-in's garments."""
    pixels = photo_pixels() if pixels is None else pixels
    return Photo.objects.create(**{**_wearable(pixels, default_storage, "photos"), **made_by(person), **fields})


def make_stock(slug: str = "linen-shirt", **fields: Any) -> StockGarment:
    defaults = {"slug": slug, "name": slug.replace("-", " ").capitalize()}
    return StockGarment.objects.create(
        **_wearable(photo_pixels(), catalogue_storage, "stock"), **{**defaults, **fields}
    )


def make_garment_version(**fields: Any) -> GarmentVersion:
    """A garment model whose files are nowhere."""
    digest = hashlib.sha256(f"garments {next(_numbers)}".encode()).hexdigest()
    defaults = {"version": digest[:12], "onnx_name": f"garments/{digest[:12]}/street.onnx", "onnx_sha256": digest}
    return GarmentVersion.objects.create(**{**defaults, **fields})


def make_result(person: Person, photo: Photo | None = None, fabric: Fabric | None = None) -> Result:
    """A kept result whose picture is the photo's own: quick, and good enough for pages."""
    photo = photo or make_photo(person)
    names = _save(services.picture_files(photo_pixels(photo.width, photo.height)), default_storage, "results")
    return Result.objects.create(
        photo=photo,
        fabric=fabric or make_fabric(person),
        garments=["top"],
        placement={"cm_per_tile": 20.0, "rotation": 0.0, "offset_x": 0.0, "offset_y": 0.0, "repeat": "straight"},
        px_per_cm=2.0,
        width=photo.width,
        height=photo.height,
        **names,
        **made_by(person),
    )


def make_job(person: Person, **fields: Any) -> Job:
    defaults = {"kind": "test", "key": str(next(_numbers)), "title": "Import of 40 pictures"}
    return Job.objects.create(**{**defaults, **made_by(person), **fields})


def look_query(slug: str = "plaid", seed: int = 17, **more: Any) -> dict[str, Any]:
    """The address of a look, complete."""
    query = {"garment": "top", "fabric": f"{slug}:{seed}", "category": slug, "from": seed, "cm": 20}
    return {**query, "rotation": 0, "dx": 0, "dy": 0, "repeat": "straight", **more}


def _wearable(pixels: np.ndarray, storage: Any, folder: str) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    files = services.picture_files(pixels) | {"labels": (".png", encoded(labels_for(height, width)))}
    outline = [f"M{width // 4},{height // 4}h{width // 2}v{height // 2}h-{width // 2}z"]
    found = [{"name": "top", "share": 0.25, "confidence": 0.9, "outline": outline}]
    return {"width": width, "height": height, "outcome": "found", "found": found, **_save(files, storage, folder)}


def _save(files: dict[str, tuple[str, bytes]], storage: Any, folder: str) -> dict[str, str]:
    return {
        field: storage.save(f"{folder}/{uuid.uuid4().hex}{suffix}", ContentFile(content))
        for field, (suffix, content) in files.items()
    }
