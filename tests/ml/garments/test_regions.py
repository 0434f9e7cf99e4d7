import numpy as np

from ml.garments.regions import Steps, clean_labels, drop_islands, fill_holes, grow_labels, vote_regions


def probabilities_of(labels, sure=0.9):
    """Nine planes where the named class has ``sure`` and the others share the rest."""
    planes = np.full((9, *labels.shape), (1 - sure) / 8, dtype=np.float32)
    np.put_along_axis(planes, labels[None].astype(np.int64), sure, axis=0)
    return planes


def test_a_small_doubtful_patch_takes_the_class_of_its_region():
    labels = np.full((40, 40), 6, dtype=np.uint8)
    labels[10:16, 10:16] = 2
    planes = probabilities_of(labels)
    planes[2, 10:16, 10:16], planes[6, 10:16, 10:16] = 0.5, 0.4
    assert (vote_regions(labels, planes, cost=0.25) == 6).all()


def test_a_clear_top_over_clear_trousers_stays():
    labels = np.full((40, 40), 2, dtype=np.uint8)
    labels[20:] = 4
    assert np.array_equal(vote_regions(labels, probabilities_of(labels), cost=0.25), labels)


def test_a_garment_that_nobody_wears_is_one_thing():
    labels = np.zeros((40, 40), dtype=np.uint8)
    labels[5:35, 5:35] = 5
    labels[5:15, 5:35] = 2
    planes = probabilities_of(labels)
    assert (clean_labels(planes, Steps())[5:35, 5:35] == 5).all()
    labels[0:4, 10:30] = 1
    worn = clean_labels(probabilities_of(labels), Steps())
    assert set(np.unique(worn[5:35, 5:35])) == {2, 5}


def test_shoes_never_vote():
    labels = np.full((40, 40), 4, dtype=np.uint8)
    labels[36:] = 7
    assert (vote_regions(labels, probabilities_of(labels, 0.4), cost=5.0)[36:] == 7).all()


def test_islands_take_the_class_around_them():
    labels = np.zeros((50, 50), dtype=np.uint8)
    labels[10:40, 10:40] = 4
    labels[20, 20] = 6
    labels[2, 2] = 8
    cleaned = drop_islands(labels, share=0.002)
    assert cleaned[20, 20] == 4
    assert cleaned[2, 2] == 0
    assert (cleaned == 4).sum() == 900


def test_a_stray_piece_of_a_garment_goes_and_the_smaller_shoe_stays():
    labels = np.zeros((50, 50), dtype=np.uint8)
    labels[10:40, 5:45] = 4
    labels[2:5, 2:5] = 4
    labels[42:49, 5:15] = 7
    labels[46:48, 30:32] = 7
    cleaned = drop_islands(labels, share=0.0005, of_largest=0.06)
    assert not (cleaned[2:5, 2:5] == 4).any()
    assert (cleaned[46:48, 30:32] == 7).all()


def test_small_holes_are_filled_and_large_gaps_stay():
    labels = np.zeros((60, 60), dtype=np.uint8)
    labels[5:55, 5:55] = 2
    labels[10:13, 10:13] = 0
    labels[20:22, 40:42] = 1
    labels[30:45, 20:35] = 0
    filled = fill_holes(labels, share=0.03)
    assert (filled[10:13, 10:13] == 2).all()
    assert (filled[20:22, 40:42] == 2).all()
    assert (filled[30:45, 20:35] == 0).all()


def test_each_step_can_be_switched_off():
    labels = np.zeros((50, 50), dtype=np.uint8)
    labels[10:40, 10:40] = 4
    labels[20, 20] = 0
    off = Steps(vote=False, drop_islands=False, fill_holes=False)
    assert np.array_equal(clean_labels(probabilities_of(labels), off), labels)
    assert clean_labels(probabilities_of(labels), Steps())[20, 20] == 4


def test_grown_labels_keep_their_classes_and_place():
    labels = np.zeros((30, 20), dtype=np.uint8)
    labels[10:20, 5:15] = 7
    grown = grow_labels(labels, 200, 300)
    assert grown.shape == (300, 200)
    assert set(np.unique(grown)) == {0, 7}
    assert abs(int((grown == 7).sum()) - 10_000) < 500
