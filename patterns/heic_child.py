"""The program that decodes one HEIC photo, from stdin to stdout, within its limits: see :mod:`patterns.heic`."""

from __future__ import annotations

import io
import resource
import sys

from patterns.heic import HEAD, TOO_LARGE, TOO_SMALL, UNREADABLE


def main(memory: int, seconds: int) -> int:
    content = sys.stdin.buffer.read()
    limit(memory, seconds)

    import pillow_heif
    from PIL import Image

    from patterns.uploads import MAX_PIXELS, MIN_SIDE, upright_pixels

    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    try:
        with Image.open(io.BytesIO(content), formats=["HEIF"]) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                return TOO_LARGE
            if min(width, height) < MIN_SIDE:
                return TOO_SMALL
            pixels = upright_pixels(opened)
    except Exception:  # decoders fail as they like
        return UNREADABLE
    sys.stdout.buffer.write(HEAD.pack(pixels.shape[1], pixels.shape[0]))
    sys.stdout.buffer.write(pixels.data)
    return 0


def limit(memory: int, seconds: int) -> None:
    """From here on: so many bytes of addresses, so many seconds of work, no file written, no core left behind."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
