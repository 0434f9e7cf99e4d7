"""The curators' pages: who may open them, what they do, and that ten thousand swatches do not slow them."""

from __future__ import annotations

import io
import json

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from patterns.jobs.engine import work_once
from patterns.jobs.models import Job
from patterns.swatches import curating, services
from patterns.swatches.book import fresh_book
from patterns.swatches.enough import Tally, judge
from patterns.swatches.models import Delivery, Item, Step, Swatch, SwatchBook
from tests.conftest import SiteClient
from tests.factories import encoded, make_category
from tests.patterns.swatches.builders import cloth, make_curator, make_swatch

pytestmark = pytest.mark.django_db
State = Swatch.State
MANY = 10_000


@pytest.fixture
def curator(anonymous) -> SiteClient:
    anonymous.force_login(make_curator())
    return anonymous


def curate(slug: str = "plaid", **query: object) -> str:
    address = reverse("admin:swatches_curate", args=[slug])
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else address


def state_of(swatch: Swatch) -> str:
    swatch.refresh_from_db()
    return swatch.state


def shown(response) -> list[int]:
    return [swatch.pk for swatch, _ in response.context["cards"]]


def every_address() -> dict[str, str]:
    swatch = make_swatch(make_category("plaid"), state=State.ACCEPTED)
    delivery = services.receive([("a.png", io.BytesIO(encoded(cloth(1))))], make_category("plaid"), "A market", "CC0")
    return {
        "curate": curate(),
        "thumbnail": reverse("admin:swatches_swatch_thumbnail", args=[swatch.pk]),
        "image": reverse("admin:swatches_swatch_image", args=[swatch.pk]),
        "turned": reverse("admin:swatches_swatch_turned", args=[swatch.pk, 30]),
        "bring": reverse("admin:swatches_delivery_add"),
        "delivery": reverse("admin:swatches_delivery_change", args=[delivery.pk]),
        "report": reverse("admin:swatches_delivery_report", args=[delivery.pk]),
        "overview": reverse("admin:swatches_swatchbook_changelist"),
        "book": reverse("admin:swatches_book", args=["plaid"]),
        "sheet": reverse("admin:swatches_sheet", args=["plaid"]),
        "swatches": reverse("admin:swatches_swatch_changelist"),
        "swatch": reverse("admin:swatches_swatch_change", args=[swatch.pk]),
        "deliveries": reverse("admin:swatches_delivery_changelist"),
    }


def test_every_page_is_for_staff_with_the_permission(anonymous, owner):
    addresses = every_address()
    helper = SiteClient()
    helper.force_login(User.objects.create_user("helper", is_staff=True))
    for name, address in addresses.items():
        assert anonymous.get(address).status_code == 302, name
        assert anonymous.post(address, {"accept": 1}).status_code == 302, name
        assert owner.client.get(address).status_code == 302, name
        assert helper.get(address).status_code == 403, name
        assert helper.post(address, {"accept": 1}).status_code in (403, 405), name
    assert not Step.objects.exists()
    curator = SiteClient()
    curator.force_login(make_curator())
    for name, address in addresses.items():
        assert curator.get(address).status_code == 200, name


def test_who_may_only_look_changes_nothing(anonymous):
    swatch = make_swatch()
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(
        *Permission.objects.filter(codename__startswith="view_", content_type__app_label="swatches")
    )
    anonymous.force_login(looker)
    assert anonymous.get(reverse("admin:swatches_book", args=["plaid"])).status_code == 200
    assert anonymous.post(reverse("admin:swatches_book", args=["plaid"])).status_code == 403
    assert anonymous.post(curate(), {"accept": swatch.pk}).status_code == 403
    assert anonymous.get(reverse("admin:swatches_delivery_add")).status_code == 403
    assert state_of(swatch) == "new"


def test_forms_need_their_token():
    strict = SiteClient(enforce_csrf_checks=True)
    strict.force_login(make_curator())
    swatch = make_swatch()
    assert strict.post(curate(), {"accept": swatch.pk}).status_code == 403
    assert strict.post(reverse("admin:swatches_delivery_add"), {"source": "x"}).status_code == 403


