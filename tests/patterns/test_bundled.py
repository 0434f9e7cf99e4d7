"""The generators that ship, through the site's own services."""

from __future__ import annotations

import dataclasses
import io
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from ml.bundle import BUNDLED, bundled_models
from ml.encode import Mark, encode_png
from ml.errors import ModelFileError
from ml.textiles.recipe import Recipe
from patterns import services
from patterns.catalogue import CATALOGUE
from patterns.management.commands import sync_models
from patterns.models import Category, Direction, GeneratorVersion
from patterns.queries import offered_categories, published_version

pytestmark = pytest.mark.django_db
State = GeneratorVersion.State


def sync() -> str:
    told = io.StringIO()
    call_command("sync_models", stdout=told)
    return told.getvalue()


def test_a_fresh_site_offers_the_twelve_in_order():
    assert "12 categories" in sync()
    assert [category.slug for category in offered_categories()] == [entry.slug for entry in CATALOGUE]


def test_syncing_again_changes_nothing():
    sync()
    assert sync() == "0 categories, 0 generator versions and 0 directions added.\n"


def test_a_version_brings_its_directions_and_staff_keep_their_names():
    told = sync()
    version = published_version("plaid")
    found = services.generator_for(version).directions
    assert len(found) >= 6
    assert f" {Direction.objects.count()} directions" in told
    assert list(version.directions.values_list("name", flat=True)) == list(found)
    version.directions.filter(name=next(iter(found))).update(label="Morning light", order=900, is_shown=False)
    sync()
    kept = version.directions.last()
    assert (kept.label, kept.order, kept.is_shown) == ("Morning light", 900, False)


def test_a_version_made_before_directions_were_found_gets_them():
    sync()
    version = published_version("plaid")
    version.directions.all().delete()
    GeneratorVersion.objects.filter(pk=version.pk).update(directions_name="", directions_sha256="")
    assert sync().startswith("0 categories, 0 generator versions and ")
    version.refresh_from_db()
    assert version.directions.count() == len(services.generator_for(version).directions)


def test_a_version_made_before_its_encoder_was_trained_gets_it():
    sync()
    version = published_version("plaid")
    assert version.encoder_name == f"textiles/plaid-{version.version}-encoder.onnx"
    GeneratorVersion.objects.filter(pk=version.pk).update(encoder_name="", encoder_sha256="")
    assert sync() == "0 categories, 0 generator versions and 0 directions added.\n"
    version.refresh_from_db()
    assert version.encoder_name
    assert services.load_generator(version).encoder is not None


def test_an_encoder_that_is_not_the_published_one_is_refused():
    sync()
    version = published_version("plaid")
    version.encoder_sha256 = "0" * 64
    with pytest.raises(ModelFileError, match="SHA-256"):
        services.load_generator(version)
    assert not sync_models.is_installed(version)


def test_what_staff_changed_stays():
    sync()
    Category.objects.filter(slug="plaid").update(name="Tartan", order=1, is_published=False)
    retired = published_version("floral")
    services.retire_version(retired)
    sync()
    plaid = Category.objects.get(slug="plaid")
    assert (plaid.name, plaid.order, plaid.is_published) == ("Tartan", 1, False)
    retired.refresh_from_db()
    assert retired.state == State.RETIRED


def test_a_newer_bundle_replaces_a_version_whose_files_are_gone_and_only_that():
    sync()
    published = GeneratorVersion.objects.filter(state=State.PUBLISHED)
    published.filter(category__slug="plaid").update(version="0-older", onnx_sha256="0" * 64)
    published.filter(category__slug="floral").update(version="0-staffs-own")
    sync()
    assert published_version("plaid").version == bundled_models("textiles")["plaid"].version
    assert Category.objects.get(slug="plaid").versions.get(version="0-older").state == State.RETIRED
    assert published_version("floral").version == "0-staffs-own"


