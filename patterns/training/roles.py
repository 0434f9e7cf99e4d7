"""Who may do what in the staff's pages. Curators look after categories, swatches, runs and versions; administrators after people too."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

CURATORS, ADMINISTRATORS = "Curators", "Administrators"
OURS = ("patterns", "swatches", "jobs", "training", "tryon")
_CURATED = Q(content_type__app_label="swatches")
for _app, _model, _verbs in (
    ("patterns", "category", ("add", "change", "view")),
    ("patterns", "generatorversion", ("change", "view")),
    ("patterns", "direction", ("change", "view")),
    ("training", "trainingrun", ("add", "change", "delete", "view")),
    ("tryon", "stockgarment", ("add", "change", "view")),
    ("tryon", "garmentversion", ("change", "view")),
    ("jobs", "job", ("view",)),
    ("admin", "logentry", ("view",)),
):
    _CURATED |= Q(content_type__app_label=_app, codename__in=[f"{verb}_{_model}" for verb in _verbs])
_ADMINISTERED = Q(content_type__app_label__in=(*OURS, "auth")) | Q(codename="view_logentry")


def make_roles() -> None:
    """Make both groups, or bring them in line. Staff permissions that somebody added to a group stay."""
    for name, wanted in ((CURATORS, _CURATED), (ADMINISTRATORS, _ADMINISTERED)):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(wanted))
