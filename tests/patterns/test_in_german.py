"""The fabric half of the site in German: no English is left on its pages, and what programs read is the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.urls import reverse

from aifashion.api.tokens import make_token
from ml.textiles.recipe import Recipe
from patterns.jobs.engine import GAVE_UP
from patterns.jobs.models import Job
from patterns.models import Collection, Direction
from patterns.studio import keeping
from patterns.studio.addresses import write_recipe
from patterns.swatches import curating
from patterns.swatches.models import Delivery, Swatch
from patterns.training.models import TrainingRun
from patterns.training.work import DELETED
from tests.aifashion.test_languages import SAME_EVERYWHERE, Spoken, bones
from tests.conftest import SiteClient
from tests.factories import make_fabric, make_job, make_staff, make_version, version_of
from tests.patterns.swatches.builders import make_swatch

FIGURES = {
    "swatches": 40, "number": 32, "shift": 0, "spread": 40.0, "spread_real": 50.0, "copies": 0.1, "copies_real": 0.05,
    "recognised": 0.8, "recognised_real": 0.9, "categories": 4, "swd": 120.5,
}  # fmt: skip
# The same in both languages; names that somebody gave; what the admin of Django and of its neighbours does not translate.
ALIKE = {
    *SAME_EVERYWHERE, "Administration", "Batik", "CC0", "Deutsch", "English", "Film", "Filter", "Generator", "Log", "MIT", "Name",
    "Palette", "Pk", "Start", "Status", "Studio", "Training", "Version", "Zoom", "Export CSV", "A", "B", "N", "R", "U", "x",
    "2-abc", "7.png", "A test", "Plaid", "Xyz", "anna", "made.safetensors", "manage.py import_swatches", "plaid", "textiles/none.onnx",
    "Authenticators", "Axes", "MFA", "Search",
}  # fmt: skip
HEX = r"#?[0-9a-f]{6,64}|test-\d+|\{.*\}"


def words_of(page: str) -> set[str]:
    spoken = Spoken()
    spoken.feed(page)
    spoken.close()
    return {" ".join(said.split()) for said in spoken.said if any(letter.isalpha() for letter in said)}


@pytest.fixture
def staff(anonymous: SiteClient) -> SiteClient:
    user = make_staff("anna", "Administrators", is_superuser=True)
    anonymous.force_login(user)
    return anonymous


def in_both(client: Any, address: str) -> tuple[str, str]:
    pages = []
    for language in ("en", "de"):
        answer = client.get(address, headers={"Accept-Language": language}, follow=True)
        assert answer.status_code == 200, address
        pages.append(answer.content.decode())
    return pages[0], pages[1]


def english_left(client: Any, *addresses: str) -> str:
    """Words that are the same in both languages although German has its own."""
    found = []
    for address in addresses:
        english, german = in_both(client, address)
        found += [f"{address}: {each}" for each in sorted(words_of(english) & words_of(german)) if not is_alike(each)]
    return "\n".join(found)


def is_alike(words: str) -> bool:
    """Nothing in them that has a word of its own in German."""
    known = "|".join(rf"\b{re.escape(each)}(?!\w)" for each in sorted(ALIKE, key=len, reverse=True))
    return not re.search(r"[^\W\d_]", re.sub(f"{HEX}|{known}", "", words))


@pytest.mark.usefixtures("stand_in_models")
def test_pages_of_fabrics_and_of_the_studio_have_no_english_left(owner):
    version = version_of("plaid")
    Direction.objects.create(generator_version=version, name="one", label="Bolder, busier 2", effects={"scale": 1.5})
    fabric = make_fabric(owner.person)
    keeping.set_favourite(fabric, True)
    keeping.put_into(keeping.make_collection(owner.person, "Xyz"), fabric, True)
    recipe = "seed=17&truncation=0.85&width=12.5"
    studio, print_files = (reverse(name, args=["plaid", version.version]) for name in ("studio", "studio-print"))
    addresses = (f"{studio}?{recipe}", f"{print_files}?{recipe}&unit=cm&dpi=150", "/fabrics/", "/fabrics/plaid/?from=3")
    shelf = (fabric.get_absolute_url(), reverse("my-fabrics"), Collection.objects.get().get_absolute_url())
    addresses += ("/gallery/", "/gallery/plaid/", "/studio/", *shelf)
    assert english_left(owner.client, *addresses) == ""
    for address in addresses:
        assert bones(in_both(owner.client, address)[0]) == bones(in_both(owner.client, address)[1])


@pytest.mark.usefixtures("stand_in_models")
def test_a_mix_and_long_work_have_no_english_left(owner):
    version = version_of("plaid")
    one = write_recipe(Recipe(17))
    mix = f"{reverse('studio-mix', args=['plaid', version.version])}?a={one}&b={write_recipe(Recipe(18))}&structure=0.5&style=0.5"
    jobs = [
        make_job(owner.person, title="Training Plaid, 1,200 steps", **fields)
        for fields in (
            {"state": Job.State.RUNNING, "stage": "Step 12 of 1,200", "progress": 0.25, "seconds_left": 400},
            {"state": Job.State.QUEUED},
            {"state": Job.State.FAILED, "reason": GAVE_UP},
            {"state": Job.State.CANCELLED},
            {"state": Job.State.FINISHED, "result": {"said": "Draft version 2-abc is ready to be judged."}},
        )
    ]
    assert english_left(owner.client, mix, *(job.get_absolute_url() for job in jobs)) == ""


@pytest.mark.usefixtures("stand_in_models")
def test_pages_about_swatches_have_no_english_left(staff):
    version = version_of("plaid")
    swatch = make_swatch(version.category, is_tiny=True, is_blurry=True, enlarged=1.5)
    like = make_swatch(version.category, like=swatch, state=Swatch.State.ACCEPTED)
    delivery = Delivery.objects.create(
        kind="pictures", name="3 pictures", category=version.category, source="MIT", licence="MIT"
    )
    for number, note in enumerate(
        ("Already here as swatch 7.", "This file is empty. Choose a JPEG, PNG, WebP or HEIC photo.")
    ):
        delivery.items.create(number=number, name="7.png", state="failed", note=note)
    curating.decide(
        version.category, get_user_model().objects.get(), Swatch.objects.filter(pk=swatch.pk), Swatch.State.REJECTED
    )
    addresses = [reverse(f"admin:swatches_{name}", args=["plaid"]) for name in ("curate", "book")]
    addresses += [f"{addresses[0]}?state=all", f"{addresses[0]}?state=all&words=zzz", f"{addresses[0]}?after=9_9"]
    addresses += [
        reverse(f"admin:swatches_{name}")
        for name in ("swatchbook_changelist", "delivery_changelist", "delivery_add", "swatch_changelist")
    ]
    addresses += [
        reverse("admin:swatches_delivery_change", args=[delivery.pk]),
        reverse("admin:swatches_swatch_change", args=[like.pk]),
    ]
    assert english_left(staff, *addresses) == ""


@pytest.mark.usefixtures("stand_in_models")
def test_pages_about_versions_and_training_have_no_english_left(staff, settings, tmp_path):
    settings.TRAINING_ROOT = tmp_path
    version = version_of("plaid")
    draft = make_version(
        version.category, version="2-abc", state="draft", weights_name="made.safetensors", scores={"figures": FIGURES}
    )
    run = TrainingRun.objects.create(
        category=version.category, category_name="Plaid", version=draft, state="finished", step=300
    )
    failed = TrainingRun.objects.create(category_name="Striped", state="failed", reason=DELETED, step=12)
    pages = [reverse(f"admin:{name}") for name in ("patterns_category_changelist", "patterns_category_add", "patterns_category_exchange",
        "patterns_generatorversion_changelist", "patterns_fabric_changelist", "training_trainingrun_changelist", "training_trainingrun_add",
        "jobs_job_changelist", "patterns_version_compare")]  # fmt: skip
    pages += [
        reverse(f"admin:patterns_{name}", args=[draft.pk]) for name in ("generatorversion_change", "version_publish")
    ]
    pages += [
        f"{reverse('admin:patterns_version_compare')}?a={draft.pk}",
        run.get_absolute_url(),
        failed.get_absolute_url(),
    ]
    assert english_left(staff, *pages) == ""


def test_pages_for_programs_have_no_english_of_ours_left(staff):
    token = make_token(get_user_model().objects.get().pk, "Xyz")[0]
    assert "Was schiefgeht" in in_both(staff, reverse("api-documentation"))[1]
    assert token.name in in_both(staff, reverse("api-tokens"))[1]
    assert english_left(staff, reverse("api-tokens")) == ""


@pytest.mark.usefixtures("stand_in_models")
def test_what_models_refuse_and_workers_wrote_is_said_in_german(owner):
    version = version_of("plaid")
    studio, print_files = (reverse(name, args=["plaid", version.version]) for name in ("studio", "studio-print"))
    job = make_job(owner.person, state=Job.State.RUNNING, title="Training Plaid, 1,200 steps", stage="Step 12 of 1,200")
    for address, status, said in (
        (f"{print_files}?seed=17&width=5000&unit=cm&dpi=150", 400, "von 0,6 bis 138,7 cm sein."),
        (f"{studio}?r=broken", 400, "Diese Adresse wurde unterwegs abgeschnitten oder verändert."),
        ("/fabrics/plaid/17.png?size=9999", 400, "„Größe“ in dieser Adresse lässt sich nicht verwenden."),
        (job.get_absolute_url(), 200, "Schritt 12 von 1.200"),
    ):
        answer = owner.client.get(address, headers={"Accept-Language": "de"})
        assert (answer.status_code, said in answer.content.decode()) == (status, True), address


def test_what_staff_did_is_kept_in_one_language(staff):
    swatch = make_swatch()
    address = reverse("admin:swatches_curate", args=[swatch.category.slug])
    answer = staff.post(address, {"accept": swatch.pk}, headers={"Accept-Language": "de"}, follow=True)
    assert f"Musterprobe {swatch.pk} angenommen." in answer.content.decode()
    assert LogEntry.objects.latest("pk").change_message == "Accepted 1 swatch."
