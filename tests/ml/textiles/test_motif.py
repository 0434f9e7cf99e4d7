import dataclasses

import numpy as np
import pytest

from ml.errors import RecipeError
from ml.textiles.generate import FabricGenerator, load_generator
from ml.textiles.recipe import Recipe, mixed
from ml.textiles.waves import motif_of


@pytest.fixture(scope="module")
def plaid() -> FabricGenerator:
    return load_generator("plaid")


def difference(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize("motif", [1, 2, 4])
def test_a_motif_repeats_inside_the_tile_to_the_last_level(plaid, motif):
    tile = plaid.draw(Recipe(3, motif=motif), 256)
    step = 256 * motif // 8
    assert difference(tile, np.roll(tile, (step, step), (0, 1))) <= 1
    assert tile.std() > 1, "and it is not a plain colour"


def test_a_motif_of_the_whole_tile_draws_as_without_one(plaid):
    whole = FabricGenerator(plaid.settings, plaid._mapping, plaid._session)
    whole.settings = dataclasses.replace(plaid.settings, motifs=())
    assert np.array_equal(whole.draw(Recipe(3), 128), plaid.draw(Recipe(3, motif=8), 128))


def test_the_seed_chooses_among_the_motifs_that_fit(plaid):
    own = FabricGenerator(dataclasses.replace(plaid.settings, motifs=(1, 2, 3, 8)), plaid._mapping, plaid._session)
    chosen = [own.motif(Recipe(seed)) for seed in range(60)]
    assert set(chosen) == {1, 2, 8}, "three does not divide eight"
    assert chosen == [own.motif(Recipe(seed)) for seed in range(60)]
    assert {own.motif(Recipe(seed, cells=7)) for seed in range(20)} == {1}
    for seed in range(8):
        assert motif_of(own.latent(Recipe(seed))[1]) == chosen[seed]


def test_one_more_like_this_keeps_the_motif(plaid):
    assert motif_of(plaid.latent(Recipe(3, motif=2).nearby(9, 0.3))[1]) == 2


def test_a_mix_at_either_end_has_the_motif_of_that_parent(plaid):
    small, large = Recipe(3, motif=2), Recipe(4, motif=4)
    assert np.array_equal(plaid.draw(mixed(small, large, 0, 0), 128), plaid.draw(small, 128))
    assert np.array_equal(plaid.draw(mixed(small, large, 1, 1), 128), plaid.draw(large, 128))
    for weight, motif in ((0.01, 2), (0.5, 2), (0.51, 4), (0.99, 4)):
        assert motif_of(plaid.latent(mixed(small, large, weight, 0))[1]) == motif, (
            "the nearer parent's: no jump at the ends"
        )


@pytest.mark.parametrize("repeat", ["half-drop", "half-brick"])
@pytest.mark.parametrize("motif", [1, 2, 4])
def test_a_half_drop_goes_from_motif_to_motif(plaid, repeat, motif):
    block = plaid.draw_block(Recipe(3, motif=motif, repeat=repeat), 128)
    even = max(motif, 2) * 16  # px at 128 px for 8 cells
    across, down = (even, even // 2) if repeat == "half-drop" else (even // 2, even)
    assert difference(block, np.roll(block, (down, across), (0, 1))) <= 1


@pytest.mark.parametrize("motif", [-1, 3, 16, 2.0, True, "2"])
def test_a_motif_that_does_not_fit_is_refused_in_words(motif):
    with pytest.raises(RecipeError, match="motif"):
        Recipe(1, motif=motif)


def test_the_motif_travels_in_the_recipe():
    assert Recipe.from_json(Recipe(1, motif=2).to_json()) == Recipe(1, motif=2)
    assert '"format": 1' in Recipe(1).to_json()
