"""Runs from the first step to a published version, and what may happen to them on the way."""

from __future__ import annotations

import pytest

from ml.textiles.recipe import Recipe
from ml.textiles.run_folder import SCORES, log_tail, read_lines
from patterns import services as patterns_services
from patterns.jobs import engine
from patterns.jobs.models import Job
from patterns.jobs.services import cancel as cancel_job
from patterns.jobs.work import HandedBack, Work
from patterns.models import Category, GeneratorVersion
from patterns.queries import published_version
from patterns.swatches.models import Swatch
from patterns.training import services
from patterns.training.models import TrainingRun
from patterns.training.publishing import publish
from patterns.training.services import Refused, pause, resume, train_further
from tests.factories import make_category, make_version
from tests.ml.textiles.conftest import full_disk_for
from tests.patterns.swatches.builders import make_swatch

from .conftest import make_run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]
State = TrainingRun.State


def at_stage(monkeypatch, words: str, act) -> None:
    """Do something when a run first reaches this stage."""
    real, done = Work.report, []

    def report(work: Work, stage: str, *how: object) -> None:
        if stage.startswith(words) and not done:
            done.append(stage)
            act(work)
        work._looked = work._told = 0.0
        real(work, stage, *how)

    monkeypatch.setattr(Work, "report", report)


def test_a_run_becomes_a_draft_that_is_published_and_draws(stitch, at_work):
    run = make_run(stitch)
    assert at_work()
    run.refresh_from_db()
    assert (run.state, run.step, run.reason) == (State.FINISHED, 4, "")
    draft = run.version
    assert draft.state == GeneratorVersion.State.DRAFT
    assert draft.directions.exists()
    assert patterns_services.generator_for(draft).encoder is not None
    assert draft.encoder_name == f"textiles/stitch-{draft.version}-encoder.onnx"
    assert draft.scores["figures"]["swatches"] == 13
    with pytest.raises(Refused, match="giving a reason"):
        publish(draft)
    assert "Reason: To try it" in publish(draft, "To try it")
    first = patterns_services.draw_fabric(published_version("stitch"), Recipe(5), 64)

    train_further(run, 3)
    assert at_work()
    run.refresh_from_db()
    assert (run.state, run.step, stitch.versions.count()) == (State.FINISHED, 7, 2)
    assert run.version.version.startswith("2-")
    publish(run.version, "Better")
    draft.refresh_from_db()
    assert (draft.state, published_version("stitch")) == ("retired", run.version)
    patterns_services._tiles.clear()
    patterns_services._generators.clear()
    assert patterns_services.draw_fabric(draft, Recipe(5), 64) == first
    assert publish(draft).startswith("Rolled back")
    assert published_version("stitch") == draft


def test_a_run_whose_encoder_cannot_be_trained_is_finished_without_one(stitch, quickly):
    run = make_run(stitch)
    assert quickly()
    run.refresh_from_db()
    assert (run.state, run.version.encoder_name, run.version.encoder_sha256) == (State.FINISHED, "", "")
    assert "No encoder was trained (MemoryError)" in "\n".join(log_tail(run.folder))
    assert patterns_services.generator_for(run.version).encoder is None


def test_a_pause_keeps_every_step_and_going_on_doubles_none(stitch, quickly, monkeypatch):
    run = make_run(stitch)
    at_stage(monkeypatch, "Step 2", lambda work: pause(TrainingRun.objects.get(pk=run.pk)))
    quickly()
    run.refresh_from_db()
    assert (run.state, run.step, run.job.state) == (State.PAUSED, 2, Job.State.CANCELLED)
    resume(run)
    with pytest.raises(Refused, match="under way already"):
        resume(run)
    quickly()
    run.refresh_from_db()
    assert run.state == State.FINISHED
    assert [line["step"] for line in read_lines(run.folder / SCORES)] == [1, 2, 3, 4]


def test_a_worker_that_ends_hands_the_run_back_as_it_is(stitch, quickly, monkeypatch):
    run = make_run(stitch)

    def end(work: Work) -> None:
        raise HandedBack

    at_stage(monkeypatch, "Step 3", end)
    quickly()
    run.refresh_from_db()
    assert (run.state, run.step, run.job.state) == (State.RUNNING, 3, Job.State.QUEUED)
    quickly()
    run.refresh_from_db()
    assert run.state == State.FINISHED


