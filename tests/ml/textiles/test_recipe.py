import json
from dataclasses import replace

import numpy as np
import pytest

from ml.errors import RecipeError
from ml.textiles.latents import decode_latent, encode_latent
from ml.textiles.recipe import DEEPEST_MIX, MOST_RECIPES, MOST_STEPS, Mix, Recipe, Step, mixed

STYLE = np.linspace(-2, 2, 12).reshape(3, 4)


def rich() -> Recipe:
    """A recipe with something in every field, over two generations."""
    child = mixed(Recipe(3, cells=6), Recipe(4, latent=encode_latent(STYLE)), 0.25, 1)
    child = replace(child.nearby(99, 0.3).edited({"sefa-2": -1.5, "pca-1": 2}), merged=(0, 1, 0, 3), repeat="half-drop")
    return mixed(child.coloured({3: "#AA00ff", 0: "#010203"}), Recipe(5), 1, 0.5).coloured({1: "#ffffff"})


@pytest.mark.parametrize("recipe", [Recipe(17, 0.5, 5), Recipe(0).nearby(1, 1), rich()])
def test_a_recipe_survives_its_json(recipe):
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert again.to_json() == recipe.to_json()


def test_a_plain_recipe_is_written_as_it_always_was():
    assert Recipe(3).to_json() == '{"cells": 8, "format": 1, "seed": 3, "truncation": 0.85}'
    assert Recipe.from_dict({"format": 1, "seed": 17, "truncation": 0.85, "cells": 8}) == Recipe(17)


def test_a_recipe_that_is_more_than_a_seed_says_so():
    assert json.loads(Recipe(3).edited({"pca-1": 1}).to_json())["format"] == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Recipe(3), Recipe(seed=3)),
        (Recipe(3, truncation=1), Recipe(3, truncation=1.0)),
        (Recipe(3).edited({"a": 1, "b": 2}), Recipe(3).edited({"b": 2.0}).edited({"a": 1})),
        (Recipe(3).edited({"a": 1}).edited({"a": 0}), Recipe(3).edited({"b": -0.0})),
        (Recipe(3).coloured({2: "#ABCDEF", 1: "#000000"}), Recipe(3, palette=((1, "#000000"), (2, "#abcdef")))),
        (Recipe(3, merged=(0, 1, 2)), Recipe(3)),
    ],
)
def test_equal_recipes_have_equal_json(one, other):
    assert one == other
    assert one.to_json() == other.to_json()


def test_styles_travel_exactly_at_half_precision():
    decoded = decode_latent(encode_latent(STYLE))
    assert np.array_equal(decoded, STYLE.astype(np.float16).astype(np.float32).ravel())
    assert encode_latent(decoded) == encode_latent(STYLE)


def test_a_child_takes_cells_and_inks_from_the_parent_that_gives_its_structure():
    first, second = Recipe(1, cells=4), Recipe(2, cells=9, merged=(0, 0, 2), repeat="mirror")
    assert (mixed(first, second, 0.4, 1).cells, mixed(first, second, 0.4, 1).merged) == (4, ())
    child = mixed(first, second, 0.6, 0)
    assert (child.cells, child.merged, child.repeat) == (9, (0, 0, 2), "mirror")


def test_mixes_go_only_so_deep():
    recipe = Recipe(0)
    for seed in range(DEEPEST_MIX):
        recipe = mixed(recipe, Recipe(seed), 0.5, 0.5)
    with pytest.raises(RecipeError, match="too many ancestors"):
        mixed(recipe, Recipe(1), 0.5, 0.5)
    with pytest.raises(RecipeError, match="too many ancestors"):
        Recipe.from_dict({"format": 2, "seed": 1, "mix": nested(DEEPEST_MIX + 1)["mix"]})


def test_mixes_hold_only_so_many_recipes():
    recipe = Recipe(0)
    while 2 * len(recipe.to_json().split('"seed"')[1:]) + 1 <= MOST_RECIPES:
        recipe = mixed(recipe, recipe, 0.5, 0.5)
    with pytest.raises(RecipeError, match="too many ancestors"):
        mixed(recipe, recipe, 0.5, 0.5)


def test_steps_go_only_so_far():
    far = Recipe(0, near=(Step(1, 0.1),) * MOST_STEPS)
    with pytest.raises(RecipeError, match="begin again"):
        far.nearby(2, 0.1)


def nested(depth):
    values = {"seed": 1}
    for _ in range(depth):
        values = {"seed": 1, "mix": {"first": values, "second": {"seed": 2}, "structure": 0.5, "style": 0.5}}
    return values


