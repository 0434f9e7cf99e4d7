"""The staff's pages of runs and versions: what they say, who may use them, what they write into the log."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.urls import reverse

from ml.bundle import bundled_models
from patterns.jobs.models import WorkerPulse
from patterns.models import GeneratorVersion
from patterns.training import services
from patterns.training.gate import checks_of
from patterns.training.models import TrainingRun
from patterns.training.roles import CURATORS
from tests.factories import make_category, make_staff, make_version

from .conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
State = TrainingRun.State
GOOD = {
    "shift": 0,
    "spread": 80,
    "spread_real": 90,
    "copies": 0,
    "recognised": 1,
    "recognised_real": 1,
    "categories": 9,
}
START = "/admin/training/trainingrun/add/"


@pytest.fixture
def curator(anonymous):
    anonymous.force_login(make_staff("cora", CURATORS))
    return anonymous


def form(category, **more):
    choices = {"net": "trial", "steps": 40, "resolution": 128, "loss": "hinge", "seed": 0, "device": "cpu"}
    return {"category": category.pk, **choices, **more}


def words(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_training_is_asked_for_once_however_often_one_clicks(curator, stitch):
    for _ in range(2):
        response = curator.post(START, form(stitch))
        assert response.status_code == 302
    run = TrainingRun.objects.get()
    assert response["Location"] == run.get_absolute_url()
    assert (run.steps, run.by.username, run.job.state) == (40, "cora", "queued")
    assert "Training begun" in LogEntry.objects.get().change_message


def test_the_form_begins_with_what_draws_the_category_now_and_says_how_long_it_takes(curator, stitch):
    make_version(stitch, state=GeneratorVersion.State.RETIRED)
    now = make_version(stitch)
    page = curator.get(START, {"category": stitch.pk})
    assert page.context["form"]["base_version"].value() == str(now.pk)
    assert 'data-net="usual" data-step="3.0"' in words(page)
    chosen = curator.get(START, {"category": stitch.pk, "base_version": "77"})
    assert chosen.context["form"]["base_version"].value() == "77"
    for nonsense in ({"category": "x"}, {"category": make_category("empty").pk}, {}):
        assert curator.get(START, nonsense).context["form"]["base_version"].value() is None
    TrainingRun.objects.create(category_name="Another", step=100, seconds=50, state=State.FINISHED)
    assert 'data-net="usual" data-step="0.5"' in words(curator.get(START))
    run = make_run(stitch, net="usual", steps=600)
    assert "it takes about 12 minutes" in words(curator.get(run.get_absolute_url()))


def test_what_cannot_be_trained_is_refused_and_nothing_typed_is_lost(curator, stitch):
    few = words(curator.post(START, form(make_category("empty"), steps=77)))
    assert "no accepted swatches" in few
    assert 'value="77"' in few
    assert "from 1 to 100,000" in words(curator.post(START, form(stitch, steps=0)))
    assert not TrainingRun.objects.exists()


def test_without_torch_the_page_says_what_training_needs(curator, stitch):
    assert "No worker is running" in words(curator.get(START))
    WorkerPulse.objects.create(name="here:1")
    assert "requirements.txt" in words(curator.get(START))
    run = make_run(stitch)
    assert "requirements.txt" in words(curator.get(run.get_absolute_url()))
    WorkerPulse.objects.create(name="there:1", can_train=True)
    assert "requirements.txt" not in words(curator.get(START))


def test_a_run_shows_curves_samples_and_the_log(curator, stitch):
    run = make_run(stitch)
    run.folder.mkdir(parents=True)
    rows = [{"step": step, "loss_g": 1.0 / step, "loss_d": 0.5} for step in range(1, 900)]
    (run.folder / "scores.jsonl").write_text("\n".join(map(json.dumps, rows)) + '\n{"step": 90')
    (run.folder / "log.txt").write_text("Beginning with 13 pictures <b>\n")
    for step in (0, 10):
        (run.folder / f"step-{step:07d}.png").write_bytes(b"PNG")
    page = words(curator.get(run.get_absolute_url()))
    assert 'aria-label="Losses up to step' in page
    assert "13 pictures &lt;b&gt;" in page
    assert "samples/10.png" in page
    assert "samples/0.png" in words(curator.get(run.get_absolute_url(), {"sample": "0"}))
    assert curator.get(reverse("admin:training_run_sample", args=[run.pk, 10])).status_code == 200
    assert curator.get(reverse("admin:training_run_sample", args=[run.pk, 11])).status_code == 404
    polled = curator.get(reverse("admin:training_run_panel", args=[run.pk]))
    assert "<h1" not in words(polled)
    assert "HX-Refresh" not in polled
    services.cancel(run)
    assert curator.get(reverse("admin:training_run_panel", args=[run.pk]))["HX-Refresh"] == "true"


def test_buttons_do_what_they_say_and_are_logged(curator, stitch):
    run = make_run(stitch)
    act = reverse("admin:training_run_do", args=[run.pk])
    for what, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("cancel", "cancelled")):
        page = words(curator.post(act, {"do": what}, follow=True))
        run.refresh_from_db()
        assert run.state == state
    assert "not under way" in page
    assert "whole number" in words(curator.post(act, {"do": "further", "more": "-3"}, follow=True))
    curator.post(act, {"do": "further", "more": "12"})
    run.refresh_from_db()
    assert (run.state, run.steps) == ("queued", 12)
    assert LogEntry.objects.count() == 4


def test_a_run_whose_category_was_deleted_still_opens(curator, stitch):
    run = make_run(stitch)
    stitch.delete()
    assert "was deleted" in words(curator.get(run.get_absolute_url()))


def test_ten_thousand_runs_are_listed_quickly(curator, stitch, django_assert_max_num_queries):
    version = make_version(stitch)
    row = {"category": stitch, "category_name": "Stitch", "version": version, "state": State.FINISHED}
    TrainingRun.objects.bulk_create([TrainingRun(**row) for _ in range(10_000)])
    with django_assert_max_num_queries(14):
        assert curator.get("/admin/training/trainingrun/", {"q": "Stitch"}).status_code == 200
    by = User.objects.values_list("pk", flat=True).get()
    LogEntry.objects.bulk_create([LogEntry(user_id=by, action_flag=2, object_repr=str(n)) for n in range(10_000)])
    with django_assert_max_num_queries(14):
        assert curator.get("/admin/admin/logentry/").status_code == 200


def draft(**fields) -> GeneratorVersion:
    return make_version(state=GeneratorVersion.State.DRAFT, **fields)


def test_the_gate_says_in_words_what_is_wrong():
    good = draft(scores={"figures": GOOD})
    assert [check.passed for check in checks_of(good)] == [True] * 4
    bad = draft(scores={"figures": {**GOOD, "shift": 9, "spread": 10, "copies": 0.5, "recognised": 0.1}})
    assert [check.passed for check in checks_of(bad)] == [False] * 4
    assert "Largest difference 9 of 255" in checks_of(bad)[0].sentence
    assert [check.passed for check in checks_of(draft())] == [None] * 4
    shipped = bundled_models("textiles")["plaid"].files["weights"][0]
    assert checks_of(draft(weights_name=f"textiles/{shipped.name}")) == []


def test_publishing_past_the_gate_takes_a_reason_that_is_logged(curator, monkeypatch):
    monkeypatch.setattr("patterns.services.load_generator", lambda version: None)
    version = draft(scores={"figures": {**GOOD, "copies": 0.5}})
    page = reverse("admin:patterns_version_publish", args=[version.pk])
    assert "Too many fabrics repeat a swatch" in words(curator.get(page))
    assert "giving a reason" in words(curator.post(page, {"reason": " "}))
    curator.post(page, {"reason": "Only for the exhibition"})
    version.refresh_from_db()
    assert version.state == "published"
    assert "Only for the exhibition" in LogEntry.objects.get().change_message
    curator.post("/admin/patterns/generatorversion/", {"action": "retire", "_selected_action": [version.pk]})
    assert "Roll back to this" in words(curator.get(page))
    curator.post(page)
    version.refresh_from_db()
    assert version.state == "published"


def test_two_versions_are_compared_on_the_same_seeds(curator):
    one, other = draft(), draft()
    address = reverse("admin:patterns_version_compare")
    page = words(curator.get(address, {"a": one.pk, "b": other.pk, "from": 40}))
    for version in (one, other):
        tile = reverse("admin:patterns_version_tile", args=[version.pk, 43])
        assert tile in page
        assert curator.get(tile).status_code == 200
    assert curator.get(address, {"a": one.pk}).context["b"] == other
    assert "Largest difference" in words(
        curator.get(f"/admin/patterns/generatorversion/{draft(scores={'figures': GOOD}).pk}/change/")
    )
    for nonsense in ({"a": "x"}, {"a": one.pk, "from": "-1"}, {"from": "9" * 30}):
        assert curator.get(address, nonsense).status_code == 200
    assert curator.get(reverse("admin:patterns_version_tile", args=[one.pk, 2**40])).status_code == 404


def test_curators_have_the_house_but_not_the_people_in_it(curator):
    for name in (
        "patterns_category",
        "training_trainingrun",
        "patterns_generatorversion",
        "jobs_job",
        "admin_logentry",
    ):
        assert curator.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
    for name in ("auth_user", "tryon_photo", "tryon_result", "patterns_fabric"):
        assert curator.get(reverse(f"admin:{name}_changelist")).status_code == 403, name


def test_helpers_without_a_role_may_not_train(anonymous, stitch):
    run = make_run(stitch)
    anonymous.force_login(User.objects.create_user("helper", is_staff=True))
    for address in (START, run.get_absolute_url(), reverse("admin:training_run_panel", args=[run.pk])):
        assert anonymous.get(address).status_code == 403, address
    assert anonymous.post(reverse("admin:training_run_do", args=[run.pk]), {"do": "cancel"}).status_code == 403
    run.refresh_from_db()
    assert run.state == State.QUEUED
