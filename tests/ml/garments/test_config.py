import json

import pytest

from ml.errors import ModelFileError
from ml.garments.config import CLASSES, RECIPES, Settings, class_of_label


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("null", "background"),
        ("hair", "body"),
        ("t-shirt", "top"),
        ("suit", "outerwear"),
        ("tights", "bottom"),
        ("skirt", "skirt"),
        ("romper", "dress"),
        ("socks", "shoes"),
        ("bag", "accessory"),
        ("belt", "accessory"),
    ],
)
def test_labels_belong_to_the_class_of_the_notes(label, name):
    assert CLASSES[class_of_label(label)] == name


def test_settings_survive_json():
    settings = Settings(seed=7, minutes=3)
    assert Settings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


def test_unknown_settings_are_named():
    with pytest.raises(ModelFileError, match="colour"):
        Settings.from_dict({"colour": 3})


def test_the_second_recipe_goes_on_gently_and_ends_at_the_size_it_serves():
    first, second = RECIPES["first"], RECIPES["second"]
    assert second.learning_rate < first.learning_rate
    assert second.serving_width == second.stages[-1].width > first.serving_width
    assert second.street_least > first.street_least
    assert second.encoder == first.encoder
