"""HEIC in a process of its own: whatever becomes of it, the site stays, and the person is told what to do."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from patterns import heic
from patterns.heic import ChildError, decode_heic
from patterns.uploads import MAX_PIXELS, UploadError, read_upload
from tests.factories import photo_pixels
from tests.tryon import hostile


def decode(content: bytes, **limits) -> np.ndarray:
    return decode_heic(content, MAX_PIXELS, **limits)


def use_program(monkeypatch, program: str) -> None:
    """Another program in the decoder's place, that has read the photo."""
    monkeypatch.setattr(heic, "PROGRAM", ("-c", f"import os, sys, time; sys.stdin.buffer.read(); {program}"))


def test_the_pixels_are_those_that_the_decoder_gives_in_our_own_process():
    content = hostile.heic(120, 160)
    expected = np.asarray(pillow_heif.open_heif(content, convert_hdr_to_8bit=True).to_pillow().convert("RGB"))
    assert np.array_equal(decode(content), expected)


def test_the_site_itself_never_loads_the_decoder():
    program = "import io, sys; from patterns.uploads import read_upload; content = sys.stdin.buffer.read();"
    program += "read_upload(io.BytesIO(content), len(content)); print('pillow_heif' in sys.modules)"
    words = [sys.executable, "-c", program]
    told = subprocess.run(words, input=hostile.heic(), cwd=heic.ROOT, capture_output=True, check=True)
    assert told.stdout.strip() == b"False"


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("os.kill(os.getpid(), 11)", -signal.SIGSEGV),
        ("os.abort()", -signal.SIGABRT),
        ("sys.stdout.buffer.write(bytes([0, 0, 0, 99, 0, 0, 0, 99, 1, 2, 3]))", 0),
        ("sys.stdout.buffer.write(b'\\xff' * 64)", 0),
        ("sys.stdout.buffer.write(bytes([0, 0, 0, 2, 0, 0, 0, 2]) + b'x' * 12); sys.stdout.flush(); os._exit(9)", 9),
    ],
    ids=["segmentation fault", "abort", "too few pixels", "pixels without end", "pixels, then a failure"],
)
def test_a_decoder_that_crashes_or_lies_is_a_sentence(monkeypatch, program, status):
    use_program(monkeypatch, program)
    with pytest.raises(ChildError) as ended:
        decode(b"a photo")
    assert ended.value.status in (status, -signal.SIGPIPE, 1)
    content = hostile.heic()
    with pytest.raises(UploadError, match="damaged"):
        read_upload(io.BytesIO(content), len(content))


def test_a_decoder_that_hangs_is_ended(monkeypatch):
    use_program(monkeypatch, "time.sleep(60)")
    before, threads = time.monotonic(), threading.active_count()
    with pytest.raises(ChildError) as ended:
        decode(b"a photo", seconds=1)
    assert ended.value.status == -signal.SIGKILL
    assert time.monotonic() - before < 20
    assert threading.active_count() <= threads


def test_a_decoder_that_does_not_even_read_is_no_failure_of_ours(monkeypatch):
    monkeypatch.setattr(heic, "PROGRAM", ("-c", "pass"))
    with pytest.raises(ChildError):
        decode(b"x" * 5_000_000)


def test_memory_and_seconds_of_work_are_limited():
    content = hostile.heic(640, 800)
    assert decode(content).shape == (800, 640, 3)
    with pytest.raises(ChildError):
        decode(content, memory=96 * 1024 * 1024)


def test_a_decoder_that_only_works_meets_its_limit():
    program = "from patterns.heic_child import limit; limit(1 << 30, 1)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", program], cwd=heic.ROOT).returncode in (
        -signal.SIGXCPU,
        -signal.SIGKILL,
    )


def test_the_decoder_can_write_no_file(tmp_path):
    program = "import os, sys; from patterns.heic_child import limit; limit(1 << 30, 5)\n"
    program += "os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), b'x' * 99)"
    path = tmp_path / "written"
    told = subprocess.run([sys.executable, "-c", program, str(path)], cwd=heic.ROOT, capture_output=True)
    assert told.returncode != 0
    assert path.stat().st_size == 0


def test_the_decoder_knows_none_of_our_secrets(monkeypatch, tmp_path):
    for name in ("SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a secret")
    use_program(monkeypatch, f"open({str(tmp_path / 'told')!r}, 'w').write(repr(dict(os.environ)))")
    with pytest.raises(ChildError):
        decode(b"a photo")
    assert "secret" not in (tmp_path / "told").read_text()


def test_a_heic_of_too_many_pixels_is_refused_before_it_is_decoded():
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(photo_pixels(96, 128))).save(buffer, quality=80)
    content = buffer.getvalue()
    at = content.index(b"ispe") + 8
    bomb = content[:at] + (50_000).to_bytes(4, "big") * 2 + content[at + 8 :]
    with pytest.raises(UploadError, match=r"megapixels|damaged"):
        read_upload(io.BytesIO(bomb), len(bomb))
