"""The same promises in a bucket (moto's S3 server, spoken to over HTTP) as in local files."""

from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from django.test import TestCase
from django.urls import reverse

from patterns.swatches import services
from patterns.swatches.models import Swatch
from patterns.swatches.queries import write_accepted
from tests.factories import encoded, make_category
from tests.patterns.swatches.builders import cloth, make_curator

pytestmark = pytest.mark.django_db


def test_swatches_come_are_shown_read_by_training_and_go(storage, anonymous, tmp_path):
    files = [(f"{seed}.png", io.BytesIO(encoded(cloth(seed)))) for seed in range(3)]
    delivery = services.receive(files, make_category("plaid"), "A market", "CC0")
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert services.run_delivery(delivery) == {"done": 3, "known": 0, "failed": 0}
    assert len(default_storage.listdir("swatches")[1]) == 6
    assert default_storage.listdir("deliveries")[1] == []
    anonymous.force_login(make_curator())
    thumbnail = anonymous.get(reverse("admin:swatches_swatch_thumbnail", args=[Swatch.objects.first().pk]))
    assert thumbnail.status_code == (200 if storage == "local files" else 302)
    Swatch.objects.update(state=Swatch.State.ACCEPTED)
    gone = Swatch.objects.first()
    default_storage.delete(gone.image.name)
    assert len(write_accepted(make_category("plaid"), tmp_path)) == 2
    assert anonymous.get(reverse("admin:swatches_book", args=["plaid"])).status_code == 200
    with TestCase.captureOnCommitCallbacks(execute=True):
        Swatch.objects.all().delete()
    assert default_storage.listdir("swatches")[1] == []
