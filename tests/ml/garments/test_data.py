import numpy as np
import pytest

from ml.errors import PictureError
from ml.garments.data import (
    Pair,
    TrainingPictures,
    crop_pair,
    data_folder,
    read_pair,
    selfie_box,
    split_ids,
    to_arrays,
    upper_body_box,
)
from ml.garments.flats import draw_background, draw_silhouette
from tests.ml.garments.conftest import drawn_pair, tiny_settings


def test_the_last_hundred_ids_are_validation_and_no_id_is_in_two_parts(data_set):
    split = split_ids(data_set)
    everything = [*split.training, *split.tuning, *split.validation]
    assert len(split.validation) == 100
    assert everything == sorted(set(everything))


def test_a_folder_without_photos_is_refused_with_advice(tmp_path):
    with pytest.raises(PictureError, match="AIFASHION_DATA"):
        data_folder(tmp_path)


def test_labels_are_mapped_to_the_nine_classes(data_set):
    pair = read_pair(data_set, "0000")
    assert pair.photo.shape == (96, 64, 3)
    assert set(np.unique(pair.labels)) == {0, 1, 2, 4, 7}


def test_a_large_pair_is_shrunk_together(data_set):
    pair = read_pair(data_set, "0000", side=48)
    assert pair.photo.shape[:2] == pair.labels.shape == (48, 32)


@pytest.mark.parametrize(("flat", "empty"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
def test_training_pictures_depend_on_seed_and_number_only(pairs, flat, empty):
    settings = tiny_settings(flat_share=flat, empty_share=empty)
    first, second = (TrainingPictures(pairs, settings, []) for _ in range(2))
    first.draw(3, 64, 96)
    photo, labels = first.draw(5, 64, 96)
    again, same_labels = second.draw(5, 64, 96)
    assert photo.shape == (96, 64, 3)
    assert photo.dtype == labels.dtype == np.uint8
    assert np.array_equal(photo, again)
    assert np.array_equal(labels, same_labels)


def test_empty_pictures_have_no_garment(pairs):
    pictures = TrainingPictures(pairs, tiny_settings(flat_share=0.0, empty_share=1.0), [])
    assert not any(pictures.draw(number, 64, 96)[1].any() for number in range(6))


def test_flat_pictures_show_one_garment_and_no_body(pairs):
    pictures = TrainingPictures(pairs, tiny_settings(flat_share=1.0, empty_share=0.0), [])
    for number in range(6):
        values = set(np.unique(pictures.draw(number, 96, 96)[1])) - {0}
        assert len(values) == 1
        assert min(values) >= 2


def test_a_selfie_is_a_close_view_with_the_wanted_shape():
    labels = drawn_pair().labels
    for seed in range(20):
        top, bottom, left, right = selfie_box(np.random.default_rng(seed), labels, 2 / 3)
        assert 0 <= top < bottom <= labels.shape[0]
        assert 0 <= left < right <= labels.shape[1]
        assert (right - left) / (bottom - top) == pytest.approx(2 / 3, abs=0.06)


def test_the_upper_body_box_holds_the_top_and_not_the_shoes():
    pair = drawn_pair()
    part = crop_pair(pair, upper_body_box(pair.labels))
    assert (part.labels == 2).sum() == (pair.labels == 2).sum()
    assert not (part.labels == 7).any()


def test_silhouettes_and_grounds_need_no_swatches():
    rng = np.random.default_rng(0)
    drawn = draw_silhouette(rng, [])
    assert drawn.photo.shape[:2] == drawn.mask.shape
    assert draw_background(rng, 40, 60, []).shape == (60, 40, 3)


def test_arrays_for_the_net_are_channels_first_in_zero_to_one():
    arrays = to_arrays(np.full((2, 4, 6, 3), 255, dtype=np.uint8))
    assert arrays.shape == (2, 3, 4, 6)
    assert arrays.dtype == np.float32
    assert arrays.max() == 1.0


def test_a_photo_without_anyone_still_gives_a_box():
    pair = Pair("street", np.zeros((60, 40, 3), np.uint8), np.zeros((60, 40), np.uint8))
    assert upper_body_box(pair.labels) == (0, 60, 0, 40)
    top, bottom, left, right = selfie_box(np.random.default_rng(0), pair.labels, 2 / 3)
    assert bottom > top
    assert right > left
