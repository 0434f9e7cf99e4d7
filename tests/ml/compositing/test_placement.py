import pytest

from ml.compositing.placement import Placement
from ml.errors import MlError, PlacementError


def test_the_defaults_are_a_straight_repeat_of_20_cm():
    placement = Placement()
    assert (placement.cm_per_tile, placement.rotation, placement.repeat) == (20.0, 0.0, "straight")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e9, -1e9, "20", None, True])
@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        ("cm_per_tile", "1 to 200 cm"),
        ("rotation", "-180 to 180 degrees"),
        ("offset_x", "-1 to 1 tiles"),
        ("offset_y", "-1 to 1 tiles"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(field, allowed, value):
    with pytest.raises(PlacementError, match=allowed):
        Placement(**{field: value})


@pytest.mark.parametrize(
    "good",
    [
        {"cm_per_tile": 1},
        {"cm_per_tile": 200},
        {"rotation": -180},
        {"rotation": 180},
        {"offset_x": -1},
        {"offset_y": 1},
        {"repeat": "mirror"},
    ],
)
def test_the_ends_of_each_range_are_allowed(good):
    Placement(**good)


@pytest.mark.parametrize("repeat", ["", "brick", "Straight", 3])
def test_an_unknown_repeat_is_refused_with_the_choices(repeat):
    with pytest.raises(PlacementError, match="half-drop"):
        Placement(repeat=repeat)


def test_a_placement_error_can_be_told_to_a_person():
    assert issubclass(PlacementError, MlError)
