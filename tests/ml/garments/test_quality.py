import numpy as np
import pytest

from ml.garments.quality import photo_trouble
from tests.ml.garments.conftest import drawn_pair


def test_a_common_photo_is_no_trouble():
    assert photo_trouble(drawn_pair(height=480, width=320).photo) == ""


@pytest.mark.parametrize("shape", [(199, 900), (900, 199), (64, 64)])
def test_a_small_photo_is_said_to_be_small(shape):
    assert photo_trouble(np.full((*shape, 3), 150, np.uint8)) == "small"


def test_a_dark_photo_is_said_to_be_dark():
    photo = drawn_pair(height=480, width=320).photo
    assert photo_trouble((photo * 0.1).astype(np.uint8)) == "dark"


def test_a_lamp_in_a_dark_room_does_not_light_it():
    photo = (drawn_pair(height=480, width=320).photo * 0.1).astype(np.uint8)
    photo[:40, :40] = 255
    assert photo_trouble(photo) == "dark"


def test_somebody_in_black_before_a_wall_is_not_dark():
    photo = np.full((480, 320, 3), 180, np.uint8)
    photo[60:, 60:260] = 12
    assert photo_trouble(photo) == ""
