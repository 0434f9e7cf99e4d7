"""A few hundred of the ten thousand wicked files of ``make fuzz``, through the site with stand-ins for the models."""

from __future__ import annotations

import io
import resource

import pytest

from tests.tryon.fuzz_uploads import MOST_MEMORY, metadata_kept
from tests.tryon.wicked import HONEST, MAKERS, MARK, Wicked, kinds, photo, wicked_file
from tryon.models import Photo

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("stand_in_models"),
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),  # as the site does: odd metadata is no news
]
SEED, COUNT, PARTS = 20, 240, 6


def send(client, file: Wicked):
    content = io.BytesIO(file.content)
    content.name, content.content_type = file.name, file.content_type
    return client.post("/photos/", {"photo": content})


def most_of_children() -> float:
    """Memory in MiB of the largest child so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@pytest.mark.parametrize("part", range(PARTS))
def test_wicked_files_are_taken_or_refused_with_a_sentence(anonymous, local_files, part):
    taken, before = 0, most_of_children()
    for number in range(part, COUNT, PARTS):
        file = wicked_file(SEED, number)
        answer = send(anonymous, file)
        assert answer.status_code in ({302} if file.is_photo else {302, 400}), (number, file.kind)
        if answer.status_code == 400:
            page = answer.content.decode()
            assert 'role="alert"' in page or (file.name == ".." and "That did not work" in page)
        taken += answer.status_code == 302
    assert Photo.objects.count() == taken > 0
    assert metadata_kept(local_files) == []
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert most_of_children() <= max(
        before, own, MOST_MEMORY
    )  # a child begins as large as this process, which other tests may have filled


def test_the_few_hundred_have_every_kind():
    assert kinds(SEED, COUNT).keys() >= MAKERS.keys() - {"large", "thread"}


@pytest.mark.parametrize("kind", ["thread", "large"])
def test_the_longest_and_the_largest_are_taken_or_refused(anonymous, local_files, kind):
    file = next(file for file in (wicked_file(1, number) for number in range(2000)) if file.kind == kind)
    answer = send(anonymous, file)
    assert answer.status_code in (302, 400)
    assert metadata_kept(local_files) == []


@pytest.mark.parametrize("kind", HONEST)
def test_every_honest_photo_carries_the_mark_that_is_searched_for(kind):
    assert MARK in photo(kind, 5)


def test_what_is_searched_for_would_be_found(tmp_path):
    (tmp_path / "kept.jpg").write_bytes(photo("JPEG", 0))
    assert len(metadata_kept(tmp_path)) == 2


def test_the_same_number_is_the_same_file():
    for number in range(30):
        assert wicked_file(3, number) == wicked_file(3, number)
    assert wicked_file(3, 1) != wicked_file(4, 1)
