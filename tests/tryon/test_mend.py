"""Mending a photo's outlines: steps that follow one another, can be undone, and are kept with the photo."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.files.storage import default_storage

from ml.errors import MendError
from ml.garments.mend import Stroke
from tests.factories import (
    TOP,
    encoded,
    make_photo,
    make_result,
    photo_pixels,
    two_people_pixels,
)
from tryon import masks, mend, services
from tryon.models import MendStep, Photo, Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]

ABOVE = Stroke("top", True, ((0.3, 0.1), (0.6, 0.1)), 0.03, exact=True)
INSIDE = Stroke("top", False, ((0.5, 0.5),), 0.05, exact=True)


@pytest.fixture
def photo(owner) -> Photo:
    return services.accept_photo(owner.person, io.BytesIO(encoded(photo_pixels())), 10_000)


def top(photo: Photo) -> np.ndarray:
    return masks.labels_of(photo) == TOP


def test_a_stroke_changes_the_mask_and_what_is_found(photo):
    before, outline = top(photo), photo.found[0]["outline"]
    assert mend.add_stroke(photo, ABOVE)
    assert top(photo).sum() > before.sum()
    assert photo.found[0]["outline"] != outline
    assert photo.found[0]["share"] > 0.25
    assert Photo.objects.get().mend.number == 1


def test_a_stroke_that_changes_nothing_is_no_step(photo):
    assert not mend.add_stroke(photo, Stroke("top", True, ((0.5, 0.5),), 0.02, exact=True))
    assert not MendStep.objects.exists()
    assert photo.mend is None


def test_undo_and_redo_go_through_the_very_same_masks(photo):
    masks_seen = [top(photo)]
    for stroke in (ABOVE, INSIDE):
        mend.add_stroke(photo, stroke)
        masks_seen.append(top(photo))
    assert mend.undo(photo)
    assert np.array_equal(top(photo), masks_seen[1])
    assert mend.undo(photo)
    assert np.array_equal(top(photo), masks_seen[0])
    assert not mend.undo(photo)
    assert mend.redo(photo)
    assert mend.redo(photo)
    assert np.array_equal(top(photo), masks_seen[2])
    assert not mend.redo(photo)


def test_all_undone_the_photo_is_as_it_was_found(photo):
    found, outcome = photo.found, photo.outcome
    mend.add_stroke(photo, ABOVE)
    mend.undo(photo)
    assert (photo.found, photo.outcome, photo.mend) == (found, outcome, None)


def test_another_change_takes_the_place_of_what_was_undone(photo):
    mend.add_stroke(photo, ABOVE)
    mend.undo(photo)
    mend.add_stroke(photo, INSIDE)
    assert [step.action["adds"] for step in photo.mend_steps.all()] == [False]
    assert not mend.history_of(photo).redo


def test_reset_is_a_step_and_can_be_undone(photo):
    first = top(photo)
    mend.add_stroke(photo, ABOVE)
    mended, found = top(photo), photo.found
    mend.reset(photo)
    assert np.array_equal(top(photo), first)
    assert photo.found == photo.as_found["found"]
    assert not mend.history_of(photo).reset
    mend.undo(photo)
    assert np.array_equal(top(photo), mended)
    assert photo.found == found


def test_strokes_before_a_reset_have_no_say_after_it(photo):
    mend.add_stroke(photo, ABOVE)
    mend.reset(photo)
    mend.add_stroke(photo, INSIDE)
    assert mend._strokes_of(photo) == [INSIDE]


def test_growing_and_shrinking_are_steps_too(photo):
    first = top(photo).sum()
    mend.grow(photo, "top", 3)
    grown = top(photo).sum()
    mend.grow(photo, "top", -6)
    assert top(photo).sum() < first < grown
    assert photo.mend.number == 2


def test_a_garment_the_net_missed_is_added_by_hand(photo):
    mend.add_stroke(photo, Stroke("skirt", True, ((0.5, 0.9),), 0.05, exact=True))
    assert photo.garment_names == ["top", "skirt"]
    assert photo.found[1]["confidence"] == 1.0


def test_a_garment_taken_away_wholly_is_found_no_more(photo):
    mend.add_stroke(photo, Stroke("top", False, ((0.3, 0.3), (0.7, 0.7)), 0.25, exact=True))
    mend.add_stroke(photo, Stroke("top", False, ((0.7, 0.3), (0.3, 0.7)), 0.25, exact=True))
    assert photo.garment_names == []
    assert photo.outcome == "none"


def test_an_unsure_photo_is_sure_once_mended_and_unsure_again_undone(photo):
    Photo.objects.update(outcome="unsure")
    photo.refresh_from_db()
    mend.add_stroke(photo, ABOVE)
    assert photo.outcome == "found"
    mend.undo(photo)
    assert photo.outcome == "unsure"


def test_the_net_is_not_asked_again(photo, monkeypatch):
    def refuse():
        raise AssertionError("the net was asked")

    monkeypatch.setattr(services, "segmenter", refuse)
    mend.add_stroke(photo, Stroke("top", True, ((0.5, 0.2),), 0.03))
    mend.reset(photo)


def test_a_photo_from_before_mending_is_looked_at_once_more(owner):
    photo = make_photo(owner.person)
    assert not photo.evidence
    mend.add_stroke(photo, ABOVE)
    assert default_storage.exists(Photo.objects.get().evidence.name)


def test_what_was_made_before_stays_as_it_was(photo, owner):
    result = make_result(owner.person, photo)
    with default_storage.open(result.image.name) as file:
        before = file.read()
    mend.add_stroke(photo, ABOVE)
    with default_storage.open(Result.objects.get().image.name) as file:
        assert file.read() == before


def test_a_deleted_photo_takes_its_steps_along(photo):
    mend.add_stroke(photo, ABOVE)
    services.delete_photo(photo)
    assert not MendStep.objects.exists()


def test_a_photo_deleted_meanwhile_is_not_there(photo):
    Photo.objects.all().delete()
    with pytest.raises(Photo.DoesNotExist):
        mend.add_stroke(photo, ABOVE)


def test_old_steps_make_room(photo, monkeypatch):
    monkeypatch.setattr(mend, "MOST_STEPS", 3)
    for number in range(6):
        mend.grow(photo, "top", 1 if number % 2 else 2)
    assert [step.number for step in photo.mend_steps.all()] == [3, 4, 5, 6]
    while mend.undo(photo):
        pass
    assert photo.mend.number == 3, "what was forgotten cannot be undone"


def test_every_mask_has_a_version_of_its_own(photo):
    versions = [photo.mask_version]
    mend.add_stroke(photo, ABOVE)
    versions.append(photo.mask_version)
    mend.undo(photo)
    assert photo.mask_version == versions[0]
    mend.add_stroke(photo, INSIDE)
    versions.append(photo.mask_version)
    assert len(set(versions)) == 3


def test_damaged_evidence_is_told_kindly(photo):
    with default_storage.open(photo.evidence.name, "wb") as file:
        file.write(b"torn")
    with pytest.raises(MendError, match="choose the photo again"):
        mend.add_stroke(photo, ABOVE)


@pytest.fixture
def two_people(owner, monkeypatch) -> Photo:
    pixels, labels = two_people_pixels()

    class Finder:
        def segment(self, _):
            from tests.factories import StandInGarment, StandInSegmentation

            return StandInSegmentation(
                labels, (StandInGarment("top", TOP, float((labels == TOP).mean()), 0.9),), "found"
            )

    monkeypatch.setattr(services, "segmenter", Finder)
    return services.accept_photo(owner.person, io.BytesIO(encoded(pixels)), 10_000)


def test_one_of_several_people_is_dressed_alone(two_people):
    photo, everybody = two_people, top(two_people)
    assert photo.people == 2
    parts = []
    for number in (1, 2):
        mend.choose_person(photo, number)
        photo.refresh_from_db()
        parts.append(top(photo))
        assert len(photo.found) == 1
        assert photo.found[0]["share"] == pytest.approx(everybody.mean() / 2, rel=0.1)
    assert not (parts[0] & parts[1]).any()
    assert np.array_equal(parts[0] | parts[1], everybody)
    assert np.nonzero(parts[0])[1].max() < np.nonzero(parts[1])[1].min()
    mend.choose_person(photo, 0)
    photo.refresh_from_db()
    assert np.array_equal(top(photo), everybody)
    assert photo.found == photo.as_found["found"]


def test_the_chosen_person_is_mended_and_stays_chosen(two_people):
    photo = two_people
    mend.choose_person(photo, 2)
    mend.add_stroke(photo, Stroke("top", True, ((0.75, 0.95),), 0.02, exact=True))
    assert photo.person == 2
    labels = top(photo)
    assert labels[round(0.95 * len(labels)), round(0.75 * labels.shape[1])]
    assert not labels[:, : labels.shape[1] // 2 - 5].any()


@pytest.mark.parametrize("number", [-1, 3])
def test_nobody_else_is_chosen(two_people, number):
    with pytest.raises(MendError, match="nobody there"):
        mend.choose_person(two_people, number)


def test_what_the_net_believed_is_kept_small(photo):
    assert default_storage.size(photo.evidence.name) < 30_000
