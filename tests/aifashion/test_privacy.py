"""What the page on retention promises, held against the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from tryon.models import PHOTO_HOURS

ROOT = Path(__file__).resolve().parents[2]
# The usual ways to find or recognise a face: libraries, OpenCV's detectors, names of models.
FACES = re.compile(
    r"CascadeClassifier|haarcascade|FaceDetector|FaceRecogni[sz]er|face_?recognition|mediapipe|\bdlib\b|insightface|"
    r"retinaface|mtcnn|blazeface|deepface|facenet|yunet",
    re.IGNORECASE,
)
# What learns: none of it may know where people's photos and results are.
LEARNERS = ("ml", "patterns/training", "patterns/swatches", "wardrobe")
PEOPLES = re.compile(
    r"^\s*(from|import) (tryon|aifashion)\b|storages?\[|default_storage.*(photos|results)|[\"'](photos|results)/"
)


def code(*folders: str) -> list[Path]:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    names = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name.endswith((".py", ".js", ".txt", ".toml")) and (ROOT / name).is_file()]


@pytest.fixture
def page(client: Client) -> str:
    return " ".join(client.get("/privacy/").content.decode().split())


def test_the_page_gives_the_figures_that_the_code_goes_by(page, settings):
    assert f"{PHOTO_HOURS} hours after you last used it" in page
    assert PHOTO_HOURS == 24
    assert settings.SESSION_COOKIE_AGE == 365 * 24 * 3600, "the page says a year"
    assert settings.DOWNLOAD_LINK_SECONDS <= 300


def test_the_page_needs_neither_cookie_nor_account(client):
    answer = client.get("/privacy/")
    assert answer.status_code == 200
    assert not answer.cookies


def test_nothing_here_looks_for_faces():
    files = [path for path in code() if path != Path(__file__)]
    assert len(files) > 200
    offenders = [str(path.relative_to(ROOT)) for path in files if FACES.search(path.read_text(errors="replace"))]
    assert offenders == []


def test_what_learns_does_not_know_of_peoples_photos():
    files = code(*LEARNERS)
    assert len(files) > 50
    offenders = []
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if path.suffix == ".py" and PEOPLES.search(line):
                offenders.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert offenders == []


@pytest.mark.django_db
def test_the_promise_stands_beside_the_upload(client):
    page = " ".join(client.get("/clothes/").content.decode().split())
    form = page[
        page.index('<form class="upload-form"') : page.index("</form>", page.index('<form class="upload-form"'))
    ]
    for words in ("not for faces", "nothing is ever trained with it", "24 hours after you last used it", "/privacy/"):
        assert words in form
