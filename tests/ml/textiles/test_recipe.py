import json

import pytest

from ml.errors import RecipeError
from ml.textiles.recipe import Recipe


def test_a_recipe_survives_its_json():
    recipe = Recipe(seed=17, truncation=0.5, cells=5)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_equal_recipes_have_equal_json():
    assert Recipe(3).to_json() == Recipe(seed=3).to_json()


@pytest.mark.parametrize(
    "values",
    [
        {"seed": -1},
        {"seed": 2**32},
        {"seed": 1.5},
        {"seed": True},
        {"seed": "7"},
        {"seed": 1, "truncation": float("nan")},
        {"seed": 1, "truncation": 1.6},
        {"seed": 1, "truncation": None},
        {"seed": 1, "cells": 1},
        {"seed": 1, "cells": 33},
        {"seed": 1, "unknown": 2},
        {"seed": 1, "format": 99},
        {},
        [],
        None,
    ],
)
def test_a_value_out_of_range_is_refused_with_a_sentence(values):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        Recipe.from_dict(values)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"seed": NaN}', json.dumps("seed")])
def test_broken_json_is_refused_with_a_sentence(text):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        Recipe.from_json(text)
