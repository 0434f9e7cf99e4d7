"""``make load``: the site as production serves it, fifty people at it for five minutes, and what that was like.

Everything lies in a temporary folder. ``--write`` puts the figures into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.postgres import Postgres
from tests.real_site import Site
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "reliability.md"
MARKS = "<!-- load: written by make load -->", "<!-- end of load -->"
LIMITS = {"page": 500, "try-on page": 500, "try-on": 4000}  # ms, at the 95th percentile
MOST_TURNED_AWAY = 0.02  # of all requests; a site that turns most people away keeps every other promise with ease
FLAT = 1.1  # the last third's memory, as a multiple of the middle third's


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aifashion-load-") as folder:
        database = Postgres()
        try:
            database.start()
            memory, others = run(Path(folder), database.url, asked.people, asked.seconds)
            told, failures = read(Path(folder))
        finally:
            database.close()
    lines = table(asked.people, asked.seconds, told, failures, memory)
    lines[-2] += f" What else ran on the machine took {others:.1f} of its cores."
    print("\n".join(lines))
    if asked.write:
        before, _, rest = REPORT.read_text().partition(MARKS[0])
        REPORT.write_text("\n".join([before + MARKS[0], *lines, MARKS[1]]) + rest.partition(MARKS[1])[2])
    return 1 if failures or broken_promises(told, memory) else 0


def broken_promises(told: dict[str, dict[str, float]], memory: list[float]) -> list[str]:
    """In words; none when all were kept."""
    broken = [
        f"p95 of {name} above {most} ms" for name, most in LIMITS.items() if told.get(name, {}).get("95%", 0) > most
    ]
    if turned_away(told) > MOST_TURNED_AWAY:
        broken.append("too many were told to wait")
    middle, last = thirds(memory)
    if last > FLAT * middle:
        broken.append("memory is not flat")
    return broken


def turned_away(told: dict[str, dict[str, float]]) -> float:
    """The share of all requests that were told to wait, 0 to 1."""
    waits, asked = (
        sum(row["Request Count"] for name, row in told.items() if name.startswith("told to wait") == told_to)
        for told_to in (True, False)
    )
    return waits / max(asked, 1)


def thirds(memory: list[float]) -> tuple[float, float]:
    """Mean memory in the middle and the last third of the time."""
    third = max(1, len(memory) // 3)
    middle, last = memory[third : 2 * third] or memory, memory[-third:]
    return sum(middle) / len(middle), sum(last) / len(last)


def run(folder: Path, database: str, people: int, seconds: int) -> tuple[list[float], float]:
    """The memory of the site's processes together, in MB, every five seconds; and how many cores others took from it meanwhile."""
    site = Site(folder, as_deployed=True, DATABASE_URL=database, LOG_LEVEL="WARNING")
    try:
        wait_for(lambda: site.status("/health/ready") == 200, site.log.read_text)
        words = [
            "-f",
            "tests/load/locustfile.py",
            "--headless",
            "--host",
            site.address,
            "--only-summary",
            "--loglevel",
            "WARNING",
        ]
        words += [
            "-u",
            str(people),
            "-r",
            "1",
            "-t",
            f"{seconds}s",
            "--csv",
            str(folder / "told"),
            "--stop-timeout",
            "60",
        ]
        environment = {**site.environment, "PYTHONPATH": str(ROOT)}
        crowd = subprocess.Popen([sys.executable, "-m", "locust", *words], cwd=ROOT, env=environment)
        memory, (busy, own), begun = [], work_done(), time.monotonic()
        while crowd.poll() is None:
            memory.append(memory_of(site.process.pid))
            busy_now, own_now = work_done()
            time.sleep(5)
        return memory, ((busy_now - busy) - (own_now - own)) / (time.monotonic() - begun)
    finally:
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(60)
        print("".join(line for line in site.log.open() if "Service Unavailable" not in line))


def work_done() -> tuple[float, float]:
    """Seconds that all cores together have worked since the machine was started, and those of them that were ours."""
    ticks = os.sysconf("SC_CLK_TCK")
    user, nice, system, _, _, interrupts, soft, *_ = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    ours, family = 0, descendants_of(os.getpid())
    for each in family:
        try:
            ours += sum(map(int, Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except OSError:  # it has ended
            continue
    return (user + nice + system + interrupts + soft) / ticks, ours / ticks


def descendants_of(process: int) -> list[int]:
    """With itself."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return []
    return [process, *(grandchild for child in children for grandchild in descendants_of(child))]


def memory_of(process: int) -> float:
    """Of a process and its children, in MB; shared pages counted once a process."""
    family = [process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]
    texts = [Path(f"/proc/{each}/status").read_text() for each in family if Path(f"/proc/{each}/status").exists()]
    found = [re.search(r"VmRSS:\s+(\d+)", text) for text in texts]
    return sum(int(each[1]) for each in found if each) / 1024


def read(folder: Path) -> tuple[dict[str, dict[str, float]], int]:
    with (folder / "told_stats.csv").open() as file:
        rows = list(csv.DictReader(file))
    kept = ("Request Count", "Failure Count", "50%", "95%", "Max Response Time")
    told = {
        (row["Name"] if row["Type"] != "told to wait" else f"told to wait: {row['Name']}"): {
            key: float(row[key]) for key in kept
        }
        for row in rows
    }
    total = told.pop("Aggregated")
    return told, int(total["Failure Count"])


def table(
    people: int, seconds: int, told: dict[str, dict[str, float]], failures: int, memory: list[float]
) -> list[str]:
    lines = [
        "",
        f"{people} people at once for {seconds} seconds (one comes a second), {os.cpu_count()} cores "
        "for them and the site, PostgreSQL, two processes of eight threads.",
        "",
    ]
    lines += ["| | requests | failures | median ms | p95 ms |", "| --- | --- | --- | --- | --- |"]
    for name, row in sorted(told.items()):
        if name.startswith("told to wait"):
            continue
        waits = int(told.get(f"told to wait: {name}", {}).get("Request Count", 0))
        asked = f"{int(row['Request Count'])}" + (f" ({waits} told to wait)" if waits else "")
        lines.append(f"| {name} | {asked} | {int(row['Failure Count'])} | {row['50%']:.0f} | {row['95%']:.0f} |")
    (middle, last), broken = thirds(memory), broken_promises(told, memory)
    lines += [
        "",
        f"Failures: {failures}. Told to wait (503): {100 * turned_away(told):.2g} % of all. Memory of all processes together: "
        f"{middle:.0f} MB in the middle third, {last:.0f} MB in the last, at most {max(memory):.0f} MB. "
        + ("Not kept: " + "; ".join(broken) + "." if broken else "All promises kept."),
    ]
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main())
