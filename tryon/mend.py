"""Mending the outlines of a photo, one step at a time. The net is not asked again: what it believed was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext

from patterns.memory import OF_PEOPLE, Memory
from patterns.slots import model_slots
from tryon.files import new_files
from tryon.masks import of_person
from tryon.models import MendStep, Photo, Wearable
from tryon.pictures import decode_grey, read_grey, read_pixels

if TYPE_CHECKING:
    from ml.garments.mend import Stroke, Workbench
    from ml.images import Bytes

MOST_STEPS = 200  # kept for a photo; older ones cannot be undone any more

Work = Callable[["Bench", "Bytes", "list[Stroke]"], "Bytes"]


@dataclass(frozen=True)
class Bench:
    """A photo ready to be mended, and its classes as the net found them, uint8 (h, w) at the size of mending."""

    work: Workbench
    found: Bytes

    def weight(self) -> int:
        return sum(array.nbytes for array in (*vars(self.work).values(), self.found))


@dataclass(frozen=True)
class History:
    """What can be undone, done again and reset."""

    undo: bool
    redo: bool
    reset: bool


benches: Memory[Bench] = Memory(24, 48 * 1024 * 1024, Bench.weight, OF_PEOPLE)


def bench_of(photo: Photo) -> Bench:
    """The photo's bench, made at its first use; hold a model slot. Raises MlError."""
    from ml.garments.mend import prepare_workbench, unpack_probabilities
    from ml.images import resize_labels

    if not photo.evidence:
        _look_again(photo)
    bench = benches.recall(photo.evidence.name)
    if bench is None:
        with photo.evidence.open() as opened:
            probabilities = unpack_probabilities(opened.read())
        work = prepare_workbench(read_pixels(photo.screen), probabilities)
        bench = Bench(work, resize_labels(read_grey(photo.labels), work.shape[1], work.shape[0]))
        benches.keep(photo.evidence.name, bench)
    return bench


def _look_again(photo: Photo) -> None:
    """Photos from before mending was possible: ask the net once, and keep what it believes."""
    from ml.garments.mend import pack_probabilities
    from tryon.services import segmenter

    believed = segmenter().segment(read_pixels(photo.image)).probabilities
    with new_files(default_storage) as write, transaction.atomic():
        photo.evidence.name = write("photos", ".bin", pack_probabilities(believed))
        photo.save(update_fields=["evidence"])


def prepare(photo: Photo) -> None:
    """Make the photo ready, so that the first stroke need not wait. Raises MlError, Busy."""
    with model_slots().take():
        bench_of(photo)


def add_stroke(photo: Photo, stroke: Stroke) -> bool:
    """One more hint. False when it changed nothing, which is then not a step. Raises MlError, Busy, DoesNotExist."""
    from ml.garments.mend import mend

    action = {"kind": "stroke", **vars(stroke)}
    return _step(photo, action, lambda bench, labels, earlier: mend(bench.work, labels, stroke, earlier))


def grow(photo: Photo, garment: str, pixels: int) -> bool:
    """A garment grown by some pixels of the bench, or shrunk when below 0. As :func:`add_stroke`."""
    from ml.garments.mend import grow_garment

    action = {"kind": "grow", "garment": garment, "pixels": pixels}
    return _step(photo, action, lambda bench, labels, _: grow_garment(bench.work, labels, garment, pixels))


def reset(photo: Photo) -> bool:
    """The outlines as the net found them; this too can be undone. As :func:`add_stroke`."""
    return _step(photo, {"kind": "reset"}, lambda bench, *_: bench.found)


def undo(photo: Photo) -> bool:
    """One step back. False when there is none."""
    return _move(photo, -1)


def redo(photo: Photo) -> bool:
    """One step forward again. False when there is none."""
    return _move(photo, 1)


def choose_person(photo: Photo, number: int) -> None:
    """Whom to dress: from the left, 0 for everybody. Raises MendError for somebody who is not there."""
    from ml.errors import MendError

    if not 0 <= number <= photo.people:
        raise MendError(gettext("There is nobody there. Choose one of the people shown."))
    with model_slots().take(), transaction.atomic():
        mine = _locked(photo)
        mine.person = number
        _note(mine, mine.mend)


