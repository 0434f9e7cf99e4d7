"""Bringing swatches: pictures, zips, folders; hostile ones too; each picture once, each failure with its reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import TestCase
from PIL import Image

from patterns.swatches import services
from patterns.swatches.curating import decide
from patterns.swatches.models import Delivery, Item, Refusal, Swatch
from patterns.uploads import UploadError
from tests.factories import encoded, make_category
from tests.patterns.swatches.builders import cloth, make_curator, make_swatch
from tests.tryon import hostile

pytestmark = pytest.mark.django_db


def picture(seed: int = 1, side: int = 400, kind: str = "PNG", **options) -> bytes:
    return encoded(cloth(seed, side), kind, **options)


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    buffer.seek(0)
    return buffer


def bring(files: dict[str, bytes] | io.BytesIO, category="plaid", name: str = "cloth.zip") -> Delivery:
    given = [(name, files)] if isinstance(files, io.BytesIO) else [(n, io.BytesIO(c)) for n, c in files.items()]
    chosen = make_category(category) if category else None
    delivery = services.receive(given, chosen, "A market", "CC0")
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.run_delivery(delivery)
    return delivery


def notes(delivery: Delivery, state: str = "failed") -> dict[str, str]:
    return dict(delivery.items.filter(state=state).values_list("name", "note"))


def test_many_pictures_become_swatches_with_their_source_and_licence(local_files):
    delivery = bring({"a.png": picture(1), "b.jpg": picture(2, kind="JPEG"), "c.webp": picture(3, kind="WEBP")})
    assert delivery.kind == "pictures"
    swatches = list(Swatch.objects.all())
    assert [(s.name, s.source, s.licence, s.state) for s in swatches] == [
        (name, "A market", "CC0", "new") for name in ("a.png", "b.jpg", "c.webp")
    ]
    with swatches[0].image.open() as image, swatches[0].thumbnail.open() as thumbnail:
        assert (Image.open(image).size, Image.open(thumbnail).size) == ((318, 318), (224, 224))
    names = [Path(name).name for s in swatches for name in (s.image.name, s.thumbnail.name)]
    assert len(set(names)) == 6
    assert not {"a.png", "a.jpg", "b.jpg", "c.webp", "c.jpg"} & set(names)
    assert default_storage.listdir("deliveries")[1] == []  # taken in: nothing more is in it


def test_the_same_picture_comes_once_and_a_rejected_one_does_not_come_back():
    bring({"a.png": picture(1)})
    again = bring({"again.png": picture(1), "new.png": picture(2)})
    first = Swatch.objects.get(name="a.png")
    assert notes(again, "known") == {"again.png": f"Already here as swatch {first.pk}."}
    decide(first.category, make_curator(), Swatch.objects.filter(pk=first.pk), Swatch.State.REJECTED)
    third = bring({"third.png": picture(1), "copy.jpg": picture(1, kind="JPEG", quality=60)})
    assert set(notes(third, "known").values()) == {
        f"Already here as swatch {first.pk} (rejected).",
        "A copy of one that was rejected.",
    }
    first.refresh_from_db()
    first.delete()
    fourth = bring({"fourth.png": picture(1), "copy 2.jpg": picture(1, kind="JPEG", quality=70)})
    assert set(notes(fourth, "known").values()) == {"A copy of one that was rejected."}
    assert Refusal.objects.count() == 1
    assert Swatch.objects.count() == 1
    bring({"elsewhere.png": picture(1)}, "floral")  # wrong for plaid may be right for another
    assert Swatch.objects.count() == 2


def test_doubtful_ones_come_in_with_their_flags():
    blurred = np.asarray(Image.fromarray(cloth(5, 400)).resize((12, 12)).resize((400, 400), Image.Resampling.BICUBIC))
    bring({"a.png": picture(1), "copy.jpg": picture(1, kind="JPEG", quality=60), "small.png": picture(2, side=150)})
    bring({"blurred.png": encoded(blurred), "plain.png": encoded(np.full((400, 400, 3), 120, np.uint8))})
    flags = {s.name: (s.like_id is not None, s.is_tiny, s.is_blurry, s.is_plain) for s in Swatch.objects.all()}
    assert flags == {
        "a.png": (False, False, False, False),
        "copy.jpg": (True, False, False, False),
        "small.png": (False, True, False, False),
        "blurred.png": (False, False, True, False),
        "plain.png": (False, False, False, True),
    }


def test_odd_names_come_in_and_lead_nowhere(local_files):
    names = [
        "../../evil.png",
        "/etc/passwd.png",
        "C:\\windows\\x.png",
        "nul\x01l.png",
        "Größe 布.png",
        "a" * 400 + ".png",
    ]
    delivery = bring(zipped({name: picture(seed) for seed, name in enumerate(names, 1)}))
    assert notes(delivery) == {}
    assert Swatch.objects.count() == len(names)
    assert all(path.parent.name in ("swatches", "deliveries") for path in local_files.rglob("*") if path.is_file())
    assert all(len(s.name) <= 300 and "\x01" not in s.name for s in Swatch.objects.all())


def test_what_is_no_picture_is_a_row_with_its_reason_and_litter_is_left_aside():
    wicked = {f"{name}.jpg": make() for name, (make, _) in hostile.REFUSED.items() if name != "16 MB"}
    inner = zipped({"x.png": picture()}).getvalue()
    litter = {"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "photos/Thumbs.db": b"x", "empty/": b""}
    delivery = bring(
        zipped({"good.png": picture(9), "inner.zip": inner, "large.png": b"\0" * 16_000_000, **wicked, **litter})
    )
    failed = notes(delivery)
    assert set(failed) == {"inner.zip", "large.png", *wicked}
    assert "zip inside a zip" in failed["inner.zip"]
    assert "15 MB" in failed["large.png"]
    assert all(note.endswith(".") for note in failed.values())
    assert [s.name for s in Swatch.objects.all()] == ["good.png"]


def test_a_locked_or_torn_or_strangely_packed_part_fails_alone():
    buffer = zipped({"locked.png": picture(1), "torn.png": picture(2), "fine.png": picture(3)}, zipfile.ZIP_STORED)
    content = bytearray(buffer.getvalue())
    for at in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[at] |= 1
    torn = content.index(b"torn.png") + 600
    content[torn : torn + 50] = b"\0" * 50
    failed = notes(bring(io.BytesIO(bytes(content))))
    assert set(failed) == {"locked.png", "torn.png"}
    assert "password" in failed["locked.png"]
    assert "damaged" in failed["torn.png"]
    assert "unusual" in notes(bring(zipped({"a.png": picture(4)}, zipfile.ZIP_LZMA)))["a.png"]


def test_a_bomb_in_a_zip_is_read_no_further_than_a_picture_may_be_long():
    bomb = zipped({"zeros.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 300_000_000})
    assert bomb.getbuffer().nbytes < 1_000_000
    assert "15 MB" in notes(bring(bomb))["zeros.png"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04" + b"nonsense" * 100, "cannot be read"),
        (zipped({"a.png": picture()}).getvalue()[:-30], "cannot be read"),
        (zipped({}).getvalue(), "no files"),
        (zipped({".hidden": b""}).getvalue(), "no files"),
        (zipped({f"{n}": b"" for n in range(20_001)}).getvalue(), "more than 20,000"),
    ],
)
def test_a_broken_zip_is_refused_at_once_and_leaves_nothing(content, sentence, local_files):
    with pytest.raises(UploadError, match=sentence):
        bring(io.BytesIO(content))
    assert not Delivery.objects.exists()
    assert not list(local_files.rglob("*.zip"))


def test_a_zip_comes_by_itself():
    with pytest.raises(UploadError, match="by itself"):
        bring({"a.zip": zipped({"a.png": picture()}).getvalue(), "b.png": picture()})
    with pytest.raises(UploadError, match="Choose"):
        bring({})


def test_folders_in_a_zip_name_the_categories_when_none_is_chosen():
    make_category("plaid")
    make_category("zigzag")
    files = {"plaid/a.png": picture(1), "Zig Zag/b.png": picture(2), "knitted/c.png": picture(3), "d.png": picture(4)}
    failed = notes(bring(zipped(files), category=None))
    assert {s.name: s.category.slug for s in Swatch.objects.all()} == {"a.png": "plaid", "b.png": "zigzag"}
    assert "no category “knitted”" in failed["knitted/c.png"]
    assert "no folder" in failed["d.png"]


def test_a_folder_comes_in_by_command_and_again_brings_nothing(tmp_path, capsys):
    make_category("plaid")
    folder = tmp_path / "cloth"
    folder.mkdir()
    for seed in range(3):
        (folder / f"{seed}.png").write_bytes(picture(seed))
    (folder / "notes.txt").write_text("not cloth")
    (folder / "link.png").symlink_to("/etc/passwd")
    for _ in range(2):
        call_command("import_swatches", folder, category="plaid", source="A market", licence="CC0")
    printed = capsys.readouterr()
    assert "3 pictures kept, 0 with nothing new, 1 failed" in printed.out
    assert "0 pictures kept, 3 with nothing new, 1 failed" in printed.out
    assert "notes.txt" in printed.err
    assert Swatch.objects.count() == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"category": "none"}, "no category"),
        ({"licence": " "}, "may not be empty"),
        ({"path": "nowhere"}, "cannot be read"),
    ],
)
def test_the_command_says_what_is_wrong(options, sentence, tmp_path):
    make_category("plaid")
    (tmp_path / "a.png").write_bytes(picture())
    given = {"path": tmp_path, "category": "plaid", "source": "A market", "licence": "CC0", **options}
    with pytest.raises(CommandError, match=sentence):
        call_command("import_swatches", given.pop("path"), **given)


def test_stopped_between_two_pictures_it_goes_on_and_nothing_comes_twice():
    files = [(f"{seed}.png", io.BytesIO(picture(seed))) for seed in range(5)]
    delivery = services.receive(files, make_category("plaid"), "A market", "CC0")

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.run_delivery(delivery, stop)
    assert Swatch.objects.count() == 2
    seen = []
    services.run_delivery(Delivery.objects.get(), lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (3, 5), (4, 5), (5, 5)]
    assert Swatch.objects.count() == 5
    assert set(Item.objects.values_list("state", flat=True)) == {"done"}


def test_two_workers_at_the_same_item_keep_it_once(local_files, monkeypatch):
    delivery = services.receive([("a.png", io.BytesIO(picture()))], make_category("plaid"), "A market", "CC0")
    read = services.ZipSource.read

    def read_and_be_overtaken(self, number, name):
        monkeypatch.setattr(services.ZipSource, "read", read)
        services.run_delivery(Delivery.objects.get())
        return read(self, number, name)

    monkeypatch.setattr(services.ZipSource, "read", read_and_be_overtaken)
    services.run_delivery(delivery)
    assert Swatch.objects.count() == 1
    assert len(default_storage.listdir("swatches")[1]) == 2


def test_deleting_a_swatch_deletes_its_files(local_files, django_capture_on_commit_callbacks):
    swatch = make_swatch()
    with django_capture_on_commit_callbacks(execute=True):
        swatch.delete()
    assert not [path for path in local_files.rglob("*") if path.is_file()]


def test_a_delivery_whose_file_is_gone_says_so():
    delivery = services.receive([("a.png", io.BytesIO(picture()))], make_category("plaid"), "A market", "CC0")
    default_storage.delete(delivery.file.name)
    with pytest.raises(UploadError, match="no longer there"):
        services.run_delivery(delivery)
