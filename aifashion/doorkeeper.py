"""A bounded number of heavy requests at once in a process, so that the rest of its threads stay free for pages.

Without it, threads that wait for a model (patterns.slots) would be all there are, and looking around would wait with them. Who comes when
all places are taken is told at once, honestly: 503, when to come back, and a page that comes back by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from aifashion import errors

SECONDS = 5  # until a page that was refused tries again
HEAVY = {
    *(
        "upload-photo",
        "keep-photo",
        "keep-stock",
        "preview-photo",
        "preview-stock",
        "live-photo",
        "live-stock",
        "sheet-photo",
        "sheet-stock",
    ),
    *("mend-photo", "choose-person-photo", "download-jpeg", "download-fabric", "shared-picture"),
    *(
        "studio-picture",
        "studio-mix-preview",
        "studio-mix-loop",
        "studio-print-file",
        "studio-preview",
        "studio-tile",
        "studio-shown",
        "studio-inks",
    ),
    *("fabric-tile", "fabric-shown"),
    *("POST api:photos", "POST api:photo-results", "POST api:garment-results", "api:fabric-picture"),
}


@cache
def places() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(settings.HEAVY_REQUESTS)


class Doorkeeper:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            if getattr(request, "has_place", False):
                places().release()

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not {name, f"{request.method} {name}"} & HEAVY:
            return None
        if not places().acquire(timeout=settings.HEAVY_WAIT_SECONDS):
            return errors.busy(request, SECONDS)
        request.has_place = True  # type: ignore[attr-defined]
        return None