def test_a_category_renamed_meanwhile_gets_its_draft_all_the_same(stitch, quickly, monkeypatch):
    at_stage(monkeypatch, "Step 2", lambda work: Category.objects.update(slug="sewn", name="Sewn"))
    run = make_run(stitch)
    quickly()
    run.refresh_from_db()
    assert (run.state, run.category_name, run.version.category.slug) == (State.FINISHED, "Stitch", "sewn")
    assert run.version.weights_name.startswith("textiles/sewn-1-")


@pytest.mark.parametrize("moment", ["Step 2", "Making a draft"])
def test_a_category_deleted_meanwhile_ends_the_run_with_a_sentence(stitch, quickly, monkeypatch, moment):
    at_stage(monkeypatch, moment, lambda work: Category.objects.all().delete())
    run = make_run(stitch)
    quickly()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.reason.startswith("The category was deleted")
    with pytest.raises(Refused, match="cannot go on"):
        resume(run)


def test_pictures_deleted_meanwhile_change_nothing(stitch, folders, quickly, monkeypatch):
    def delete(work: Work) -> None:
        for path in (folders / "data" / "textiles" / "stitch").iterdir():
            path.unlink()

    at_stage(monkeypatch, "Step 1", delete)
    run = make_run(stitch)
    quickly()
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.FINISHED, "")


def test_swatches_deleted_meanwhile_change_nothing(db, quickly, monkeypatch):
    stitch = make_category("stitch")
    for number in range(5):
        make_swatch(stitch, number + 50, state=Swatch.State.ACCEPTED)
    at_stage(monkeypatch, "Step 1", lambda work: Swatch.objects.all().delete())
    run = make_run(stitch)
    quickly()
    run.refresh_from_db()
    assert (run.state, run.step, run.reason) == (State.FINISHED, 4, "")
    assert not Swatch.objects.exists()


def test_swatches_deleted_before_it_begins_are_told(db, quickly, monkeypatch):
    stitch = make_category("stitch")
    for number in range(5):
        make_swatch(stitch, number + 50, state=Swatch.State.ACCEPTED)
    run = make_run(stitch)
    Swatch.objects.all().delete()
    quickly()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "fewer than 4 accepted swatches" in run.reason


def test_a_full_disk_fails_with_a_sentence_and_goes_on_later(stitch, quickly, monkeypatch, caplog):
    run = make_run(stitch)
    at_stage(monkeypatch, "Step 2", lambda work: pause(TrainingRun.objects.get(pk=run.pk)))
    quickly()
    resume(run)
    with monkeypatch.context() as patch:
        patch.setattr("ml.checkpoints.os.fsync", full_disk_for("training.safetensors"))
        quickly()
    run.refresh_from_db()
    assert (run.state, run.step, run.reason) == (State.FAILED, 2, engine.DISK_FULL)
    assert read_lines(run.folder / SCORES)[-1]["step"] == 4  # it was while the last step was kept
    resume(run)
    quickly()
    run.refresh_from_db()
    assert run.state == State.FINISHED


def test_damaged_states_end_the_run_with_a_sentence(stitch, quickly, monkeypatch):
    run = make_run(stitch)
    at_stage(monkeypatch, "Step 2", lambda work: pause(TrainingRun.objects.get(pk=run.pk)))
    quickly()
    run.refresh_from_db()
    for path in run.folder.glob("training*.safetensors"):
        path.write_bytes(b"torn")
    resume(run)
    quickly()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "Start a new run" in run.reason


def test_one_run_a_category_at_a_time(stitch):
    run = make_run(stitch)
    with pytest.raises(Refused, match="under way already"):
        make_run(stitch)
    services.cancel(run)
    assert run.state == State.CANCELLED
    assert make_run(stitch).state == State.QUEUED


def test_too_few_swatches_are_refused_with_their_number(db):
    with pytest.raises(Refused, match="no accepted swatches"):
        make_run(make_category("empty"))


def test_a_job_cancelled_on_its_own_page_cancels_the_run(stitch):
    run = make_run(stitch)
    cancel_job(run.job)
    run.refresh_from_db()
    assert run.state == State.CANCELLED


def test_a_version_whose_files_are_gone_is_not_published(db):
    version = make_version(state=GeneratorVersion.State.DRAFT)
    with pytest.raises(Refused, match="missing"):
        publish(version, "I insist")
    version.refresh_from_db()
    assert version.state == GeneratorVersion.State.DRAFT
