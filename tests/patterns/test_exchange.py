"""Categories out and in again: the same after a round trip, errors by row, a look before anything changes."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from patterns import exchange
from patterns.models import Category
from patterns.swatches.book import takes_plain
from tests.conftest import SiteClient
from tests.factories import make_category

pytestmark = pytest.mark.django_db
EXCHANGE = "/admin/patterns/category/exchange/"


@pytest.fixture
def staff(anonymous) -> SiteClient:
    anonymous.force_login(User.objects.create_superuser("boss"))
    return anonymous


def everything() -> list[dict[str, object]]:
    return exchange.every_category()


def show(staff, content: bytes | str):
    content = content.encode() if isinstance(content, str) else content
    return staff.post(EXCHANGE, {"file": SimpleUploadedFile("categories.csv", content)})


def carry_out(staff, response):
    return staff.post(EXCHANGE, {"text": response.context["text"]}, follow=True)


def does(response) -> list[str]:
    return [row.does for row in response.context["rows"]]


def errors(content: str) -> list[str]:
    return [" ".join(row.errors) for row in exchange.plan(exchange.read_rows(content.encode()))]


def furnish() -> None:
    make_category("plaid", order=10, blurb='Bands, "crossing"; über\nzwei Zeilen')
    make_category("solid", order=20, is_published=False)
    make_category("formula", name="=1+1", blurb="-cmd|'/C calc'!A0", order=30)
    make_category("quoted", name="'tis", blurb="'=x", order=40)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_went_out_comes_in_again_the_same(staff, kind):
    furnish()
    before = everything()
    out = staff.get(reverse("admin:patterns_category_export", args=[kind]))
    assert f'filename="categories.{kind}"' in out["Content-Disposition"]
    assert does(show(staff, out.content)) == ["same"] * 4
    Category.objects.all().delete()
    response = show(staff, out.content)
    assert does(response) == ["new"] * 4
    assert not Category.objects.exists()  # a look changes nothing
    assert "4 categories added or changed" in carry_out(staff, response).content.decode()
    assert everything() == before


def test_no_cell_is_a_formula():
    furnish()
    cells = [cell for row in csv.reader(io.StringIO(exchange.to_csv())) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_changes_are_shown_before_they_are_made_and_logged_after(staff):
    make_category("plaid", name="Plaid", order=10)
    make_category("floral", name="Floral")
    response = show(staff, "slug,name,order,takes_plain\nplaid,Tartan,7,false\nknit,Knitted,9,yes\n")
    page = response.content.decode()
    assert f'href="{EXCHANGE}"' in staff.get("/admin/patterns/category/").content.decode()
    assert does(response) == ["changed", "new"]
    assert "<del>Plaid</del> → <ins>Tartan</ins>" in page
    assert Category.objects.get(slug="plaid").name == "Plaid"
    carry_out(staff, response)
    assert Category.objects.get(slug="plaid").order == 7
    assert takes_plain(Category.objects.get(slug="knit"))
    assert Category.objects.get(slug="floral").name == "Floral"  # not named, not touched
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {"Imported: name, order.", "Imported."}


def test_every_row_with_an_error_says_so_and_nothing_is_imported(staff):
    rows = [
        "slug,name,order,is_published",
        "plaid,Plaid,1,true",
        ",No slug,1,true",
        "two words,Two,1,true",
        "long,{},1,true".format("x" * 61),
        "empty,,1,true",
        "order,Order,-1,true",
        "order2,Order,99999,true",
        "maybe,Maybe,1,perhaps",
        "plaid,Again,1,true",
        "short,Short",
        "wide,Wide,1,true,extra",
    ]
    response = show(staff, "\n".join(rows))
    page = response.content.decode()
    assert does(response) == ["new"] + ["error"] * 10
    for words in (
        "“slug”",
        "“name”",
        "“order” must be",
        "“is_published” must be true or false",
        "twice",
        "The row has 2 cells",
        "has 5 cells",
    ):
        assert words in page, words
    carry_out(staff, response)
    assert not Category.objects.exists()
    with pytest.raises(exchange.ExchangeError):
        exchange.carry_out(response.context["rows"])


def test_json_values_of_other_kinds_are_errors_of_their_row():
    rows = [{"slug": "a", "name": 7}, {"slug": "b", "name": "B", "order": 1.5}, {"slug": "c", "name": "C", "is_published": None},
            {"slug": ["d"], "name": "D"}, {"slug": "e", "name": "E\0"}, {"slug": "f", "name": "F", "colour": "red"}]  # fmt: skip
    found = errors(json.dumps(rows))
    for words, error in zip(
        ("must be text", "whole number", "true or false", "slug", "must be text", "no column “colour”"),
        found,
        strict=True,
    ):
        assert words in error, error


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"name,order\nx,1", "slug"),
        (b"slug,name\n", "no categories"),
        (b"{", "not valid JSON"),
        (b"[1]", "no list"),
        (b'{"a": 1}', "no list"),
        (b"[]", "no categories"),
        (b"[" * 100_000, "not valid JSON"),
        (b"x" * 300_000, "larger than"),
        (b"slug,name\n" + b"a,b\n" * 1001, "more than 1,000"),
    ],
)
def test_files_that_cannot_be_read_are_a_sentence(staff, content, sentence):
    response = show(staff, content)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_exchange_needs_the_permissions(anonymous):
    make_category()
    export = reverse("admin:patterns_category_export", args=["csv"])
    for address in (EXCHANGE, export):
        assert anonymous.get(address).status_code == 302
    helper = User.objects.create_user("helper", is_staff=True)
    anonymous.force_login(helper)
    for address in (EXCHANGE, export):
        assert anonymous.get(address).status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="view_category"))
    assert anonymous.get(export).status_code == 200
    assert anonymous.get("/admin/patterns/category/").content.decode().count("exchange/") == 0
    assert show(anonymous, "slug,name\na,A\n").status_code == 403
    assert anonymous.get(reverse("admin:patterns_category_export", args=["xml"])).status_code == 404
