"""What the header of every page asks about who is there."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from aifashion.accounts.models import mode_of


def mode(request: HttpRequest) -> dict[str, object]:
    """``mode``: what stands first in the navigation; asked of the database only for somebody signed in."""
    return {"mode": SimpleLazyObject(lambda: str(mode_of(request.user)))}
