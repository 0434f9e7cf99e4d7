"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 180  # seconds; a busy machine is slow, not wrong


def wait_for(what: Callable[[], object], why: Callable[[], str] = lambda: "") -> None:
    """Until ``what()`` holds; ``why()`` is said when it never does."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, why()
        time.sleep(0.1)
