"""The Studio with a generator that ships: sliders that move, repeats that fit, recipes of another version."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.management import call_command

from ml.textiles.recipe import Recipe, mixed
from patterns.models import GeneratorVersion
from patterns.queries import published_version, shown_directions
from patterns.studio import services
from patterns.studio.addresses import Work

pytestmark = pytest.mark.django_db


@pytest.fixture
def floral() -> GeneratorVersion:
    call_command("sync_models", verbosity=0)
    return published_version("floral")


def test_every_slider_shown_moves_the_fabric(floral):
    still = services.draw_block(floral, Recipe(17), 64).astype(int)
    directions = list(shown_directions(floral))
    assert len(directions) >= 6
    for direction in directions:
        moved = services.draw_block(floral, Recipe(17).edited({direction.name: 2.0}), 64).astype(int)
        assert np.abs(moved - still).mean() > 1, direction


@pytest.mark.parametrize("repeat", ["straight", "half-drop", "half-brick", "mirror"])
def test_cloth_has_no_seam_in_any_repeat(floral, repeat):
    """Where blocks meet, neighbouring rows and columns differ no more than they do inside."""
    block = services.draw_block(floral, Recipe(17, repeat=repeat), 256).astype(int)
    for axis in (0, 1):
        inside = np.abs(np.diff(block, axis=axis)).mean(axis=(1 - axis, 2))
        seam = np.abs(np.take(block, 0, axis) - np.take(block, -1, axis)).mean()
        assert seam <= inside.max() + 1


def test_a_direction_of_another_version_is_refused_in_words(anonymous, floral):
    address = Work(floral, Recipe(17).edited({"sparkle": 1.0})).address
    response = anonymous.get(address)
    assert response.status_code == 400
    assert "no direction named sparkle" in response.content.decode()
    assert (
        anonymous.post(Work(floral, Recipe(1)).place("studio-save"), {"r": address.split("r=")[1]}).status_code == 400
    )


def test_an_ink_that_the_generator_does_not_have_is_refused_in_words(anonymous, floral):
    response = anonymous.get(Work(floral, Recipe(17).coloured({9: "#102030"})).address)
    assert response.status_code == 400
    assert "has 6 inks" in response.content.decode()


def test_a_mix_at_its_ends_is_its_parents(floral):
    first, second = Recipe(3), Recipe(4).edited({"measured-warmth": 1.0})
    for weights, parent in (((0, 0), first), ((1, 1), second)):
        child = services.encode_block(floral, mixed(first, second, *weights), 64)
        assert child == services.encode_block(floral, parent, 64)


def test_a_neighbour_is_nearer_than_a_stranger(floral):
    def picture(recipe: Recipe) -> np.ndarray:
        return services.draw_block(floral, recipe, 64).astype(int)

    still = picture(Recipe(17))
    near = [np.abs(picture(each) - still).mean() for each in services.neighbours(Recipe(17), 0.15, 0)]
    far = [np.abs(picture(Recipe(seed)) - still).mean() for seed in range(100, 106)]
    assert np.mean(near) < 0.8 * np.mean(far)
