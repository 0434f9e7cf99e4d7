"""HEIC is decoded in a child process: its decoders are large, written in C++, and read what strangers wrote.

The child (:mod:`patterns.heic_child`) may take so much memory and so many seconds, writes no file, and is given none of our
settings and secrets. A crash, a hang or a lie of its is a :class:`ChildError` here, and a sentence to the person.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.images import Bytes

ROOT = Path(__file__).resolve().parent.parent
MEMORY = 900 * 1024 * 1024  # bytes of addresses
SECONDS = 15  # of work; and how long we wait
TOO_LARGE, TOO_SMALL, UNREADABLE = 3, 4, 5  # exit statuses that tell why
HEAD = struct.Struct(">II")  # width and height, before the pixels
PROGRAM = ("-B", "-m", "patterns.heic_child")
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class ChildError(Exception):
    """No picture came of it. ``status``: how the child ended, as subprocess tells it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The HEIC decoder ended with {status}.")
        self.status = status


def decode_heic(content: bytes, most_pixels: int, seconds: float = SECONDS, memory: int = MEMORY) -> Bytes:
    """The photo upright, uint8 (H, W, 3), sRGB. Raises ChildError."""
    words = [sys.executable, *PROGRAM, str(memory), str(max(1, round(seconds)))]
    pipe = subprocess.PIPE
    child = subprocess.Popen(  # noqa: S603  # nosec B603  (our own program, two numbers)
        words, cwd=ROOT, env=_ENVIRONMENT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True
    )
    watch = threading.Timer(seconds, child.kill)
    watch.daemon = True
    watch.start()
    try:
        with child:  # whatever happens, it is waited for; one that still writes finds the pipe closed
            assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018
            pixels = _ask(child.stdin, child.stdout, content, most_pixels)
    finally:
        watch.cancel()
    if pixels is None or child.returncode != 0:
        raise ChildError(child.returncode)
    return pixels


def _ask(question: IO[bytes], answer: IO[bytes], content: bytes, most_pixels: int) -> Bytes | None:
    """The child reads all of the photo before it answers, so neither waits for the other."""
    try:
        question.write(content)
        question.close()
    except BrokenPipeError:
        return None
    head = answer.read(HEAD.size)
    if len(head) != HEAD.size:
        return None
    width, height = HEAD.unpack(head)
    if not 0 < width * height <= most_pixels:
        return None
    pixels = np.empty((height, width, 3), np.uint8)
    room, at = pixels.data.cast("B"), 0
    while at < len(room):
        count = answer.readinto(room[at:])  # type: ignore[attr-defined]
        if not count:
            return None
        at += count
    return pixels
