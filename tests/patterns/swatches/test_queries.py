"""What training reads: accepted swatches as plain files and arrays."""

from __future__ import annotations

import numpy as np
import pytest

from ml.images import read_picture
from ml.textiles.data import Swatches
from ml.textiles.swatch import TURNS
from patterns.swatches.models import Swatch
from patterns.swatches.queries import accepted_swatches, read_square, write_accepted
from tests.factories import make_category
from tests.patterns.swatches.builders import make_swatch

pytestmark = pytest.mark.django_db
State = Swatch.State


def test_accepted_swatches_are_written_as_training_reads_them(tmp_path):
    category = make_category("plaid")
    kept = [make_swatch(category, state=State.ACCEPTED) for _ in range(3)]
    make_swatch(category)
    make_swatch(category, state=State.REJECTED)
    make_swatch(make_category("floral"), state=State.ACCEPTED)
    assert list(accepted_swatches(category)) == kept
    paths = write_accepted(category, tmp_path)
    assert [path.name for path in paths] == [f"{swatch.pk:08d}.jpg" for swatch in kept]
    assert Swatches(tmp_path, ("plaid",), (96,)).count == 3


def test_the_twelve_turns_are_written_where_they_are_asked_for(tmp_path):
    make_swatch(make_category("plaid"), state=State.ACCEPTED)
    paths = write_accepted(make_category("plaid"), tmp_path, TURNS)
    assert len(paths) == 12
    assert all(read_picture(path).shape == (224, 224, 3) for path in paths)


def test_writing_again_goes_on_from_there_and_follows_what_staff_did(tmp_path):
    category = make_category("plaid")
    _, second = (make_swatch(category, state=State.ACCEPTED) for _ in range(2))
    paths = write_accepted(category, tmp_path)
    (tmp_path / "plaid" / "half.part").write_bytes(b"torn")
    written = paths[0].stat().st_mtime_ns
    Swatch.objects.filter(pk=second.pk).update(state=State.REJECTED)
    assert write_accepted(category, tmp_path) == [paths[0]]
    assert paths[0].stat().st_mtime_ns == written
    assert list((tmp_path / "plaid").iterdir()) == [paths[0]]


def test_a_swatch_whose_file_is_gone_is_left_out(tmp_path):
    category = make_category("plaid")
    gone, there = (make_swatch(category, state=State.ACCEPTED) for _ in range(2))
    gone.image.storage.delete(gone.image.name)
    assert [path.name for path in write_accepted(category, tmp_path)] == [f"{there.pk:08d}.jpg"]
    with pytest.raises(FileNotFoundError):
        read_square(gone)
    square = read_square(there)
    assert (square.shape, square.dtype) == ((318, 318, 3), np.uint8)
