"""Garment models: which one finds clothes now, how one comes in, is published and taken back."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils.translation import gettext

from ml.errors import ModelFileError
from patterns.model_files import keep_model_file, model_path
from patterns.training.publishing import go_through_gate
from patterns.training.services import Refused
from patterns.words import told
from tryon.garment_gate import checks_of
from tryon.models import GarmentVersion, StockGarment

if TYPE_CHECKING:
    from ml.bundle import BundledModel
    from ml.garments.segment import Segmentation
    from ml.images import Bytes

State = GarmentVersion.State
ROLES = ("weights", "onnx")
_LOADED_AT_ONCE = 2  # the one of now, and the one before while somebody still waits for it


class Segmenter(Protocol):
    def segment(self, photo: Bytes) -> Segmentation: ...


_loading = threading.Lock()
_loaded: OrderedDict[str, Segmenter] = OrderedDict()  # by the SHA-256 of the ONNX file


# Which one finds clothes now --------------------------------------------------------------------------------------------


def published_version() -> GarmentVersion | None:
    return GarmentVersion.objects.filter(state=State.PUBLISHED).first()


def files_of_now() -> dict[str, tuple[Path, str]]:
    """Role → path and SHA-256 of the files of the model that finds clothes now. Raises ModelFileError."""
    return _model_of_now()[1]


def _model_of_now() -> tuple[str, dict[str, tuple[Path, str]]]:
    """The model that ``GARMENT_MODEL`` names, else the published version, else the bundled model.

    What it is called, and role → path and SHA-256 of its files. Raises ModelFileError when there is none of that name.
    """
    from ml.garments.config import MODEL_NAME
    from ml.garments.segment import garment_model

    version = None if settings.GARMENT_MODEL else published_version()
    if version:
        return version.version, files_of(version)
    return settings.GARMENT_MODEL or "bundled", garment_model(settings.GARMENT_MODEL or MODEL_NAME).files


def files_of(version: GarmentVersion) -> dict[str, tuple[Path, str]]:
    """Role → path and SHA-256; a bundled model's own files where they are still those. They may be absent."""
    from ml.bundle import bundled_models

    for model in bundled_models("garments").values():
        if model.files["onnx"][1] == version.onnx_sha256:
            return model.files
    named = {
        "onnx": (version.onnx_name, version.onnx_sha256),
        "weights": (version.weights_name, version.weights_sha256),
    }
    return {role: (model_path(name), sha256) for role, (name, sha256) in named.items() if name}


def name_of_now() -> tuple[str, str]:
    """Version, or the name that ``GARMENT_MODEL`` gives, and the SHA-256 of its ONNX file. Raises ModelFileError."""
    name, files = _model_of_now()
    return name, files["onnx"][1]


def check_files() -> None:
    """Raise ModelFileError unless the files of the model that finds clothes now are there."""
    if not all(path.is_file() for path, _ in files_of_now().values()):
        raise ModelFileError(gettext("The garment model's files are missing."))


def segmenter() -> Segmenter:
    """The garment model of now, loaded at its first use in this process. Raises ModelFileError when a file is not as promised."""
    return load(files_of_now())


def load(files: dict[str, tuple[Path, str]]) -> Segmenter:
    """The model of these files, remembered. Raises ModelFileError."""
    path, sha256 = files["onnx"]
    with _loading:
        if sha256 not in _loaded:
            from ml.garments.segment import GarmentSegmenter

            _loaded[sha256] = GarmentSegmenter.load(path, sha256)
            while len(_loaded) > _LOADED_AT_ONCE:
                _loaded.popitem(last=False)
        _loaded.move_to_end(sha256)
        return _loaded[sha256]


def version_of(model: Segmenter) -> GarmentVersion | None:
    """The row of a loaded model; none for one that only ``GARMENT_MODEL`` knows."""
    with _loading:
        sha256 = next((sha256 for sha256, known in _loaded.items() if known is model), "")
    return GarmentVersion.objects.filter(onnx_sha256=sha256).first() if sha256 else None


# Coming in ----------------------------------------------------------------------------------------------------------------


def add_bundle(folder: Path, name: str) -> GarmentVersion:
    """A draft of the model that an exported bundle holds under this name; the same files make the same draft, however often.

    It looks at the house's own garments, and so does the published one, unless it did. Raises ModelFileError.
    """
    from ml.bundle import bundled_model

    model = bundled_model("garments", name, folder)
    known = GarmentVersion.objects.filter(onnx_sha256=model.files["onnx"][1]).first()
    if known:
        return known
    card = folder / "garments" / "CARD.md"
    version = _keep(model, card.read_text() if card.is_file() else "")
    for each in filter(None, (version, published_version())):
        measure_on_wardrobe(each)
    return version


