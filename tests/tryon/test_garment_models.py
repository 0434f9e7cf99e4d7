"""Garment models: coming in as drafts, judged, published, taken back; which one finds clothes, and what it found stays."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from ml.bundle import bundled_model, register_model
from ml.checkpoints import save_checkpoint
from ml.errors import ModelFileError
from ml.garments.config import CHECKPOINT_KIND
from ml.garments.export import export_model
from ml.garments.segment import Calibration
from patterns.training.roles import CURATORS
from patterns.training.services import Refused
from tests.factories import StandInSegmenter, encoded, make_garment_version, make_staff, make_stock, photo_pixels
from tests.ml.garments.conftest import tiny_settings
from tryon import garment_models
from tryon.garment_gate import checks_of
from tryon.garment_models import add_bundle, publish, published_version, sync_bundled
from tryon.models import GarmentVersion, Photo

pytestmark = pytest.mark.django_db
State = GarmentVersion.State
GOOD = {"clothing_iou": 0.9, "mean_iou": 0.5, "wardrobe": {"garments": 9, "named": 9, "outline": 0.95}}


@pytest.fixture(autouse=True)
def own_models(settings: Any, tmp_path: Path) -> Any:
    settings.MODELS_ROOT, settings.GARMENT_MODEL = tmp_path / "models", ""
    yield
    garment_models._loaded.clear()


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders as ml.garments.export leaves them, each with a tiny random net of its own."""
    import torch

    from ml.garments.model import build_model

    torch.set_num_threads(1)
    roots = []
    for seed in (1, 2):
        root = tmp_path_factory.mktemp(f"bundle-{seed}")
        settings, checkpoint = tiny_settings(seed=seed), root / "model.safetensors"
        tensors = build_model(settings).state_dict()
        save_checkpoint(checkpoint, tensors, kind=CHECKPOINT_KIND, settings=settings.as_dict())
        files, version, _ = export_model(checkpoint, root, Calibration())
        register_model("garments", "street", version, files, {"clothing_iou": 0.9, "mean_iou": 0.5}, root)
        (root / "garments" / "CARD.md").write_text(f"# Card <{seed}>")
        roots.append(root)
    return roots


@pytest.fixture
def curator(anonymous: Any) -> Any:
    anonymous.force_login(make_staff("cora", CURATORS))
    return anonymous


