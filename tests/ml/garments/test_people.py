import numpy as np
import pytest

from ml.garments.people import MOST_PEOPLE, people_areas, places
from tests.ml.garments.conftest import drawn_pair


def row_of_people(count: int, gap: int = 20) -> np.ndarray:
    """Drawn people beside each other, classes uint8 (192, ...)."""
    person = drawn_pair().labels[:, 30:98]
    space = np.zeros((192, gap), np.uint8)
    return np.hstack([space, *(part for _ in range(count) for part in (person, space))])


@pytest.mark.parametrize("count", range(MOST_PEOPLE))
def test_people_side_by_side_are_counted(count):
    labels = row_of_people(count)
    areas, found = people_areas(labels)
    assert found == count
    assert areas.shape == labels.shape
    assert set(np.unique(areas)) == set(range(1, max(count, 1) + 1))


def test_areas_go_from_left_to_right_and_hold_whole_people():
    labels = row_of_people(3)
    areas, _ = people_areas(labels)
    for number in range(3):
        middle = 20 + number * 88 + 34
        mine = areas[:, middle - 30 : middle + 30]
        assert (mine == number + 1).mean() > 0.97
    assert areas[0, 0] == 1
    assert areas[-1, -1] == 3


def test_a_scarf_does_not_make_two_of_one():
    labels = drawn_pair().labels.copy()
    labels[40:48] = np.where(labels[40:48] > 0, 0, labels[40:48])
    assert people_areas(labels)[1] == 1


def test_a_coat_on_a_hook_is_no_person():
    labels = row_of_people(2)
    labels[:, 100:][labels[:, 100:] == 1] = 0  # nothing of the second one's skin or hair
    assert people_areas(labels)[1] == 1


def test_somebody_far_behind_does_not_count():
    labels = row_of_people(1, gap=60)
    small = drawn_pair(height=48, width=32).labels
    labels[100:148, 140:172] = small
    assert people_areas(labels)[1] == 1


def test_people_who_touch_count_as_one():
    labels = row_of_people(2, gap=0)
    labels[70:90, 40:100] = 2
    assert people_areas(labels)[1] == 1


def test_a_large_picture_counts_like_a_small_one():
    labels = row_of_people(2)
    large = np.repeat(np.repeat(labels, 9, axis=0), 9, axis=1)
    areas, found = people_areas(large)
    assert found == 2
    assert areas.shape == large.shape


@pytest.mark.parametrize("count", range(MOST_PEOPLE + 1))
def test_every_place_has_a_word_of_its_own(count):
    assert len(places(count)) == len(set(places(count))) == count
