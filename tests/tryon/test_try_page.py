"""The try-on page: its state is its address, and a bad address gets a kind answer."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.urls import reverse

from ml.compositing.placement import CM_PER_TILE, OFFSET, REPEATS, ROTATION
from ml.textiles import recipe as recipes
from patterns import services as patterns_services
from tests.factories import look_query, make_category, make_stock, make_version, version_of
from tryon import forms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def stock():
    version_of("plaid")
    return make_stock()


def try_address(stock) -> str:
    return reverse("try-stock", args=[stock.slug])


def test_a_short_address_becomes_one_that_names_all_it_shows(anonymous, stock):
    address = anonymous.get(try_address(stock))["Location"]
    query = QueryDict(address.partition("?")[2])
    assert query["garment"] == "top"
    assert query["fabric"] == f"plaid:{query['from']}"
    first, second = (anonymous.get(address).context for _ in range(2))
    assert first["swatches"] == second["swatches"]
    assert first["preview"] == second["preview"]


def test_the_page_shows_eight_fabrics_and_more_shows_eight_others(anonymous, stock):
    page = anonymous.get(try_address(stock), look_query())
    assert [swatch.value for swatch in page.context["swatches"]] == [f"plaid:{seed}" for seed in range(17, 25)]
    assert page.context["next"] == 25
    query = QueryDict(mutable=True)
    query.update({key: str(value) for key, value in look_query().items()})
    query.appendlist("from", "25")  # as a browser sends it: the hidden field, then the button
    more = anonymous.get(f"{try_address(stock)}?{query.urlencode()}")
    values = [swatch.value for swatch in more.context["swatches"]]
    assert values == ["plaid:17", *(f"plaid:{seed}" for seed in range(25, 33))], "the chosen one stays, eight are new"


def test_another_category_keeps_the_fabric_that_is_on(anonymous, stock):
    make_version(make_category("floral"))
    page = anonymous.get(try_address(stock), look_query(category="floral"))
    assert page.context["category"].slug == "floral"
    assert page.context["swatches"][0].value == "plaid:17"
    assert page.context["swatches"][0].is_chosen
    assert "fabric=plaid%3A17" in page.context["preview"]


def test_the_page_says_how_the_scale_is_known(anonymous, stock):
    page = anonymous.get(try_address(stock), look_query())
    assert page.context["scale"].endswith(".")
    assert page.context["scale"] in page.content.decode()


@pytest.mark.parametrize(
    "bad",
    [
        {"cm": "0"},
        {"cm": "1e9"},
        {"cm": "nan"},
        {"cm": "inf"},
        {"cm": "wide"},
        {"rotation": "181"},
        {"dx": "-1.01"},
        {"dy": "NaN"},
        {"repeat": "diagonal"},
        {"garment": "hat"},
        {"garment": "top' OR 1=1"},
        {"fabric": "plaid"},
        {"fabric": "plaid:-1"},
        {"fabric": "plaid:99999999999"},
        {"fabric": "tweed:1"},
        {"fabric": "plaid:1\x00"},
        {"fabric": "plaid:١"},
        {"category": "no such thing"},
        {"from": "-5"},
        {"from": "99999999999"},
        {"from": "9" * 5000},
        {"from": "\x00"},
    ],
    ids=lambda bad: "{}={:.20}".format(*next(iter(bad.items()))).replace("\0", "NUL"),
)
def test_a_bad_value_is_refused_kindly_everywhere(anonymous, stock, bad):
    query = look_query(**bad)
    page = anonymous.get(try_address(stock), query)
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()
    preview, keep = (reverse(f"{name}-stock", args=[stock.slug]) for name in ("preview", "keep"))
    assert anonymous.get(preview, query).status_code == 400
    assert anonymous.post(keep, query).status_code == 400


def test_an_unknown_category_page_is_shown_from_the_first(anonymous, stock):
    assert anonymous.get(try_address(stock), look_query(category="tweed")).context["category"].slug == "plaid"


def test_a_fabric_withdrawn_meanwhile_is_said_so(anonymous, stock):
    category = make_category("floral")
    make_version(category)
    category.is_published = False
    category.save()
    page = anonymous.get(try_address(stock), look_query("floral"))
    assert page.status_code == 400
    assert "not offered any more" in page.content.decode()


def test_without_any_generator_the_page_says_so(anonymous):
    response = anonymous.get(try_address(make_stock()))
    assert response.status_code == 503
    assert "Retry-After" in response


def test_the_same_address_gives_the_same_preview(anonymous, stock):
    address = reverse("preview-stock", args=[stock.slug])
    assert anonymous.get(address, look_query()).content == anonymous.get(address, look_query()).content
    assert anonymous.get(address, look_query()).content != anonymous.get(address, look_query(seed=18)).content


def test_limits_in_forms_are_those_of_the_models():
    form = forms.TryOnForm.base_fields
    assert (form["cm"].min_value, form["cm"].max_value) == CM_PER_TILE
    assert (form["rotation"].min_value, form["rotation"].max_value) == ROTATION
    assert (form["dx"].min_value, form["dx"].max_value) == OFFSET
    assert tuple(value for value, _ in forms.REPEATS) == REPEATS
    assert patterns_services.LARGEST_SEED == recipes.LARGEST_SEED