def words(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def send_photo(client: Any) -> Photo:
    sent = SimpleUploadedFile("me.png", encoded(photo_pixels()), "image/png")
    assert client.post(reverse("upload-photo"), {"photo": sent}).status_code == 302
    return Photo.objects.latest("pk")


def mask_of(photo: Photo) -> bytes:
    with photo.labels.open() as file:
        return bytes(file.read())


# Coming in ------------------------------------------------------------------------------------------------------------


def test_a_bundle_comes_in_as_a_draft_with_its_figures_and_its_card(bundles, capsys, tmp_path):
    for _ in range(2):
        call_command("add_garment_model", bundles[0])
    version = GarmentVersion.objects.get()
    assert (version.state, version.scores["clothing_iou"], version.card) == (State.DRAFT, 0.9, "# Card <1>")
    kept = sorted(path.name for path in (tmp_path / "models" / "garments" / version.version).iterdir())
    assert kept == ["street.onnx", "street.safetensors"]
    told = capsys.readouterr().out
    assert f"{version} is there (draft)" in told
    assert f"/admin/tryon/garmentversion/{version.pk}/change/" in told


def test_a_bundle_that_was_altered_stays_out(bundles, tmp_path):
    import shutil

    for number, name in enumerate(("street.onnx", "street.safetensors")):
        altered = tmp_path / f"altered-{number}"
        shutil.copytree(bundles[0], altered)
        with (altered / "garments" / name).open("ab") as file:
            file.write(b"!")
        with pytest.raises(CommandError, match=name):
            call_command("add_garment_model", altered)
    with pytest.raises(CommandError, match="no garments model"):
        call_command("add_garment_model", tmp_path)
    manifest = json.loads((bundles[0] / "manifest.json").read_text())
    manifest["garments"]["street"]["files"]["weights"]["sha256"] = "0" * 64
    told_wrong = tmp_path / "told-wrong"
    shutil.copytree(bundles[0], told_wrong)
    (told_wrong / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="SHA-256 differs"):
        call_command("add_garment_model", told_wrong)
    manifest = json.loads((bundles[0] / "manifest.json").read_text())
    manifest["garments"]["street"]["version"] = "../outside"
    (altered / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="cannot be the name"):
        call_command("add_garment_model", altered)
    assert not GarmentVersion.objects.exists()
    assert not (tmp_path / "models").exists()


def test_a_new_one_and_the_published_one_look_at_our_own_garments(bundles, monkeypatch):
    monkeypatch.setattr(garment_models, "load", lambda files: StandInSegmenter())
    make_stock("ours", digest="known")
    make_stock("uploaded by staff, so only the net says where its clothes are")
    now = make_garment_version(state=State.PUBLISHED)
    fresh = add_bundle(bundles[0], "street")
    now.refresh_from_db()
    assert fresh.scores["wardrobe"] == now.scores["wardrobe"] == {"garments": 1, "named": 1, "outline": 1.0}


def test_the_model_of_the_project_is_there_from_the_start_and_gives_way_to_staff(monkeypatch):
    assert sync_bundled()
    assert not sync_bundled()
    first = published_version()
    assert first is not None
    assert first.came_along
    assert first.onnx_sha256 == bundled_model("garments", "street").files["onnx"][1]

    def ship_another(version: str) -> None:
        GarmentVersion.objects.filter(came_along=True).update(onnx_sha256=f"earlier-{version}", version=version)
        assert sync_bundled()

    ship_another("one")  # a release later, nobody chose another: the new one takes its place
    assert sorted(GarmentVersion.objects.values_list("version", "state")) == sorted(
        [("one", "retired"), (first.version, "published")]
    )
    GarmentVersion.objects.all().delete()
    own = make_garment_version(state=State.PUBLISHED)
    monkeypatch.setattr(garment_models, "files_of", lambda version: {"onnx": (Path(__file__), "")})
    assert sync_bundled()
    assert published_version() == own


def test_one_whose_files_are_gone_gives_way_too():
    make_garment_version(state=State.PUBLISHED)
    assert sync_bundled()
    now = published_version()
    assert now is not None
    assert now.came_along


# Which one finds clothes ----------------------------------------------------------------------------------------------


def test_what_is_published_finds_clothes_at_once_and_photos_keep_who_found_theirs(bundles, owner):
    first, second = (add_bundle(root, "street") for root in bundles)
    publish(first, "The first")
    early = send_photo(owner.client)
    before = mask_of(early)
    publish(second, "Better")
    late = send_photo(owner.client)
    assert (early.found_by, late.found_by) == (first, second)
    assert mask_of(late) != before  # another net, another answer
    early.refresh_from_db()
    assert (early.found_by, mask_of(early)) == (first, before)
    assert publish(first).startswith(f"Rolled back: published again in place of {second.version}")
    assert send_photo(owner.client).found_by == first


def test_the_setting_wins_over_what_is_published(settings, monkeypatch, curator):
    asked: list[str] = []
    known = {"onnx": (Path("none.onnx"), "0" * 64)}
    monkeypatch.setattr(
        "ml.garments.segment.garment_model", lambda name: asked.append(name) or SimpleNamespace(files=known)
    )
    make_garment_version(state=State.PUBLISHED)
    settings.GARMENT_MODEL = "ternaus"
    assert garment_models.files_of_now() == known
    assert asked == ["ternaus"]
    with pytest.raises(ModelFileError, match="missing"):
        garment_models.check_files()
    assert "names “ternaus”" in words(curator.get(reverse("admin:tryon_garmentversion_changelist")))


def test_without_a_row_the_bundled_model_finds_clothes():
    assert garment_models.files_of_now() == bundled_model("garments", "street").files
    garment_models.check_files()


def test_only_two_models_are_held_at_a_time(bundles, monkeypatch):
    loaded: list[Path] = []
    monkeypatch.setattr(
        "ml.garments.segment.GarmentSegmenter.load", lambda path, sha256: loaded.append(path) or StandInSegmenter()
    )
    for name in ("a", "b", "c", "c", "b", "a"):
        garment_models.load({"onnx": (Path(name), name)})
    assert [path.name for path in loaded] == ["a", "b", "c", "a"]


# Judging, publishing, rolling back ------------------------------------------------------------------------------------


def test_the_gate_asks_for_about_as_much_as_the_published_one_has():
    make_garment_version(state=State.PUBLISHED, scores=GOOD)
    good = make_garment_version(scores={**GOOD, "clothing_iou": 0.892})
    assert [check.passed for check in checks_of(good)] == [True] * 3
    worse = {"clothing_iou": 0.88, "mean_iou": 0.4, "wardrobe": {"garments": 9, "named": 8, "outline": 0.95}}
    assert [check.passed for check in checks_of(make_garment_version(scores=worse))] == [False] * 3
    assert [check.passed for check in checks_of(make_garment_version())] == [None] * 3
    assert checks_of(make_garment_version(came_along=True)) == []


def test_publishing_past_the_gate_takes_a_reason_that_is_logged(curator, bundles):
    version = add_bundle(bundles[0], "street")
    GarmentVersion.objects.filter(pk=version.pk).update(scores={})
    page = reverse("admin:tryon_garmentversion_publish", args=[version.pk])
    assert "it was not measured" in words(curator.get(page))
    assert "giving a reason" in words(curator.post(page, {"reason": "  "}))
    assert published_version() is None
    assert f"finds clothes with {version.version}" in words(
        curator.post(page, {"reason": "Only for the exhibition"}, follow=True)
    )
    assert published_version() == version
    assert "Reason: Only for the exhibition" in LogEntry.objects.get().change_message
    assert "published already" in words(curator.post(page))


def test_a_model_whose_file_was_altered_later_is_not_published(bundles, settings):
    version = add_bundle(bundles[0], "street")
    (settings.MODELS_ROOT / version.weights_name).write_bytes(b"torn")
    with pytest.raises(Refused, match="cannot be published"):
        publish(version, "I insist")
    assert published_version() is None


def test_a_page_shows_figures_card_and_what_it_sees(curator, bundles):
    make_stock("coat")
    version = add_bundle(bundles[0], "street")
    page = words(curator.get(reverse("admin:tryon_garmentversion_change", args=[version.pk])))
    for shown in ("90.0%", "# Card &lt;1&gt;", "Judge and publish"):
        assert shown in page
    assert "_save" not in page
    sees = reverse("admin:tryon_garmentversion_sees", args=[version.pk, "coat"])
    assert sees in words(curator.get(reverse("admin:tryon_garmentversion_publish", args=[version.pk])))
    assert curator.get(sees)["Content-Type"] == "image/webp"
    gone = make_garment_version()
    for address in (sees.replace("coat", "none"), sees.replace(f"/{version.pk}/", f"/{gone.pk}/")):
        assert curator.get(address).status_code == 404


def test_who_may_only_look_publishes_nothing(anonymous):
    from django.contrib.auth.models import Permission

    looker = User.objects.create_user("lou", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_garmentversion"))
    anonymous.force_login(looker)
    version = make_garment_version()
    assert "Judge and publish" not in words(
        anonymous.get(reverse("admin:tryon_garmentversion_change", args=[version.pk]))
    )
    assert anonymous.post(reverse("admin:tryon_garmentversion_publish", args=[version.pk])).status_code == 403


def test_a_name_that_is_taken_gets_an_ending(bundles):
    make_garment_version(version=bundled_model("garments", "street", bundles[0]).version)
    version = add_bundle(bundles[0], "street")
    assert version.version.endswith(version.onnx_sha256[:6])
