"""Drawing fabrics. A generator is loaded once per process and version; a few people draw at once, the rest wait."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from django.db import transaction

from patterns.memory import Memory
from patterns.metrics import stage
from patterns.model_files import model_path
from patterns.models import Category, Direction, Fabric, GeneratorVersion
from patterns.ownership import Person, belonging_to, made_by
from patterns.slots import model_slots

if TYPE_CHECKING:
    from ml.images import Bytes
    from ml.textiles.directions import Direction as FoundDirection
    from ml.textiles.generate import FabricGenerator
    from ml.textiles.recipe import Recipe
    from ml.textiles.separations import Separations

FABRICS_A_PAGE = 8
GALLERY_SEEDS, GALLERY_ROW = 40, 8  # of one category alone, and beside the others
FRESH_SEEDS = 1_000_000  # fresh pages start below this, so that addresses stay short; any seed can be asked for
LARGEST_SEED = 2**32 - 1
PREVIEW_SIZES = (64, 1024)
DOWNLOAD_SIZE = 1024
SHOWN_QUALITY = 90  # of fabrics on pages: at 80 thin lines of colour fade
_GENERATORS_KEPT = 24


class Generator(Protocol):
    def draw(self, recipe: Recipe, size: int = 256) -> Bytes: ...
    def block(self, recipe: Recipe) -> Separations: ...


_lock = threading.Lock()
_generators: OrderedDict[tuple[str, str], Generator] = OrderedDict()
_tiles: Memory[Bytes] = Memory(24, 32 * 1024 * 1024, lambda tile: tile.nbytes)
_files: Memory[bytes] = Memory(
    400, 24 * 1024 * 1024, len
)  # what many people see: the front page, each category's first rows


def draw_tile(version: GeneratorVersion, recipe: Recipe, size: int) -> Bytes:
    """One seamless tile, uint8 (size, size, 3); recently drawn ones are remembered. Raises MlError, Busy."""
    key = (version.weights_sha256, version.onnx_sha256, recipe.to_json(), size)
    known = _tiles.recall(key)
    if known is not None:
        return known
    with model_slots().take(), stage("generate"):
        tile = generator_for(version).draw(recipe, size)
    tile.setflags(write=False)
    _tiles.keep(key, tile)
    return tile


def draw_fabric(version: GeneratorVersion, recipe: Recipe, size: int) -> bytes:
    """The tile as PNG. The same version, recipe and size give the same bytes, on every run. Raises MlError, Busy."""
    from ml.encode import Mark, encode_png

    key = fabric_etag(version, recipe, size)
    known = _files.recall(key)
    if known is None:
        known = encode_png(draw_tile(version, recipe, size), Mark.GENERATED)
        _files.keep(key, known)
    return known


def show_fabric(version: GeneratorVersion, recipe: Recipe, size: int) -> bytes:
    """The tile for a page to show, as WebP: a sixth of the bytes of the above, in a fifth of the time. Raises MlError, Busy."""
    from ml.encode import Mark, encode_webp

    key = fabric_etag(version, recipe, size, "webp")
    known = _files.recall(key)
    if known is None:
        known = encode_webp(draw_tile(version, recipe, size), SHOWN_QUALITY, Mark.GENERATED)
        _files.keep(key, known)
    return known


def fabric_etag(version: GeneratorVersion, recipe: Recipe, size: int, form: str = "png") -> str:
    """Known without drawing: everything that decides the bytes."""
    parts = (version.weights_sha256, version.onnx_sha256, recipe.to_json(), str(size), form)
    return f'"{hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]}"'


def fresh_seed() -> int:
    """Where a new page of fabrics begins."""
    return secrets.randbelow(FRESH_SEEDS)


def page_of_seeds(first: int) -> list[int]:
    """The eight seeds of the page that begins here."""
    return [(first + step) % (LARGEST_SEED + 1) for step in range(FABRICS_A_PAGE)]


def next_page(first: int) -> int:
    return (first + FABRICS_A_PAGE) % (LARGEST_SEED + 1)


def keep_fabric(person: Person, version: GeneratorVersion, recipe: Recipe) -> Fabric:
    """A row for what this person drew; the same fabric is kept once."""
    return known_fabric(person, version, recipe) or Fabric.objects.create(
        generator_version=version, recipe=json.loads(recipe.to_json()), **made_by(person)
    )


def known_fabric(person: Person, version: GeneratorVersion, recipe: Recipe) -> Fabric | None:
    """The person's row of this fabric, if there is one."""
    values = json.loads(recipe.to_json())
    return Fabric.objects.filter(belonging_to(person)).filter(generator_version=version, recipe=values).first()


@transaction.atomic
def publish_version(version: GeneratorVersion) -> None:
    """From now on this version draws its category; the one before is retired. Fabrics keep the version they have."""
    State = GeneratorVersion.State
    Category.objects.select_for_update().get(pk=version.category_id)  # two curators publish one after the other
    siblings = GeneratorVersion.objects.filter(category=version.category_id)
    siblings.filter(state=State.PUBLISHED).exclude(pk=version.pk).update(state=State.RETIRED)
    siblings.filter(pk=version.pk).update(state=State.PUBLISHED)


def retire_version(version: GeneratorVersion) -> None:
    GeneratorVersion.objects.filter(pk=version.pk).update(state=GeneratorVersion.State.RETIRED)


def add_directions(version: GeneratorVersion, found: Iterable[FoundDirection]) -> int:
    """A row for each direction of a version that has none yet; how many were added. What staff made of the others stays."""
    known = set(version.directions.values_list("name", flat=True))
    fresh = [
        Direction(
            generator_version=version,
            name=each.name,
            label=each.label.capitalize(),
            order=10 * (place + 1),
            effects=dict(each.effects),
        )
        for place, each in enumerate(found)
        if each.name not in known
    ]
    return len(Direction.objects.bulk_create(fresh))


def generator_for(version: GeneratorVersion) -> Generator:
    """The generator of a version, loaded at its first use. Raises ModelFileError when a file is not as promised."""
    key = (version.weights_sha256, version.onnx_sha256)
    with _lock:
        if key not in _generators:
            _generators[key] = load_generator(version)
            while len(_generators) > _GENERATORS_KEPT:
                _generators.popitem(last=False)
        _generators.move_to_end(key)
        return _generators[key]


def check_models() -> None:
    """Raise ModelFileError unless every published version's files are there."""
    from ml.errors import ModelFileError

    versions = GeneratorVersion.objects.filter(state=GeneratorVersion.State.PUBLISHED)
    files = versions.values_list("weights_name", "onnx_name", "directions_name", "encoder_name")
    names = {name for row in files for name in row if name}
    missing = sorted(name for name in names if not model_path(name).is_file())
    if missing or not names:
        raise ModelFileError(f"Model files are missing: {', '.join(missing) or 'no version is published'}.")


def load_generator(version: GeneratorVersion) -> FabricGenerator:
    """A fresh one, every file of it verified. Raises ModelFileError."""
    from ml.textiles.generate import FabricGenerator

    directions = (model_path(version.directions_name), version.directions_sha256) if version.directions_name else None
    encoder = (model_path(version.encoder_name), version.encoder_sha256) if version.encoder_name else None
    return FabricGenerator.load(
        (model_path(version.weights_name), version.weights_sha256),
        (model_path(version.onnx_name), version.onnx_sha256),
        directions,
        encoder,
    )