A_MIX = {"first": {"seed": 1}, "second": {"seed": 2}, "structure": 0.5, "style": 0.5}
NAN = float("nan")


@pytest.mark.parametrize(
    "values",
    [
        {"seed": -1},
        {"seed": 2**32},
        {"seed": 10**40},
        {"seed": 1.5},
        {"seed": True},
        {"seed": "7"},
        {"seed": None},
        {"seed": 1, "truncation": NAN},
        {"seed": 1, "truncation": 1.6},
        {"seed": 1, "truncation": None},
        {"seed": 1, "truncation": 10**400},
        {"seed": 1, "cells": 1},
        {"seed": 1, "cells": 33},
        {"seed": 1, "unknown": 2},
        {"seed": 1, "format": 99},
        {"seed": 1, "format": "2"},
        {"seed": 1, "near": 3},
        {"seed": 1, "near": [3]},
        {"seed": 1, "near": [[1, 0.5, 2]]},
        {"seed": 1, "near": [[-1, 0.5]]},
        {"seed": 1, "near": [[1, 0]]},
        {"seed": 1, "near": [[1, NAN]]},
        {"seed": 1, "near": [[1, 1.01]]},
        {"seed": 1, "edits": []},
        {"seed": 1, "edits": None},
        {"seed": 1, "edits": {"pca-1": 3.1}},
        {"seed": 1, "edits": {"pca-1": NAN}},
        {"seed": 1, "edits": {"pca-1": "1"}},
        {"seed": 1, "edits": {"PCA 1": 1}},
        {"seed": 1, "edits": {f"d{i}": 1 for i in range(65)}},
        {"seed": 1, "palette": {"0": "red"}},
        {"seed": 1, "palette": {"0": "#12345"}},
        {"seed": 1, "palette": {"0": None}},
        {"seed": 1, "palette": {"-1": "#123456"}},
        {"seed": 1, "palette": {"16": "#123456"}},
        {"seed": 1, "palette": {"01": "#123456"}},
        {"seed": 1, "palette": ["#123456"]},
        {"seed": 1, "merged": [0, 0, 0]},
        {"seed": 1, "merged": [1, 0]},
        {"seed": 1, "merged": [0, 1, 9]},
        {"seed": 1, "merged": [0.0, 1]},
        {"seed": 1, "merged": "01"},
        {"seed": 1, "merged": list(range(17))},
        {"seed": 1, "latent": 3},
        {"seed": 1, "latent": "?"},
        {"seed": 1, "latent": "é"},
        {"seed": 1, "latent": "QQ=="},
        {"seed": 1, "latent": "QQI\n"},
        {"seed": 1, "latent": "AH4="},  # NaN
        {"seed": 1, "latent": "AHw="},  # infinity
        {"seed": 1, "latent": "A" * 20_000},
        {"seed": 1, "repeat": "quarter"},
        {"seed": 1, "repeat": ["straight"]},
        {"seed": 1, "mix": None},
        {"seed": 1, "mix": {}},
        {"seed": 1, "mix": {**A_MIX, "structure": 1.5}},
        {"seed": 1, "mix": {**A_MIX, "style": NAN}},
        {"seed": 1, "mix": {**A_MIX, "first": None}},
        {"seed": 1, "mix": {**A_MIX, "first": {"seed": -1}}},
        {"seed": 1, "mix": {**A_MIX, "third": {"seed": 3}}},
        {"seed": 1, "mix": A_MIX, "latent": encode_latent(STYLE)},
        {},
        [],
        None,
    ],
)
def test_a_value_out_of_range_is_refused_with_a_sentence(values):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        Recipe.from_dict(values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"seed": NaN}',
        '{"seed": ' + "9" * 5000 + "}",
        json.dumps("seed"),
        json.dumps(nested(200)),
        " " * 300_000,
    ],
)
def test_broken_json_is_refused_with_a_sentence(text):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        Recipe.from_json(text)


def test_a_mix_of_something_else_is_refused():
    with pytest.raises(RecipeError, match="two fabric recipes"):
        Mix(Recipe(1), "plaid", 0.5, 0.5)


@pytest.mark.parametrize("style", [np.full(4, np.nan), np.full(4, 17.0), np.full(20_000, 0.0)])
def test_a_style_that_cannot_travel_is_refused(style):
    with pytest.raises(RecipeError, match=r"^The latent.*\.$"):
        encode_latent(style)
