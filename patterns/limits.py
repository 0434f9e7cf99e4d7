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

from patterns.ownership import Person

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """At most so many in ``seconds``; 0: not counted. ``what``: their name in the sentence that refuses."""

    what: str
    person: int
    address: int
    seconds: int
    near: bool = False


LIMITS = {
    "upload": Limit("photos", 30, 150, 600),
    "keep": Limit("results", 60, 300, 600),
    "print": Limit("files for print and animations", 40, 200, 600),
    "sign-in": Limit("tries to sign in", 0, 40, 300),
    "dress": Limit("try-ons", 0, 900, 60, near=True),
    "generate": Limit("fabrics", 0, 3000, 60, near=True),
    "api": Limit("questions", 600, 1200, 60, near=True),
}


class TooMany(Exception):
    """Asked for too often. The site answers 429 with Retry-After."""

    def __init__(self, limit: Limit, most: int, retry_after: int) -> None:
        span = f"{limit.seconds // 60} minutes" if limit.seconds > 60 else "a minute"
        again = f"{retry_after} seconds" if retry_after < 90 else f"{-(-retry_after // 60)} minutes"
        super().__init__(
            f"That was asked for very often: at most {most} {limit.what} in {span}. Wait {again}, then try again."
        )
        self.retry_after = retry_after


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