def test_one_swatch_is_accepted_and_rejected_and_it_is_logged(curator):
    swatch = make_swatch()
    response = curator.post(curate(), {"accept": swatch.pk}, follow=True)
    assert f"Accepted swatch {swatch.pk}." in response.content.decode()
    assert state_of(swatch) == "accepted"
    curator.post(curate(), {"reject": swatch.pk})
    assert state_of(swatch) == "rejected"
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "Accepted 1 swatch.",
        "Rejected 1 swatch.",
    ]


def test_the_script_is_told_in_json(curator):
    swatch, _ = make_swatch(), make_swatch()
    told = json.loads(curator.post(curate(), {"accept": swatch.pk}, headers={"Accept": "application/json"}).content)
    assert told["said"] == f"Accepted swatch {swatch.pk}."
    assert told["counts"] == {"new": 1, "accepted": 1, "rejected": 0, "total": 2}
    assert told["undo"] == "Undo: accepted 1 swatch"
    assert told["verdict"]["level"] == "none"
    gone = curator.post(curate(), {"accept": 10**9}, headers={"Accept": "application/json"})
    assert (gone.status_code, json.loads(gone.content)["said"]) == (400, "This swatch is no longer here.")


def test_picked_ones_are_decided_together_and_undo_takes_it_back_step_by_step(curator):
    first, second, third = (make_swatch() for _ in range(3))
    curator.post(curate(), {"do": "accept", "pick": [first.pk, second.pk]})
    curator.post(curate(), {"do": "reject", "pick": [second.pk, third.pk]})
    assert [state_of(each) for each in (first, second, third)] == ["accepted", "rejected", "rejected"]
    assert "Undo: rejected 2 swatches" in curator.get(curate()).content.decode()
    curator.post(curate(), {"undo": 1})
    assert [state_of(each) for each in (first, second, third)] == ["accepted", "accepted", "new"]
    curator.post(curate(), {"undo": 1})
    assert {state_of(each) for each in (first, second, third)} == {"new"}
    assert "nothing to take back" in curator.post(curate(), {"undo": 1}, follow=True).content.decode()


def test_undo_leaves_alone_what_somebody_else_decided_since(curator):
    first, second = make_swatch(), make_swatch()
    curator.post(curate(), {"do": "accept", "pick": [first.pk, second.pk]})
    curating.decide(first.category, make_curator("other"), Swatch.objects.filter(pk=first.pk), State.REJECTED)
    curator.post(curate(), {"undo": 1})
    assert [state_of(first), state_of(second)] == ["rejected", "new"]


def test_undo_leaves_alone_what_was_moved_and_accepted_elsewhere(curator):
    swatch = make_swatch()
    curator.post(curate(), {"accept": swatch.pk})
    curating.move(Swatch.objects.filter(pk=swatch.pk), make_curator("other"), make_category("floral"))
    curating.decide(make_category("floral"), make_curator("other"), Swatch.objects.all(), State.ACCEPTED)
    curator.post(curate(), {"undo": 1})
    assert state_of(swatch) == "accepted"


def test_everything_that_matches_is_decided_and_nothing_else(curator):
    blurry = [make_swatch(is_blurry=True) for _ in range(3)]
    fine, elsewhere = make_swatch(), make_swatch(make_category("floral"), is_blurry=True)
    curator.post(curate(flag="blurry"), {"do": "reject", "everything": 1})
    assert {state_of(each) for each in blurry} == {"rejected"}
    assert [state_of(fine), state_of(elsewhere)] == ["new", "new"]


def test_swatches_move_to_another_category_except_where_they_are_already(curator):
    target = make_category("floral")
    one, two = make_swatch(seed=1, state=State.ACCEPTED), make_swatch(seed=2)
    make_swatch(target, seed=2)
    said = curator.post(curate(state="all"), {"do": "move", "to": "floral", "pick": [one.pk, two.pk]}, follow=True)
    assert "Moved 1 swatch to Floral" in said.content.decode()
    assert "1 swatch stayed" in said.content.decode()
    one.refresh_from_db()
    assert (one.category, one.state) == (target, "new")
    two.refresh_from_db()
    assert two.category.slug == "plaid"


