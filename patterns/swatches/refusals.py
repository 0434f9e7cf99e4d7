"""A rejected swatch whose row is deleted leaves its fingerprint, so that its picture does not come back."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from patterns.swatches.models import Refusal, Swatch


def connect() -> None:
    post_delete.connect(_remember, sender=Swatch, dispatch_uid="refusals")


def _remember(sender: type[Swatch], instance: Swatch, **_: Any) -> None:
    if instance.state == Swatch.State.REJECTED:
        known = {"category_id": instance.category_id, "digest": instance.digest}
        Refusal.objects.get_or_create(**known, defaults={"fingerprint": instance.fingerprint})
