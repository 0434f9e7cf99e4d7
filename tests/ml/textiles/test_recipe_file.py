import json

import pytest

from ml.bundle import bundled_model
from ml.errors import RecipeError
from ml.textiles.recipe import Recipe, mixed
from ml.textiles.recipe_file import RecipeFile

RECIPE = mixed(Recipe(1), Recipe(2).coloured({0: "#123456"}), 0.3, 0.7)
FILE = RecipeFile("plaid", "1-5bb79095", RECIPE)


def test_a_recipe_file_reads_back():
    assert RecipeFile.from_json(FILE.to_json()) == FILE
    assert RecipeFile.from_json(FILE.to_json().encode()) == FILE


def test_the_bundled_version_is_known():
    version = bundled_model("textiles", "plaid").version
    RecipeFile("plaid", version, RECIPE).check_known()


@pytest.mark.parametrize("file", [RecipeFile("plaid", "0-other", RECIPE), RecipeFile("tartan", "1-5bb79095", RECIPE)])
def test_another_version_is_refused_by_name(file):
    with pytest.raises(RecipeError, match=f"version {file.generator} of the {file.category} generator"):
        file.check_known()


def test_the_versions_of_a_site_can_be_asked_for():
    FILE.check_known({"1-5bb79095", "2-abc"})
    with pytest.raises(RecipeError, match="not installed"):
        FILE.check_known({"2-abc"})


def changed(**values):
    return json.dumps({**json.loads(FILE.to_json()), **values})


@pytest.mark.parametrize(
    "text",
    [
        "",
        b"\xff\xfe",
        "[]",
        Recipe(1).to_json(),
        changed(kind="cake"),
        changed(format=2),
        changed(category=None),
        changed(category="../plaid"),
        changed(generator=""),
        changed(recipe=[]),
        changed(recipe={"seed": -1}),
        changed(more=1),
        FILE.to_json().replace('"category": "plaid",', ""),
    ],
)
def test_another_file_is_refused_with_a_sentence(text):
    with pytest.raises(RecipeError, match=r"^[A-Z].*\.$"):
        RecipeFile.from_json(text)