@transaction.atomic
def sync_bundled() -> bool:
    """A row for the model that ships with the project; whether one was added.

    It is published in place of one that shipped before it, or whose files are gone. Where staff published a model of their own, it
    waits as a draft.
    """
    from ml.bundle import BUNDLED, bundled_models
    from ml.garments.config import MODEL_NAME

    model = bundled_models("garments").get(MODEL_NAME)
    if model is None or GarmentVersion.objects.filter(onnx_sha256=model.files["onnx"][1]).exists():
        return False
    version = _keep(model, (BUNDLED / "garments" / "CARD.md").read_text(), came_along=True)
    now = published_version()
    if now is None or now.came_along or not all(path.is_file() for path, _ in files_of(now).values()):
        _put_in_place(version)
    return True


def _keep(model: BundledModel, card: str, came_along: bool = False) -> GarmentVersion:
    """Verified files under the version's own name, then the row."""
    from ml.checkpoints import verify
    from ml.garments.segment import GarmentSegmenter

    try:
        validate_slug(model.version)
    except ValidationError:
        said = gettext("“%(version)s” cannot be the name of a version; export the model again.")
        raise ModelFileError(said % {"version": model.version}) from None
    taken = GarmentVersion.objects.filter(version=model.version).exists()  # the same weights, calibrated anew
    name = f"{model.version}-{model.files['onnx'][1][:6]}" if taken else model.version
    for path, sha256 in model.files.values():
        verify(path, sha256)
    GarmentSegmenter.load(*model.files["onnx"])
    fields: dict[str, str] = {}
    for role in ROLES:
        if role in model.files:
            path, sha256 = model.files[role]
            fields |= {f"{role}_name": f"garments/{name}/{path.name}", f"{role}_sha256": sha256}
            keep_model_file(path, fields[f"{role}_name"])
    return GarmentVersion.objects.create(version=name, scores=model.scores, card=card, came_along=came_along, **fields)


def measure_on_wardrobe(version: GarmentVersion) -> None:
    """Let a version look at the stock garments whose outline is known, once; into ``scores["wardrobe"]``.

    ``garments``: how many; ``named``: in how many it finds the right kind; ``outline``: mean overlap of the cloth it finds with the cloth
    there is (intersection over union).
    """
    from tryon.pictures import read_grey, read_pixels

    known = [row for row in StockGarment.objects.filter(is_published=True).exclude(digest="") if row.found]
    if version.scores.get("wardrobe", {}).get("garments") == len(known) or not known:
        return
    model, named, overlaps = load(files_of(version)), 0, []
    for garment in known:
        seen, truth = model.segment(read_pixels(garment.image)), read_grey(garment.labels) > 1
        cloth = seen.labels > 1
        overlaps.append(float((cloth & truth).sum() / max((cloth | truth).sum(), 1)))
        named += {each.name for each in seen.found} >= set(garment.garment_names)
    figures = {"garments": len(known), "named": named, "outline": round(sum(overlaps) / len(overlaps), 4)}
    version.scores = version.scores | {"wardrobe": figures}
    version.save(update_fields=["scores"])


# Publishing and rolling back ------------------------------------------------------------------------------------------------


def publish(version: GarmentVersion, override: str = "") -> str:
    """Let this version find clothes from now on; what to write into the log. Raises Refused.

    A draft that does not pass the quality gate needs a reason. One that was published before may always come back.
    """
    version.refresh_from_db()
    if version.state == State.PUBLISHED:
        raise Refused(gettext("This model is published already."))
    try:
        load(files_of(version))
    except ModelFileError as error:
        raise Refused(gettext("It cannot be published: %(reason)s") % {"reason": told(str(error))}) from None
    return go_through_gate(checks_of(version), version.state == State.RETIRED, override, lambda: _put_in_place(version))


@transaction.atomic
def _put_in_place(version: GarmentVersion) -> str:
    """Publish it; the name of the one that was published until now, if any. Photos keep the outlines they have."""
    rows = GarmentVersion.objects.select_for_update().order_by("pk")
    before = next((row.version for row in rows if row.state == State.PUBLISHED and row.pk != version.pk), "")
    GarmentVersion.objects.filter(state=State.PUBLISHED).exclude(pk=version.pk).update(state=State.RETIRED)
    GarmentVersion.objects.filter(pk=version.pk).update(state=State.PUBLISHED)
    return before


def notice() -> str:
    """What staff must know where models are published; empty when nothing."""
    name = settings.GARMENT_MODEL
    said = gettext("The setting GARMENT_MODEL names “%(name)s”: the site uses that model, whatever is published here.")
    return said % {"name": name} if name else ""
