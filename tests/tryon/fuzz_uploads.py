"""``make fuzz``: ten thousand wicked files sent to the real site, and what became of it.

gunicorn with one worker, SQLite, local files and the bundled models, in a folder of its own that goes again. Fails when an answer
is a server error, a photo that is honest is refused, the worker ends, memory passes a gigabyte, or anything stored has metadata.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import requests
from PIL import Image

from tests.real_site import Site, token
from tests.tryon.wicked import MARK, Wicked, wicked_file

MOST_MEMORY = 1024  # MiB
AT_ONCE = 2
LOOK_AGAIN = 25  # of so many photos that were taken, one is looked at in its page
TELL = 500  # after so many files, a line says how it goes
HARMLESS = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}  # the last two of every WebP


@dataclass
class Told:
    """What happened, while it happens."""

    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    taken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float, who: str) -> int:
        with self.lock:
            self.answers[kind][status] += 1
            self.slowest = max(self.slowest, (seconds, who))
            self.taken += status == 302
            return self.taken

    @property
    def sent(self) -> int:
        return sum(sum(answers.values()) for answers in self.answers.values())


class Memory(threading.Thread):
    """The most that the worker, and any child of its, ever had in memory, in MiB: the kernel's own high-water marks."""

    def __init__(self, worker: int) -> None:
        super().__init__(daemon=True)
        self.worker, self.children, self.worker_most, self.together, self.stopped = worker, 0, 0, 0, False
        self.now = 0

    def run(self) -> None:
        while not self.stopped:
            own, now = memory_of(self.worker)
            self.now = now
            self.worker_most = max(self.worker_most, own)
            for child in children_of(self.worker):
                if not is_decoder(child):  # not yet: until it is a program of its own, its pages are the worker's
                    continue
                most, current = memory_of(child)
                self.children, now = max(self.children, most), now + current
            self.together = max(self.together, now)
            time.sleep(0.02)


def memory_of(process: int) -> tuple[int, int]:
    """(the most ever, now) in MiB; zeros for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    told = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return tuple(int(told.get(name, "0 kB").split()[0]) // 1024 for name in ("VmHWM", "VmRSS"))  # type: ignore[return-value]


def children_of(process: int) -> list[int]:
    try:
        return [
            int(pid)
            for task in Path(f"/proc/{process}/task").iterdir()
            for pid in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def is_decoder(process: int) -> bool:
    try:
        return b"heic_child" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


class Sender:
    """A person who uploads one file after the other."""

    def __init__(self, site: Site, told: Told, seed: int) -> None:
        self.site, self.told, self.seed = site, told, seed
        self.browser = requests.Session()
        self.token = token(self.browser.get(f"{site.address}/clothes/", timeout=120))

    def send(self, number: int) -> None:
        file = wicked_file(self.seed, number)
        who, before = f"file {number} ({file.kind})", time.monotonic()
        try:
            answer = self.post(file)
        except requests.RequestException as error:
            self.told.wrong.append(f"{who}: no answer ({type(error).__name__})")
            return
        taken = self.told.note(file.kind, answer.status_code, time.monotonic() - before, who)
        allowed = {302} if file.is_photo else {302, 400}
        if answer.status_code not in allowed:
            self.told.wrong.append(f"{who}: {answer.status_code}")
        if answer.status_code == 302 and (taken % LOOK_AGAIN == 0 or file.kind in ("thread", "large")):
            self.look(answer.headers["Location"], who)

    def post(self, file: Wicked) -> requests.Response:
        """Where the server ended a connection that was kept open (a form refused half-way), again, once, on a fresh one: as browsers do."""
        for is_second in (False, True):
            try:
                return self.browser.post(
                    f"{self.site.address}/photos/",
                    data={"csrfmiddlewaretoken": self.token},
                    files={"photo": (file.name, file.content, file.content_type)},
                    allow_redirects=False,
                    timeout=120,
                )
            except requests.ConnectionError:
                self.browser.close()
                if is_second:
                    raise
        raise AssertionError

    def look(self, address: str, who: str) -> None:
        page = self.browser.get(f"{self.site.address}{address}", timeout=120)
        if page.status_code >= 500:
            self.told.wrong.append(f"{who}: its page answers {page.status_code}")


def metadata_kept(folder: Path) -> list[str]:
    """What of the files stored says more than their pixels."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if MARK in path.read_bytes():
            found.append(f"{path.name}: the mark")
        if path.suffix in (".png", ".jpg", ".webp"):
            Image.MAX_IMAGE_PIXELS = None
            with Image.open(path) as picture:
                said = picture.info.keys() - HARMLESS
                if said or picture.getexif():
                    found.append(f"{path.name}: {sorted(said)}")
    return found


def fuzz(seed: int, count: int, folder: Path) -> bool:
    site, told = Site(folder, RATE_LIMITS="off"), Told()
    try:
        (worker,) = children_of(site.process.pid)
        memory = Memory(worker)
        memory.start()
        senders = [Sender(site, told, seed) for _ in range(AT_ONCE)]
        before = time.monotonic()

        def send_all(mine: int) -> None:
            for number in range(mine, count, AT_ONCE):
                senders[mine].send(number)
                if mine == 0 and number % TELL == 0:
                    print(f"{told.sent} sent, {told.taken} taken, worker {memory.now} MiB, {told.wrong}", flush=True)

        with ThreadPoolExecutor(AT_ONCE) as people:
            list(people.map(send_all, range(AT_ONCE)))
        seconds = time.monotonic() - before
        memory.stopped = True
        memory.join()
        if children_of(site.process.pid) != [worker]:
            told.wrong.append("the worker was lost")
        if site.rows("Photo") != told.taken:
            told.wrong.append(f"{told.taken} photos were taken, {site.rows('Photo')} have a row")
    finally:
        site.kill()
    if max(memory.worker_most, memory.children, memory.together) > MOST_MEMORY:
        told.wrong.append("memory passed a gigabyte")
    stored = folder / "media" / "private"
    told.wrong += metadata_kept(stored)
    files = sum(1 for path in stored.rglob("*") if path.is_file())
    report(told, memory, files, f"seed {seed}, {count} files in {seconds:.0f} s, {AT_ONCE} at once")
    return not told.wrong


def report(told: Told, memory: Memory, files: int, title: str) -> None:
    print(
        f"{title}\n\n| kind | sent | taken | refused with a sentence | anything else |\n| --- | --: | --: | --: | --: |"
    )
    for kind, answers in sorted(told.answers.items()):
        total = sum(answers.values())
        print(f"| {kind} | {total} | {answers[302]} | {answers[400]} | {total - answers[302] - answers[400]} |")
    everything = sum(told.answers.values(), Counter())
    total = sum(everything.values())
    print(f"| all | {total} | {everything[302]} | {everything[400]} | {total - everything[302] - everything[400]} |\n")
    print(
        f"Memory at most: worker {memory.worker_most} MiB, HEIC decoder {memory.children} MiB, together {memory.together} MiB."
    )
    print(
        f"Slowest answer: {told.slowest[0]:.1f} s, {told.slowest[1]}. Files stored and searched for metadata: {files}."
    )
    print("Nothing wrong." if not told.wrong else "WRONG:\n" + "\n".join(told.wrong[:50]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=10_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="aifashion-fuzz-") as folder:
        raise SystemExit(0 if fuzz(asked.seed, asked.count, Path(folder)) else 1)


if __name__ == "__main__":
    main()