@pytest.mark.parametrize(
    "posted",
    [{}, {"do": "accept"}, {"do": "explode", "pick": [1]}, {"do": "move", "pick": [1], "to": "none"}, {"accept": "x"},
     {"accept": "9" * 40}, {"pick": ["x", "²", "-1"], "do": "accept"}],
)  # fmt: skip
def test_odd_presses_are_answered_with_a_sentence(curator, posted):
    make_category("plaid")
    response = curator.post(curate(), posted, follow=True)
    assert response.status_code == 200
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


@pytest.mark.parametrize(
    "query",
    [{"state": "x"}, {"flag": "x"}, {"order": "x"}, {"delivery": "x"}, {"delivery": "9" * 30}, {"after": "nan_1"},
     {"after": "x_y"}, {"words": "%00"}, {"after": "1_" + "9" * 30}, {"order": "soft", "after": "inf_3"}],
)  # fmt: skip
def test_odd_addresses_open(curator, query):
    make_swatch()
    assert curator.get(curate(**query)).status_code == 200


def test_filters_and_orders_narrow_and_arrange(curator):
    fine = make_swatch(sharpness=0.9, contrast=0.3, name="tartan.png")
    soft = make_swatch(sharpness=0.2, contrast=0.2, is_blurry=True)
    plain = make_swatch(sharpness=0.5, contrast=0.001, is_plain=True, licence="MIT")
    double = make_swatch(like=fine, sharpness=0.7, contrast=0.25)
    tiny = make_swatch(is_tiny=True, sharpness=0.8, contrast=0.22)
    every = {"blurry": [soft], "plain": [plain], "double": [double], "tiny": [tiny], "fine": [fine, plain]}
    for flag, swatches in every.items():
        assert shown(curator.get(curate(flag=flag))) == [each.pk for each in swatches], flag
    assert shown(curator.get(curate(words="tartan"))) == [fine.pk]
    assert shown(curator.get(curate(words="mit"))) == [plain.pk]
    assert shown(curator.get(curate(order="soft")))[:2] == [soft.pk, plain.pk]
    assert shown(curator.get(curate(order="even")))[0] == plain.pk
    assert shown(curator.get(curate(order="last")))[0] == tiny.pk


def test_near_uniform_is_no_flaw_where_one_colour_cloth_is_wanted(curator):
    for slug, marked in (("plaid", True), ("solid", False)):
        make_swatch(make_category(slug), is_plain=True)
        assert ("There is hardly any pattern" in curator.get(curate(slug)).content.decode()) == marked
    curator.post(reverse("admin:swatches_book", args=["plaid"]), {"takes_plain": "on"})
    assert "There is hardly any pattern" not in curator.get(curate()).content.decode()


@pytest.mark.parametrize("order", ["first", "last", "soft", "even"])
def test_pages_show_each_swatch_once_although_what_is_decided_leaves(curator, monkeypatch, order):
    monkeypatch.setattr("patterns.swatches.curate_page.PAGE", 3)
    every = [make_swatch(sharpness=0.5 + (n % 2) / 4, contrast=0.1) for n in range(8)]
    seen, address = [], f"?{'order=' + order if order != 'first' else ''}"
    while address:
        page = curator.get(curate() + address)
        seen += shown(page)
        curator.post(curate() + address, {"do": "accept", "pick": shown(page)})
        address = f"?{page.context['next']}" if page.context["next"] else ""
    assert sorted(seen) == [each.pk for each in every]


