"""Known vulnerabilities of the locked packages, as pip-audit finds them: ``python deploy/audit.py``.

Fails when there is one. Where the advisory service cannot be reached, or does not know the packages, nothing was looked up: that is
said, and is no failure unless ``--must`` asks for one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements-web.lock"


def ask() -> list[dict[str, object]] | None:
    """pip-audit's answer for every locked package; None when it had none."""
    words = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", str(LOCK), "-f", "json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)  # noqa: S603  # nosec B603 (our own words)
    try:
        found: list[dict[str, object]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(done.stderr.strip()[-500:])
        return None
    return found


def judge(packages: list[dict[str, object]] | None, must: bool) -> int:
    """Say what was found. The exit status: 1 for a vulnerability, or for nothing looked up where that is asked for."""
    looked_up = [each for each in packages or [] if "vulns" in each]
    hit = [each for each in looked_up if each["vulns"]]
    if not looked_up:
        print("NOT AUDITED: the advisory service cannot be reached from here, or knows none of the locked packages.")
        return int(must)
    for each in hit:
        ids = ", ".join(vuln["id"] for vuln in each["vulns"])  # type: ignore[attr-defined]
        print(f"VULNERABLE: {each['name']} {each['version']}: {ids}")
    unknown = len(packages or []) - len(looked_up)
    print(
        f"{len(looked_up)} packages looked up, {len(hit)} with a known vulnerability, {unknown} not known to the service."
    )
    return int(bool(hit) or (must and unknown > 0))


if __name__ == "__main__":
    raise SystemExit(judge(ask(), "--must" in sys.argv))
