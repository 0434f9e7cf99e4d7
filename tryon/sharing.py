"""Links to a result for people who are not its owner. Whoever has one sees the picture until it ends."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tryon.models import Result, ShareLink
from tryon.queries import made_of_alive

DAYS = ((1, _("1 day")), (7, _("7 days")), (30, _("30 days")), (90, _("90 days")))
USUAL_DAYS = 30
MOST = 20  # links to one result that are open at once
_signer = Signer(sep=".", salt="tryon.sharing")


class TooManyLinks(Exception):
    """A result has as many open links as it may have."""


def share(result: Result, days: int, with_photo: bool) -> ShareLink:
    """A new link to a result. Raises TooManyLinks."""
    if sum(link.is_open for link in result.share_links.all()) >= MOST:
        raise TooManyLinks
    expires = timezone.now() + timedelta(days=days)
    return ShareLink.objects.create(result=result, with_photo=with_photo, expires=expires)


def revoke(link: ShareLink) -> None:
    """From now on the link opens nothing."""
    if link.revoked is None:
        link.revoked = timezone.now()
        link.save(update_fields=["revoked"])


def token_of(link: ShareLink) -> str:
    """What stands in the address: a random key, and our signature under it."""
    return _signer.sign(link.key.hex)


def link_of(token: str) -> ShareLink | None:
    """The link that a token names, open or not; None when we never made it."""
    try:
        key = UUID(hex=_signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    related = ("result__fabric__generator_version__category", "result__photo", "result__stock")
    deferred = ("result__photo__found", "result__photo__as_found", "result__stock__found")
    return (
        ShareLink.objects.select_related(*related).defer(*deferred).filter(made_of_alive("result__"), key=key).first()
    )