def test_ten_thousand_swatches_open_with_few_queries(curator):
    category = make_category("plaid")
    common = {"category": category, "image": "x.jpg", "thumbnail": "x.jpg", "source": "s", "licence": "l", "width": 9,
              "height": 9, "fingerprint": "0" * 70, "enlarged": 1, "sharpness": 1, "contrast": 1}  # fmt: skip
    states = (State.NEW, State.ACCEPTED, State.ACCEPTED, State.REJECTED)
    Swatch.objects.bulk_create(
        [Swatch(digest=f"{n:064}", state=states[n % 4], is_blurry=n % 7 == 0, **common) for n in range(MANY)], 500
    )
    SwatchBook.objects.create(category=category)
    delivery = Delivery.objects.create(category=category, kind="zip", source="s", licence="l", is_planned=True)
    Item.objects.bulk_create([Item(delivery=delivery, number=n, name="x", state="failed") for n in range(MANY)], 500)
    Delivery.objects.bulk_create([Delivery(category=category, kind="zip", source="s", licence="l") for _ in range(60)])
    pages = {
        curate(): 18,
        curate(state="all", flag="blurry", order="soft", words="s"): 18,
        reverse("admin:swatches_swatchbook_changelist"): 12,
        reverse("admin:swatches_swatch_changelist"): 12,
        reverse("admin:swatches_swatch_changelist") + "?p=150&q=s": 12,
        reverse("admin:swatches_delivery_changelist"): 12,
        reverse("admin:swatches_delivery_change", args=[delivery.pk]): 18,
    }
    for address, most in pages.items():
        with CaptureQueriesContext(connection) as captured:
            assert curator.get(address).status_code == 200, address
        assert len(captured) <= most, (address, len(captured), [each["sql"][:90] for each in captured])


def test_more_swatches_do_not_mean_more_queries(curator):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert curator.get(address).status_code == 200
        return len(captured)

    first = make_swatch()
    make_swatch(like=first)
    addresses = (curate(), reverse("admin:swatches_swatchbook_changelist"), reverse("admin:swatches_swatch_changelist"))
    before = [queries(address) for address in addresses]
    for number in range(5):
        make_swatch(like=first)
        make_swatch(make_category(f"category-{number}"))
    assert [queries(address) for address in addresses] == before


# --- Bringing


def given(*files: SimpleUploadedFile, **more: object) -> dict[str, object]:
    return {
        "pictures": list(files),
        "category": make_category("plaid").pk,
        "source": "A market",
        "licence": "CC0",
        **more,
    }


