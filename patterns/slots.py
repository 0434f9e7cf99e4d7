"""A bounded number of people at the models at once; the next ones wait a little, then are told to come back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings


class Busy(Exception):
    """All places were taken for too long. The site answers 503 with Retry-After."""

    def __init__(self, retry_after: int = 10) -> None:
        super().__init__("The models are busy; try again in a moment.")
        self.retry_after = retry_after


class Slots:
    def __init__(self, count: int, wait_seconds: float) -> None:
        self._free = threading.BoundedSemaphore(count)
        self._wait_seconds = wait_seconds

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold one place. Never take a second one inside: two such holders could wait for each other. Raises Busy."""
        if not self._free.acquire(timeout=self._wait_seconds):
            raise Busy
        try:
            yield
        finally:
            self._free.release()


@cache
def model_slots() -> Slots:
    """The one set of places of this process, shared by drawing, segmentation and draping."""
    return Slots(settings.MODEL_CONCURRENCY, settings.MODEL_WAIT_SECONDS)
