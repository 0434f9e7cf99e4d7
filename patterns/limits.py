"""How often one person, and one address of the internet, may ask for something in a while.

Counts live in Django's cache, for windows of time that begin anew; what is kept of an address is a keyed hash. Where the cache
cannot be reached nobody is refused. ``near`` counts stay in this process: they guard what is asked for very often, as the
tiles of a page, where a count that all machines share would cost more than the work.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import caches
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from patterns.ownership import Person

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """At most so many in ``seconds``; 0: not counted. ``what``: their name in the sentence that refuses."""

    what: str | Promise
    person: int
    address: int
    seconds: int
    near: bool = False


LIMITS = {
    "upload": Limit(gettext_lazy("photos"), 30, 150, 600),
    "keep": Limit(gettext_lazy("results"), 60, 300, 600),
    "print": Limit(gettext_lazy("files for print and animations"), 40, 200, 600),
    "sign-in": Limit(gettext_lazy("tries to sign in"), 0, 40, 300),
    "dress": Limit(gettext_lazy("try-ons"), 0, 900, 60, near=True),
    "generate": Limit(gettext_lazy("fabrics"), 0, 3000, 60, near=True),
    "api": Limit(gettext_lazy("questions"), 600, 1200, 60, near=True),
}


class TooMany(Exception):
    """Asked for too often. The site answers 429 with Retry-After."""

    def __init__(self, limit: Limit, most: int, retry_after: int) -> None:
        span = _in_minutes(limit.seconds) if limit.seconds > 60 else _("a minute")
        seconds = ngettext("%(count)s second", "%(count)s seconds", retry_after) % {"count": retry_after}
        again = seconds if retry_after < 90 else _in_minutes(retry_after)
        super().__init__(
            _("That was asked for very often: at most %(most)s %(what)s in %(span)s. Wait %(again)s, then try again.")
            % {"most": most, "what": limit.what, "span": span, "again": again}
        )
        self.retry_after = retry_after


def _in_minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def take(kind: str, person: Person | None = None, address: str = "") -> None:
    """Count one of this kind for the person and for the address, where they are given. Raises TooMany."""
    if not settings.RATE_LIMITS:
        return
    limit = LIMITS[kind]
    if person is not None and (who := person.user_id or person.visitor):
        _count(limit, limit.person, f"{kind}:person:{who}")
    if address:
        _count(limit, limit.address, f"{kind}:address:{network_of(address)}")


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 a whole /64, which one household has."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


def _count(limit: Limit, most: int, who: str) -> None:
    if not most:
        return
    now = time.time()
    window = int(now // limit.seconds)
    key = f"limit:{salted_hmac('patterns.limits', f'{who}:{window}', algorithm='sha256').hexdigest()[:40]}"
    try:
        counts = caches["near" if limit.near else "default"]
        counts.add(key, 0, 2 * limit.seconds)
        count = counts.incr(key)
    except Exception:  # a cache that is away must not close the site
        log.warning("requests cannot be counted now", exc_info=True)
        return
    if count > most:
        raise TooMany(limit, most, max(1, round((window + 1) * limit.seconds - now)))
