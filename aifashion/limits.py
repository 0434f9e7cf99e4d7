"""Which routes count as what: see :mod:`patterns.limits`."""

from __future__ import annotations

from django.http import HttpRequest

from aifashion.accounts.adapter import client_address
from patterns.limits import LIMITS, take
from patterns.ownership import person_of

POSTS = {
    "upload-photo": "upload",
    "studio-picture": "upload",
    "studio-colours": "upload",
    "keep-photo": "keep",
    "keep-stock": "keep",
    "studio-save": "keep",
    "account_login": "sign-in",
    "account_signup": "sign-in",
    "account_reset_password": "sign-in",  # nosec B105
    "account_reauthenticate": "sign-in",
    "mfa_authenticate": "sign-in",
    "mfa_reauthenticate": "sign-in",
}
ALL = {
    **{f"{what}-{whose}": "dress" for what in ("preview", "live", "sheet") for whose in ("photo", "stock")},
    "live-fabric": "dress",
    **dict.fromkeys(("fabric-tile", "fabric-shown", "studio-tile", "studio-shown"), "generate"),
    **dict.fromkeys(("studio-preview", "studio-inks", "studio-mix-preview"), "generate"),
    **dict.fromkeys(("studio-print-file", "studio-mix-loop", "download-jpeg", "download-fabric"), "print"),
}


def count(request: HttpRequest) -> None:
    """Count a request by what its route does. Raises TooMany.

    The person is looked up only where one is counted, so that a fabric's tile stays the same answer for everybody.
    """
    match = request.resolver_match
    if match is None:
        return
    kind = (POSTS.get(match.view_name) if request.method == "POST" else None) or ALL.get(match.view_name)
    if match.namespaces[:1] == ["api"]:
        kind = "api"
    if kind:
        counts_people = LIMITS[kind].person and kind != "api"  # of a program, its token says who it is
        take(kind, person_of(request) if counts_people else None, client_address(request))