def history_of(photo: Photo) -> History:
    at, last_kind = (photo.mend.number, photo.mend.action["kind"]) if photo.mend else (0, "reset")
    return History(
        undo=photo.mend is not None,
        redo=photo.mend_steps.filter(number__gt=at).exists(),
        reset=last_kind != "reset",
    )


def _step(photo: Photo, action: dict[str, Any], work: Work) -> bool:
    import numpy as np

    from ml.encode import encode_png

    with model_slots().take(), transaction.atomic():
        mine = _locked(photo)
        bench = bench_of(mine)
        before = _labels(mine.mend, bench)
        after = work(bench, before, _strokes_of(mine))
        if np.array_equal(before, after) and action["kind"] != "reset":
            return False
        at = mine.mend.number if mine.mend else 0
        mine.mend_steps.filter(number__gt=at).delete()
        mine.mend_steps.filter(number__lte=at - MOST_STEPS).delete()
        mine.mend = mine.mend_steps.create(
            number=at + 1, action=action, labels=encode_png(after.astype(np.uint8), compress_level=1)
        )
        _note(mine, mine.mend, bench)
    photo.refresh_from_db()
    return True


def _move(photo: Photo, way: int) -> bool:
    with model_slots().take(), transaction.atomic():
        mine = _locked(photo)
        at = mine.mend.number if mine.mend else 0
        step = mine.mend_steps.filter(number=at + way).first()
        if step is None and at + way != 0:
            return False
        mine.mend = step
        _note(mine, step)
    photo.refresh_from_db()
    return True


def _locked(photo: Photo) -> Photo:
    """The row as it is now, held until the transaction ends: two changes at once follow one another."""
    return Photo.objects.select_for_update().get(pk=photo.pk)


def _labels(step: MendStep | None, bench: Bench) -> Bytes:
    return decode_grey(bytes(step.labels), "a mended mask") if step else bench.found


def _strokes_of(photo: Photo) -> list[Stroke]:
    """What was said since the last reset, up to now."""
    from ml.garments.mend import Stroke

    strokes: list[Stroke] = []
    at = photo.mend.number if photo.mend else 0
    for action in photo.mend_steps.filter(number__lte=at).order_by("number").values_list("action", flat=True):
        if action["kind"] == "reset":
            strokes = []
        elif action["kind"] == "stroke":
            points = tuple((x, y) for x, y in action["points"])
            strokes.append(Stroke(action["garment"], action["adds"], points, action["radius"], action["exact"]))
    return strokes


def _note(photo: Photo, step: MendStep | None, bench: Bench | None = None) -> None:
    """Let ``found`` and ``outcome`` follow the mask, and save the row."""
    if not photo.as_found:
        photo.as_found = {"found": photo.found, "outcome": photo.outcome}
    is_as_found = step is None or step.action["kind"] == "reset"
    if is_as_found and not photo.person:
        photo.found, photo.outcome = photo.as_found["found"], photo.as_found["outcome"]
    else:
        labels = of_person(photo, _labels(step, bench or bench_of(photo)))
        photo.found = found_in(photo, labels)
        known = Wearable.Outcome.FOUND if not is_as_found else photo.as_found["outcome"]
        photo.outcome = known if photo.found else Wearable.Outcome.NONE
    photo.save(update_fields=["mend", "person", "found", "outcome", "as_found"])


def found_in(photo: Photo, labels: Bytes) -> list[dict[str, Any]]:
    """Entries of ``Wearable.found``: what the net listed and what a person added, as far as it is there; largest first."""
    from ml.garments.names import value_of
    from ml.garments.outline import outline_paths

    sure = {each["name"]: each["confidence"] for each in photo.as_found["found"]}
    at = photo.mend.number if photo.mend else 0
    added = photo.mend_steps.filter(number__lte=at, action__kind="stroke", action__adds=True)
    names = dict.fromkeys([*sure, *added.values_list("action__garment", flat=True)])
    found = []
    for name in names:
        mask = labels == value_of(name)
        outline = outline_paths(mask, size=(photo.width, photo.height))
        if outline:
            share = round(float(mask.mean()), 4)
            found.append({"name": name, "share": share, "confidence": sure.get(name, 1.0), "outline": outline})
    return sorted(found, key=lambda each: -float(each["share"]))
