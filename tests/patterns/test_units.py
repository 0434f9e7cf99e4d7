"""Lengths in centimetres for most, in inches for who reads in them; what a person chose stands in the address."""

from __future__ import annotations

import pytest
from django.urls import reverse

from patterns.units import said_in_inches
from tests.factories import look_query, make_photo, make_result, make_stock, version_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]

AMERICAN = {"Accept-Language": "en-US,en;q=0.9"}
LOOK = {"garment": "top", "fabric": "plaid:17", "category": "plaid", "from": 5}


@pytest.fixture
def address() -> str:
    version_of("plaid")
    return make_stock().get_absolute_url()


@pytest.mark.parametrize("asked", ["", "en", "en-GB,en-US;q=0.9", "de", "de-DE,en-US;q=0.5", "fr"])
def test_most_begin_in_centimetres(anonymous, address, asked):
    page = anonymous.get(address, follow=True, headers={"Accept-Language": asked})
    assert "cm=20&" in page.redirect_chain[-1][0]
    assert 'name="cm" value="20"' in page.content.decode()


def test_americans_begin_in_inches(anonymous, address):
    page = anonymous.get(address, follow=True, headers=AMERICAN)
    assert "inches=8&" in page.redirect_chain[-1][0]
    assert page.context["form"].look().placement.cm_per_tile == pytest.approx(20.32)
    assert "Pattern width in inches" in page.content.decode()


def test_who_reads_german_in_an_american_browser_reads_centimetres(anonymous, address):
    anonymous.post(reverse("set-language"), {"language": "de"}, headers=AMERICAN)
    assert "cm=20&" in anonymous.get(address, headers=AMERICAN)["Location"]


def test_what_the_address_says_counts_more(anonymous, address):
    page = anonymous.get(address, LOOK | {"cm": 30}, headers=AMERICAN)
    assert page.context["form"].look().placement.cm_per_tile == 30
    page = anonymous.get(address, LOOK | {"inches": 10})
    assert page.context["form"].look().placement.cm_per_tile == 25.4


@pytest.mark.parametrize(("given", "wanted"), [({"cm": 20}, "inches=7.9"), ({"inches": 7.9}, "cm=20.1")])
def test_one_changes_the_unit_and_the_width_stays(anonymous, address, given, wanted):
    (unit,) = given
    other = "inches" if unit == "cm" else "cm"
    assert f'name="do" value="{other}"' in anonymous.get(address, LOOK | given).content.decode()
    location = anonymous.get(address, LOOK | given | {"do": other})["Location"]
    assert wanted in location.split("&")
    assert f"{unit}=" not in location


def test_pieces_dressed_before_change_their_unit_with_the_page(anonymous, address):
    held = "top,25.4,0,0,0,straight,0.8,plaid:9"
    stock = make_stock("suit")
    stock.found = [*stock.found, {**stock.found[0], "name": "skirt"}]
    stock.save()
    query = LOOK | {"garment": "skirt", "inches": 5, "layer": held, "do": "edit-0"}
    location = anonymous.get(stock.get_absolute_url(), query)["Location"]
    assert "inches=10" in location.split("&")


@pytest.mark.parametrize(
    ("language", "width", "said"),
    [
        ("en-GB", {"cm": 20}, "Taking the top to be about 68 cm long, as is usual."),
        ("en-US", {"inches": 8}, "Taking the top to be about 27 inches long, as is usual."),
        ("en-US", {"cm": 20}, "Taking the top to be about 68 cm long, as is usual."),
        ("de", {"cm": 20}, "Angenommen, dies ist wie üblich etwa 68 cm lang: Oberteil."),
        ("de", {"inches": 8}, "Angenommen, dies ist wie üblich etwa 27 Zoll lang: Oberteil."),
    ],
)
def test_the_scale_is_told_in_the_unit_of_the_page(anonymous, address, language, width, said):
    page = anonymous.get(address, LOOK | width, headers={"Accept-Language": language})
    assert said in page.content.decode()


@pytest.mark.parametrize("length", ["168 cm tall", "ist 168 cm groß"])
def test_only_whole_centimetres_are_changed(length):
    assert said_in_inches(f"{length}, 0.5 cm2") == f"{length.replace('168 cm', '66 inches')}, 0.5 cm2"


@pytest.mark.parametrize("width", ["0.1", "79", "nan", "wide"])
def test_a_width_in_inches_has_its_limits(anonymous, address, width):
    page = anonymous.get(address, LOOK | {"inches": width})
    assert page.status_code == 400
    assert "inches" in page.context["form"].errors


def test_a_result_says_its_width_in_the_readers_unit(owner):
    result = make_result(owner.person, make_photo(owner.person))
    assert "20 cm, straight repeat" in owner.client.get(result.get_absolute_url()).content.decode()
    assert (
        "7.9 inches, straight repeat" in owner.client.get(result.get_absolute_url(), headers=AMERICAN).content.decode()
    )
    german = owner.client.get(result.get_absolute_url(), headers={"Accept-Language": "de"}).content.decode()
    assert "20 cm, Rapport: Gerade" in german


def test_a_result_is_changed_further_in_the_readers_unit(owner, address):
    query = look_query() | {"inches": "7.5"}
    query.pop("cm", None)
    kept = owner.client.post(reverse("keep-stock", args=["linen-shirt"]), query)["Location"]
    again = owner.client.get(kept, headers=AMERICAN).context["again"]
    assert "inches=7.5" in again.split("&")
    page = owner.client.get(again, headers=AMERICAN)
    assert 'name="inches" value="7.5"' in page.content.decode()
    assert page.context["form"].look().placement.cm_per_tile == 19.05, "exactly what was kept"
    assert "cm=19.05" in owner.client.get(kept).context["again"].split("&")


def test_the_studio_begins_in_the_readers_unit(anonymous):
    version_of("plaid")
    begin = reverse("studio-category", args=["plaid"])
    assert "unit=" not in anonymous.get(begin, {"seed": 17})["Location"]
    american = anonymous.get(begin, {"seed": 17}, headers=AMERICAN)["Location"]
    assert {"width=8", "unit=in"} <= set(american.partition("?")[2].split("&"))
    chosen = anonymous.get(begin, {"seed": 17, "width": "30", "unit": "cm"}, headers=AMERICAN)["Location"]
    assert "unit=" not in chosen
    assert "width=30" in chosen


def test_a_look_in_inches_is_kept_in_centimetres(owner, address):
    query = look_query() | {"inches": "10"}
    query.pop("cm", None)
    kept = owner.client.post(reverse("keep-stock", args=["linen-shirt"]), query)
    page = owner.client.get(kept["Location"])
    assert page.context["result"].placement["cm_per_tile"] == 25.4