def file(seed: int = 1, name: str = "cloth.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encoded(cloth(seed)))


def test_pictures_are_brought_and_a_worker_takes_them_in(curator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():
        response = curator.post(
            reverse("admin:swatches_delivery_add"),
            given(file(1), file(2, "b.png"), SimpleUploadedFile("c.txt", b"words")),
        )
        job = Job.objects.get()
        assert response["Location"] == job.get_absolute_url()
        assert work_once()
    job.refresh_from_db()
    assert (job.state, job.result) == ("finished", {"done": 2, "known": 0, "failed": 1})
    page = curator.get(job.back).content.decode()
    assert "c.txt" in page
    assert "not a photo" in page
    assert Swatch.objects.count() == 2
    csv = b"".join(
        curator.get(reverse("admin:swatches_delivery_report", args=[Delivery.objects.get().pk])).streaming_content
    )
    assert b"c.txt,Failed" in csv


def test_a_doubled_click_makes_one_delivery_and_one_job(curator):
    for _ in range(2):
        curator.post(reverse("admin:swatches_delivery_add"), given(file(1)))
    assert (Delivery.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source": " "}, "This field is required"),
        ({"licence": ""}, "This field is required"),
        ({"pictures": []}, "Choose pictures, a zip, or an index"),
        ({"category": "99999"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_kept(curator, change, sentence, local_files):
    response = curator.post(reverse("admin:swatches_delivery_add"), {**given(file()), **change})
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not Delivery.objects.exists()
    assert not list(local_files.rglob("*.zip"))


def test_pictures_without_a_category_are_asked_for_one(curator):
    response = curator.post(reverse("admin:swatches_delivery_add"), given(file(1), file(2), category=""))
    assert "Pictures need a category" in response.content.decode()


def test_a_torn_zip_and_too_many_files_are_sentences(curator, settings):
    torn = SimpleUploadedFile("a.zip", b"PK\x03\x04 torn")
    assert "cannot be read" in curator.post(reverse("admin:swatches_delivery_add"), given(torn)).content.decode()
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    response = curator.post(reverse("admin:swatches_delivery_add"), given(*[file(n, f"{n}.png") for n in range(3)]))
    assert response.status_code == 400
    assert "more files than fit" in response.content.decode()


def test_larger_bodies_are_for_this_page_alone(curator, anonymous, monkeypatch):
    assert list(settings.LARGER_BODIES) == [reverse("admin:swatches_delivery_add")]
    heavy = SimpleUploadedFile("a.jpg", b"\xff\xd8\xff" + b"\0" * 17_000_000)
    assert curator.post(reverse("admin:swatches_delivery_add"), given(heavy)).status_code == 302
    heavy.seek(0)
    assert curator.post(curate(), {"pictures": heavy}).status_code == 413


def test_nobody_elses_body_is_read(anonymous, monkeypatch):
    def read(*_: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.http.HttpRequest.parse_file_upload", read)
    assert anonymous.post(reverse("admin:swatches_delivery_add"), given(file())).status_code == 302
    anonymous.force_login(User.objects.create_user("helper", is_staff=True))
    assert anonymous.post(reverse("admin:swatches_delivery_add"), given(file())).status_code == 403


def test_deleting_a_delivery_keeps_its_swatches(curator):
    delivery = services.receive([("a.png", io.BytesIO(encoded(cloth(1))))], make_category("plaid"), "A market", "CC0")
    services.run_delivery(delivery)
    curator.post(reverse("admin:swatches_delivery_delete", args=[delivery.pk]), {"post": "yes"})
    assert not Delivery.objects.exists()
    assert Swatch.objects.get().item is None


def test_a_delivery_that_was_deleted_ends_its_job_with_a_sentence(curator):
    curator.post(reverse("admin:swatches_delivery_add"), given(file(1)))
    Delivery.objects.all().delete()
    assert work_once()
    assert Job.objects.get().reason == "This delivery was deleted."


# --- The book


def test_the_book_shows_palette_and_contact_sheet_of_what_is_accepted(curator):
    category = make_category("plaid")
    accepted = [make_swatch(category, state=State.ACCEPTED) for _ in range(3)]
    make_swatch(category)
    page = curator.get(reverse("admin:swatches_book", args=["plaid"]))
    book = SwatchBook.objects.get()
    assert 1 <= len(book.palette) <= 8
    assert book.palette[0][0] in page.content.decode()
    sheet, drawn = book.sheet.name, curator.get(reverse("admin:swatches_sheet", args=["plaid"]))
    assert drawn["Content-Type"] == "image/webp"
    assert fresh_book(category).sheet.name == sheet  # nothing changed: not drawn again
    curating.decide(category, make_curator(), Swatch.objects.filter(pk=accepted[0].pk), State.REJECTED)
    assert fresh_book(category).sheet.name != sheet
    Swatch.objects.all().delete()
    assert "Nothing is accepted yet" in curator.get(reverse("admin:swatches_book", args=["plaid"])).content.decode()
    assert curator.get(reverse("admin:swatches_sheet", args=["plaid"])).status_code == 404


@pytest.mark.parametrize(
    ("tally", "level", "words"),
    [
        (Tally(), "none", "Accept 50 more"),
        (Tally(accepted=49, pictures=49), "none", "Accept 1 more"),
        (Tally(accepted=200, pictures=40), "none", "cut from 40 pictures"),
        (Tally(accepted=50, pictures=50), "few", "100 more would be good"),
        (Tally(accepted=180, pictures=180), "enough", "180 accepted."),
        (Tally(accepted=180, pictures=180, doubtful=90), "enough", "90 of them are marked"),
    ],
)
def test_whether_it_is_enough_is_said_with_the_reason(tally, level, words):
    verdict = judge(tally)
    assert verdict.level == level
    assert words in verdict.reason


def test_swatches_of_one_picture_count_as_one_picture(curator):
    category = make_category("plaid")
    delivery = Delivery.objects.create(kind="index", source="s", licence="l")
    item = Item.objects.create(delivery=delivery, number=1, name="x", category=category)
    for view in range(3):
        make_swatch(category, item=item, view=view, state=State.ACCEPTED)
    make_swatch(category, state=State.ACCEPTED)
    assert "4 accepted, cut from 2 pictures" in curator.get(curate()).content.decode()


def test_a_category_with_swatches_is_not_deleted_by_accident(anonymous):
    make_swatch()
    anonymous.force_login(User.objects.create_superuser("boss"))
    response = anonymous.post(
        reverse("admin:patterns_category_delete", args=[make_category("plaid").pk]), {"post": "yes"}
    )
    assert "protected" in response.content.decode()
    assert Swatch.objects.exists()
