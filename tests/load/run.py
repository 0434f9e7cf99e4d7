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
LIMITS = {"page": 500, "try-on": 4000}  # ms, at the 95th percentile


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
            memory = run(Path(folder), database.url, asked.people, asked.seconds)
            told, failures = read(Path(folder))
        finally:
            database.close()
    lines = table(asked.people, asked.seconds, told, failures, memory)
    print("\n".join(lines))
    if asked.write:
        before, _, rest = REPORT.read_text().partition(MARKS[0])
        REPORT.write_text("\n".join([before + MARKS[0], *lines, MARKS[1]]) + rest.partition(MARKS[1])[2])
    slow = [name for name, most in LIMITS.items() if name in told and told[name]["95%"] > most]
    return 1 if failures or slow else 0


def run(folder: Path, database: str, people: int, seconds: int) -> list[float]:
    """The memory of site and workers together, in MB, every five seconds."""
    site = Site(folder, as_deployed=True, DATABASE_URL=database, LOG_LEVEL="WARNING")
    try:
        wait_for(lambda: site.status("/health/ready") == 200, site.log.read_text)
        words = ["-f", "tests/load/locustfile.py", "--headless", "--host", site.address, "--only-summary"]
        words += [
            "-u",
            str(people),
            "-r",
            "5",
            "-t",
            f"{seconds}s",
            "--csv",
            str(folder / "told"),
            "--stop-timeout",
            "60",
        ]
        environment = {**site.environment, "PYTHONPATH": str(ROOT)}
        crowd = subprocess.Popen([sys.executable, "-m", "locust", *words], cwd=ROOT, env=environment)
        memory = []
        while crowd.poll() is None:
            memory.append(memory_of(site.process.pid))
            time.sleep(5)
        return memory
    finally:
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(60)
        print(site.log.read_text())


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
        f"{people} people at once for {seconds} seconds, {os.cpu_count()} cores, PostgreSQL, two processes of eight threads.",
        "",
    ]
    lines += ["| | requests | failures | median ms | p95 ms |", "| --- | --- | --- | --- | --- |"]
    for name, row in sorted(told.items()):
        if name.startswith("told to wait"):
            continue
        waits = int(told.get(f"told to wait: {name}", {}).get("Request Count", 0))
        asked = f"{int(row['Request Count'])}" + (f" ({waits} told to wait)" if waits else "")
        lines.append(f"| {name} | {asked} | {int(row['Failure Count'])} | {row['50%']:.0f} | {row['95%']:.0f} |")
    third = max(1, len(memory) // 3)
    settled, end = memory[third : 2 * third] or memory, memory[-third:]
    lines += [
        "",
        f"Failures: {failures}. Memory of all processes together: {sum(settled) / len(settled):.0f} MB in the middle third, ",
    ]
    lines[-1] += f"{sum(end) / len(end):.0f} MB in the last, at most {max(memory):.0f} MB."
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main())