def test_each_generator_draws_the_same_bytes_in_this_process_and_in_another():
    sync()
    drawn = services.draw_fabric(published_version("plaid"), Recipe(17), 128)
    other = (
        "import hashlib; from ml.textiles.generate import load_generator; from ml.textiles.recipe import Recipe;"
        "print(hashlib.sha256(load_generator('plaid').draw(Recipe(17), 128).tobytes()).hexdigest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", other], capture_output=True, text=True, check=True, cwd=BUNDLED.parents[1]
    )
    import hashlib

    tile = services.draw_tile(published_version("plaid"), Recipe(17), 128)
    assert hashlib.sha256(tile.tobytes()).hexdigest() == told.stdout.strip()
    assert encode_png(tile, Mark.GENERATED) == drawn


def test_a_generator_is_loaded_once_for_many_people(monkeypatch):
    sync()
    version, loaded, real = published_version("plaid"), [], services.load_generator
    monkeypatch.setattr(services, "load_generator", lambda each: loaded.append(each) or real(each))
    tiles: list[np.ndarray] = []
    people = [
        threading.Thread(target=lambda seed=seed: tiles.append(services.draw_tile(version, Recipe(seed), 64)))
        for seed in range(6)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(tiles) == 6
    assert len(loaded) == 1


def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path, monkeypatch):
    sync()
    version = published_version("plaid")
    monkeypatch.setattr("ml.bundle.BUNDLED", tmp_path)
    with pytest.raises(ModelFileError, match="missing"):
        services.generator_for(version)
    for name in (version.weights_name, version.onnx_name, version.directions_name, version.encoder_name):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BUNDLED / name, target)
    (tmp_path / version.onnx_name).write_bytes(b"something else")
    with pytest.raises(ModelFileError, match="SHA-256"):
        services.generator_for(version)


def test_readiness_names_missing_model_files():
    with pytest.raises(ModelFileError, match="no version"):
        services.check_models()
    sync()
    services.check_models()
    GeneratorVersion.objects.filter(category__slug="plaid").update(onnx_name="textiles/gone.onnx")
    with pytest.raises(ModelFileError, match=r"gone\.onnx"):
        services.check_models()


def test_publishing_retires_the_version_before_and_only_one_can_be_published():
    sync()
    old = published_version("plaid")
    new = GeneratorVersion.objects.create(
        category=old.category,
        version="2",
        weights_name="w",
        weights_sha256="1" * 64,
        onnx_name="o",
        onnx_sha256="1" * 64,
    )
    services.publish_version(new)
    assert published_version("plaid") == new
    old.refresh_from_db()
    assert old.state == State.RETIRED
    services.publish_version(old)
    assert published_version("plaid") == old


def test_a_better_bundle_is_published_and_the_one_before_stays_for_its_fabrics(monkeypatch):
    """As for a site that is updated: its published version came with the bundle, then a newer one ships beside it."""
    sync()
    before = published_version("plaid")
    shipped = bundled_models("textiles")
    newer = dataclasses.replace(shipped["plaid"], version="9-abcdef01", files=shipped["floral"].files)
    monkeypatch.setattr(sync_models, "bundled_models", lambda family: shipped | {"plaid": newer})
    monkeypatch.setattr(sync_models, "earlier_models", lambda family: [shipped["plaid"]])
    sync()
    assert published_version("plaid").version == "9-abcdef01"
    before.refresh_from_db()
    assert before.state == State.RETIRED
    assert services.generator_for(before).draw(Recipe(1), 64).shape == (64, 64, 3)


def test_a_version_of_the_staff_is_not_replaced_by_a_newer_bundle(monkeypatch):
    sync()
    shipped = bundled_models("textiles")
    own = published_version("plaid")
    GeneratorVersion.objects.filter(pk=own.pk).update(version="our-own")
    newer = dataclasses.replace(shipped["plaid"], version="9-abcdef01")
    monkeypatch.setattr(sync_models, "bundled_models", lambda family: shipped | {"plaid": newer})
    sync()
    assert published_version("plaid").version == "our-own"
    assert GeneratorVersion.objects.get(version="9-abcdef01").state == State.DRAFT


def test_a_fresh_site_has_the_earlier_versions_too_retired(monkeypatch):
    shipped = bundled_models("textiles")
    older = dataclasses.replace(shipped["plaid"], version="0-00000000")
    monkeypatch.setattr(sync_models, "earlier_models", lambda family: [older])
    sync()
    assert GeneratorVersion.objects.get(version="0-00000000").state == State.RETIRED
