"""An index of addresses: read line by line, fetched, cut as it says, resumable; every failure with its reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np
import pytest

from patterns.swatches import services
from patterns.swatches.index import COLUMNS, looks_like_index, read_index
from patterns.swatches.models import Delivery, Item, Swatch
from patterns.swatches.queries import read_square
from patterns.uploads import UploadError
from tests.factories import encoded, make_category
from tests.patterns.swatches.builders import cloth
from tests.patterns.swatches.server import Pictures, answer, fetcher_for_tests, leading_to


def line(address: str, name: str = "zig zag", **more: object) -> dict[str, object]:
    usual = (name, address, 640, 480, 0, 0, 640, 480, "0.6625;1.325")
    return dict(zip(COLUMNS, usual, strict=True)) | more


def index(*lines: dict[str, object]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


@pytest.fixture
def pictures(monkeypatch) -> Iterator[Pictures]:
    monkeypatch.setattr(services, "fetcher", fetcher_for_tests(attempts=2))
    files = {f"/{seed}.png": encoded(cloth(seed, 640)[:480]) for seed in range(1, 7)}
    with Pictures(files).open() as server:
        yield server


def bring(content: bytes, category=None) -> Delivery:
    delivery = services.receive([("index.csv", io.BytesIO(content))], category, "An index", "Various")
    services.run_delivery(delivery)
    return delivery


@pytest.mark.django_db
def test_each_scale_of_a_line_becomes_a_swatch_of_its_class(pictures):
    make_category("zigzag")
    bring(index(line(f"{pictures.address}/1.png")))
    swatches = list(Swatch.objects.all())
    assert [(s.category.slug, s.view, s.address, s.width, s.height) for s in swatches] == [
        ("zigzag", view, f"{pictures.address}/1.png", 640, 480) for view in (0, 1)
    ]
    assert [round(s.enlarged, 3) for s in swatches] == [0.662, 1.325]
    whole, half = (read_square(s) for s in swatches)
    middle = cloth(1, 640)[:480][120:360, 200:440]
    shrunk = np.abs(half[::4, ::4].astype(int).mean((0, 1)) - middle.mean((0, 1)))
    assert shrunk.max() < 4
    assert (whole.shape, half.shape) == ((318, 318, 3), (318, 318, 3))


@pytest.mark.django_db
def test_crops_follow_a_picture_that_comes_in_another_size(pictures):
    make_category("zigzag")
    cut = {"Original Width": 1280, "Original Height": 960, "Crop Width": 1280, "Crop Height": 960, "Scales": "0.33125"}
    bring(index(line(f"{pictures.address}/1.png", **cut)))
    assert round(Swatch.objects.get().enlarged, 3) == 0.662
    other = bring(index(line(f"{pictures.address}/2.png", **{"Original Width": 480})))
    assert "no longer the one in the index: it is 640 x 480 px" in other.items.get().note


@pytest.mark.django_db
def test_every_failure_has_its_row_and_the_others_come(pictures):
    make_category("zigzag")
    pictures.files |= {"/page": b"<!doctype html>", "/inside": leading_to("http://10.0.0.1/"), "/bomb": bomb()}
    here = pictures.address
    broken = [
        line(f"{here}/none.png"),
        line(f"{here}/page"),
        line(f"{here}/inside"),
        line(f"{here}/bomb"),
        line("http://169.254.169.254/latest"),
        line("file:///etc/passwd"),
        line(f"{here}/1.png", "knitted"),
        line(f"{here}/1.png", Scales=""),
        line(f"{here}/1.png", Scales="1;nan"),
        line(f"{here}/1.png", Scales="0"),
        line(f"{here}/1.png", **{"Crop X": "-1"}),
        line(f"{here}/1.png", **{"Crop X": "640"}),
        line(f"{here}/1.png", **{"Crop Width": "wide"}),
    ]
    delivery = bring(index(*broken, line(f"{here}/2.png")))
    failed = dict(delivery.items.filter(state="failed").values_list("number", "note"))
    assert list(failed) == list(range(1, 14))
    expected = ("404", "not a photo", "public internet", "megapixels", "public internet", "http://", "“knitted”", "Scales",
                "between", "between", "Crop X", "outside", "Crop Width")  # fmt: skip
    for (number, note), words in zip(failed.items(), expected, strict=True):
        assert words in note, (number, note)
    assert Swatch.objects.count() == 2


def bomb() -> bytes:
    from tests.tryon.hostile import png_bomb

    return png_bomb()


@pytest.mark.django_db
def test_a_chosen_category_takes_only_its_lines(pictures):
    make_category("zigzag")
    make_category("floral")
    here = pictures.address
    delivery = bring(index(line(f"{here}/1.png"), line(f"{here}/2.png", "floral")), make_category("floral"))
    assert [item.number for item in delivery.items.all()] == [2]
    assert {s.category.slug for s in Swatch.objects.all()} == {"floral"}


@pytest.mark.django_db
def test_what_did_not_answer_is_asked_again_when_staff_ask_for_it(pictures):
    make_category("zigzag")
    pictures.files["/late.png"] = lambda handler: answer(handler, b"", 503)
    delivery = bring(index(line(f"{pictures.address}/late.png"), line(f"{pictures.address}/1.png", Scales="x")))
    assert "503" in delivery.items.get(number=1).note
    pictures.files["/late.png"] = pictures.files["/1.png"]
    assert services.try_failures_again(delivery) == 1
    services.run_delivery(delivery)
    assert list(delivery.items.values_list("state", flat=True)) == [Item.State.DONE, Item.State.FAILED]
    assert Swatch.objects.count() == 2


@pytest.mark.django_db
def test_an_index_brought_twice_is_fetched_but_nothing_comes_twice(pictures):
    make_category("zigzag")
    for _ in range(2):
        delivery = bring(index(line(f"{pictures.address}/1.png")))
    assert delivery.items.get().state == Item.State.KNOWN
    assert Swatch.objects.count() == 2


@pytest.mark.data
def test_the_real_index_is_read_to_its_last_line():
    from pathlib import Path

    path = Path(__file__).resolve().parents[4] / "shared" / "data" / "textile_urls_sample.csv"
    if not path.exists():
        pytest.skip("the data folder is not here")
    content = path.read_bytes()
    assert looks_like_index(content[:4096])
    lines = read_index(content)
    assert len(lines) == 2749
    assert [each for each in lines if each.error] == []
    assert sum(len(each.cut["scales"]) for each in lines) == 6421


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"URL,Class Name\n", "“Original Width” is missing"),
        (",".join(COLUMNS).encode(), "no lines"),
        (",".join(COLUMNS).encode("utf-16"), "UTF-8"),
        (",".join(COLUMNS).encode() + b'\n"' + b"x" * 200_000 + b'"', "cannot be read as CSV"),
        (b"x" * 9_000_000, "larger than 8 MB"),
    ],
)
def test_what_is_no_index_is_refused(content, sentence):
    with pytest.raises(UploadError, match=sentence):
        read_index(content)


def test_lines_of_another_length_are_errors_of_their_own():
    head = ",".join(COLUMNS) + "\n"
    short, long = "solid,http://a.example/x.png,1\n", "solid,http://a.example/x.png,9,9,0,0,9,9,1,extra\n"
    assert [each.error[:24] for each in read_index((head + short + long).encode())] == ["The line has not as many"] * 2
