"""When too many want something heavy at once: the next ones are told so at once, and everything light goes on."""

from __future__ import annotations

import threading

import pytest
from django.urls import get_resolver, reverse

from aifashion import doorkeeper
from patterns.slots import Busy
from tests.factories import look_query, make_stock, version_of
from tests.test_access import route_names
from tryon import views

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def one_place(settings):
    settings.HEAVY_REQUESTS, settings.HEAVY_WAIT_SECONDS = 1, 0.05
    doorkeeper.places.cache_clear()
    yield
    doorkeeper.places.cache_clear()


@pytest.fixture
def preview() -> str:
    version_of("plaid")
    return reverse("preview-stock", args=[make_stock().slug])


def test_the_next_one_is_told_when_to_come_back_and_the_page_comes_back_by_itself(anonymous, one_place, preview):
    assert doorkeeper.places().acquire(blocking=False)
    refused = anonymous.get(preview, look_query())
    assert (refused.status_code, refused["Retry-After"], refused["Refresh"]) == (503, "5", "5")
    assert "fitting rooms are taken" in refused.content.decode()
    for name in ("home", "clothes", "results", "categories"):
        assert anonymous.get(reverse(name)).status_code == 200
    doorkeeper.places().release()
    assert anonymous.get(preview, look_query()).status_code == 200


def test_what_was_posted_is_not_sent_again_by_itself(anonymous, one_place, preview):
    assert doorkeeper.places().acquire(blocking=False)
    refused = anonymous.post(preview.replace("preview.webp", "keep"), look_query())
    assert (refused.status_code, refused["Retry-After"], "Refresh" in refused) == (503, "5", False)


def test_a_place_is_given_back_whatever_happens(anonymous, one_place, preview, monkeypatch):
    for error in (Busy(3), ValueError("broken")):

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(views.services, "render_stock_preview", fail)
        assert anonymous.get(preview, look_query()).status_code in (500, 503)
    assert anonymous.get(preview.replace("preview.webp", "nothing"), look_query()).status_code == 404
    monkeypatch.undo()
    assert doorkeeper.places().acquire(blocking=False), "free again"


def test_twenty_at_once_never_exceed_the_places(settings, preview, monkeypatch):
    settings.HEAVY_REQUESTS, settings.HEAVY_WAIT_SECONDS = 3, 0.01
    doorkeeper.places.cache_clear()
    inside, most, lock = [0], [0], threading.Lock()
    barrier = threading.Event()

    def heavy(request):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        barrier.wait(5)
        with lock:
            inside[0] -= 1
        from django.http import HttpResponse

        return HttpResponse("done")

    keeper = doorkeeper.Doorkeeper(lambda request: keeper.process_view(request, None, (), {}) or heavy(request))
    told = []

    def come() -> None:
        from django.test import RequestFactory

        request = RequestFactory().get(preview)
        request.resolver_match = get_resolver().resolve(preview)
        told.append(keeper(request).status_code)

    people = [threading.Thread(target=come) for _ in range(20)]
    for each in people:
        each.start()
    while len(told) < 17:
        threading.Event().wait(0.01)
    barrier.set()
    for each in people:
        each.join()
    doorkeeper.places.cache_clear()
    assert sorted(told) == [200] * 3 + [503] * 17
    assert most[0] == 3


def test_every_heavy_route_is_a_route():
    ours = {name for name in doorkeeper.HEAVY if "api:" not in name}
    assert set(route_names()) >= ours
    programs = {f"api:{pattern.name}" for each in get_resolver().url_patterns for pattern in named(each)}
    assert programs >= {name.rpartition(" ")[2] for name in doorkeeper.HEAVY - ours}


def named(each) -> list:
    """What the API's own resolver holds."""
    if getattr(each, "app_name", None) == "ninja":
        return each.url_patterns
    return [found for inner in getattr(each, "url_patterns", []) for found in named(inner)]
