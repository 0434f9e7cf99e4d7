"""From a finished run to a draft version, and from a draft to what draws the category: one row change, and back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from patterns.model_files import keep_model_file
from patterns.models import Category, GeneratorVersion
from patterns.services import add_directions, publish_version
from patterns.training.gate import Check, checks_of
from patterns.training.services import Refused
from patterns.words import told

State = GeneratorVersion.State
ROLES = {"weights": "safetensors", "onnx": "onnx", "directions": "json", "encoder": "onnx"}


def make_draft(category: Category, files: dict[str, Path], scores: dict[str, Any]) -> GeneratorVersion:
    """A draft of these files: role ("weights", "onnx", "directions", "encoder"; this one may be missing) → path.

    The same weights make the same draft, however often.
    """
    from ml.checkpoints import sha256_of
    from ml.textiles.directions import read_directions

    digests = {role: sha256_of(path) for role, path in files.items()}
    known = category.versions.filter(weights_sha256=digests["weights"]).first()
    if known:
        return known
    version = f"{_next_number(category)}-{digests['weights'][:8]}"
    names = {role: _file_name(category, version, role) for role in files}
    for role, path in files.items():
        keep_model_file(path, names[role])
    found = read_directions(files["directions"], digests["directions"], weights_sha256=digests["weights"])
    fields = {f"{role}_name": name for role, name in names.items()}
    fields |= {f"{role}_sha256": digest for role, digest in digests.items()}
    with transaction.atomic():
        draft = GeneratorVersion.objects.create(category=category, version=version, scores=scores, **fields)
        add_directions(draft, found)
    return draft


def publish(version: GeneratorVersion, override: str = "") -> str:
    """Let this version draw its category from now on; what to write into the log. Raises Refused.

    A draft that does not pass the quality gate needs a reason. One that was published before may always come back.
    """
    version.refresh_from_db()
    if version.state == State.PUBLISHED:
        raise Refused(_("This version is published already."))
    _check_files(version)

    def put_in_place() -> str:
        before = GeneratorVersion.objects.filter(category=version.category_id, state=State.PUBLISHED).first()
        publish_version(version)
        return before.version if before else ""

    return go_through_gate(checks_of(version), version.state == State.RETIRED, override, put_in_place)


def go_through_gate(checks: list[Check], came_back: bool, override: str, put_in_place: Callable[[], str]) -> str:
    """Put a model in its place if its checks let it, or a reason does, or it was there before; what to write into the log.

    ``put_in_place`` answers with the version that was there until then, if any. Raises Refused.
    """
    with translation.override("en"):  # the log is kept in one language
        failed = [str(check.name).lower() for check in checks if not check.passed]
    if failed and not came_back and not override.strip():
        raise Refused(_("It does not pass the quality gate. Publish it all the same by giving a reason."))
    before = put_in_place()
    if came_back:
        return f"Rolled back: published again in place of {before}." if before else "Rolled back: published again."
    if failed:
        checks_failed, reason = ", ".join(failed), override.strip()
        if before:
            return f"Published in place of {before} although the gate did not pass ({checks_failed}). Reason: {reason}"
        return f"Published although the gate did not pass ({checks_failed}). Reason: {reason}"
    if before:
        return f"Published in place of {before}. It passed the quality gate."
    return "Published. It passed the quality gate."


def _check_files(version: GeneratorVersion) -> None:
    from ml.errors import ModelFileError
    from patterns.services import load_generator

    try:
        load_generator(version)
    except ModelFileError as error:
        raise Refused(_("It cannot be published: %(reason)s") % {"reason": told(str(error))}) from None


def _next_number(category: Category) -> int:
    heads = (name.split("-")[0] for name in category.versions.values_list("version", flat=True))
    return max((int(head) for head in heads if head.isdigit()), default=0) + 1


def _file_name(category: Category, version: str, role: str) -> str:
    stem = f"textiles/{category.slug}-{version}"
    return f"{stem}.{ROLES[role]}" if role in ("weights", "onnx") else f"{stem}-{role}.{ROLES[role]}"
