"""What every test stands on: empty folders for files, no leftovers in memory, an owner and a stranger."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.cache import cache, caches
from django.test import Client
from django.utils import translation
from django.utils.functional import empty

from patterns import services as patterns_services
from patterns import slots
from patterns.ownership import SESSION_KEY, Person
from patterns.studio import services as studio_services
from tests import factories
from tests.homes import home, s3_server, storage  # noqa: F401  (fixtures)
from tests.postgres import Postgres
from tryon import live as tryon_live
from tryon import masks as tryon_masks
from tryon import mend as tryon_mend
from tryon import services as tryon_services
from tryon.storage import catalogue_storage


@pytest.fixture(autouse=True)
def local_files(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Private and catalogue files in folders of this test's own."""
    storages = copy.deepcopy(settings.STORAGES)
    for alias, folder in (("default", "private"), ("catalogue", "catalogue")):
        storages[alias] = {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": str(tmp_path / folder),
                "base_url": "/catalogue/" if folder == "catalogue" else None,
            },
        }
    settings.STORAGES = storages
    catalogue_storage._wrapped = empty
    yield tmp_path
    catalogue_storage._wrapped = empty


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    """Tests ask more often than people do; those about limits set them again."""
    settings.RATE_LIMITS = False


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    yield
    translation.deactivate()  # the language of a test's last page
    caches["near"].clear()
    cache.clear()
    patterns_services._tiles.clear()
    patterns_services._files.clear()
    studio_services._blocks.clear()
    tryon_services._stock_previews.clear()
    for memory in (tryon_live.packs, tryon_mend.benches, tryon_masks.known_areas):
        memory.clear()
    patterns_services._generators.clear()
    slots.model_slots.cache_clear()
    studio_services.heavy_slots.cache_clear()


@pytest.fixture
def stand_in_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny stand-ins instead of the trained models; everything around them is real."""
    for room in (patterns_services, studio_services):
        monkeypatch.setattr(room, "generator_for", lambda version: factories.StandInGenerator())
    monkeypatch.setattr(tryon_services, "segmenter", lambda: factories.StandInSegmenter())


def visitor(client: Client) -> Person:
    """Give a browser a visitor id, as its first upload would."""
    person = factories.make_person()
    session = client.session
    session[SESSION_KEY] = str(person.visitor)
    session.save()
    return person


SECOND_STEP = "JBSWY3DPEHPK3PXP"


def give_second_step(user: AbstractBaseUser) -> None:
    """What staff need before their pages open, as if they had set it up."""
    if not Authenticator.objects.filter(user=user).exists():
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": SECOND_STEP})


def digits(secret: str = SECOND_STEP) -> str:
    """What an authenticator app that holds the secret shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


class SiteClient(Client):
    """Django's test client, that reads streamed files to their end, as a browser would, so that they are closed.

    Staff who are signed in with ``force_login`` have their second step.
    """

    def force_login(self, user: Any, backend: str | None = None) -> None:
        if user.is_staff:
            give_second_step(user)
        super().force_login(user, backend)

    def __init__(self, **defaults: Any) -> None:
        super().__init__(raise_request_exception=False, **defaults)

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if response.streaming:
            response.streaming_content = [b"".join(response.streaming_content)]
        return response


class Browser:
    """A person at a browser: ``client`` to walk with, ``person`` to make things for."""

    def __init__(self) -> None:
        self.client = SiteClient()
        self.person = visitor(self.client)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL that runs until the end; a test makes a database of its own in it."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def owner(db: None) -> Browser:
    return Browser()


@pytest.fixture
def stranger(db: None) -> Browser:
    return Browser()


@pytest.fixture
def anonymous(db: None) -> Client:
    return SiteClient()
